// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/windows/data_versions.h"

#include "core/store/version_changes.h"
#include "ui/models/data/replace_model.h"
#include "ui/models/data/version_diff.h"
#include "ui/pages/data/windows/data_change_view.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr qlonglong kNow = 0;   // ids of versions begin with 1
constexpr qlonglong kFile = -1; // as the file has it
constexpr int kLongestName = 80;
constexpr QSize kSize(920, 620);

QComboBox* versionBox(const QString& id, const QString& name, const QString& help)
{
    auto* box = new QComboBox;
    box->setObjectName(id);
    box->setAccessibleName(name);
    box->setToolTip(help);
    return box;
}

} // namespace

DataVersions::DataVersions(DataDocument* document, std::shared_ptr<store::Project> project, QWidget* parent)
    : QDialog(parent), m_document(document), m_project(std::move(project)), m_model(new ReplaceModel(this)), m_name(new QLineEdit),
      m_add(makeButton(QStringLiteral("addVersion"), tr("&Save version"), tr("Keeps the edits and exclusions as they are now under this name"))),
      m_left(versionBox(QStringLiteral("leftVersion"), tr("Version at the left"), tr("What to compare from"))),
      m_right(versionBox(QStringLiteral("rightVersion"), tr("Version at the right"), tr("What to compare with"))),
      m_remove(makeButton(QStringLiteral("removeVersion"), tr("Delete version"), tr("Deletes the version at the left; edits stay as they are"))),
      m_count(new QLabel), m_view(new QTableView), m_before(diffText(QStringLiteral("versionBefore"), tr("The row at the left"))),
      m_after(diffText(QStringLiteral("versionAfter"), tr("The row at the right"))),
      m_back(makeButton(QStringLiteral("bringBack"), tr("&Bring the ticked rows back"), tr("Makes them what they are at the left, as one step (Ctrl+Z undoes it)")))
{
    setObjectName(QStringLiteral("versionsDialog"));
    setWindowTitle(tr("Versions of the data"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    build();
    connect(m_add, &QPushButton::clicked, this, &DataVersions::addVersion);
    connect(m_name, &QLineEdit::returnPressed, this, &DataVersions::addVersion);
    connect(m_remove, &QPushButton::clicked, this, &DataVersions::removeVersion);
    connect(m_left, &QComboBox::currentIndexChanged, this, &DataVersions::compare);
    connect(m_right, &QComboBox::currentIndexChanged, this, &DataVersions::compare);
    connect(m_back, &QPushButton::clicked, this, &DataVersions::bringBack);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showChange(current.row()); });
    connect(document, &QObject::destroyed, this, &QDialog::close);
    reload();
}

void DataVersions::build()
{
    m_name->setObjectName(QStringLiteral("versionName"));
    m_name->setMaxLength(kLongestName);
    m_name->setPlaceholderText(tr("Name of a new version"));
    m_name->setAccessibleName(tr("Name of a new version"));
    m_name->setToolTip(tr("For example \u201cbefore cleaning\u201d, up to %1 characters").arg(kLongestName));
    m_count->setObjectName(QStringLiteral("versionCount"));
    m_count->setWordWrap(true);
    m_view->setObjectName(QStringLiteral("versionRows"));
    m_view->setAccessibleName(tr("Rows that differ"));
    m_view->setToolTip(tr("Space ticks a row on or off"));
    showChanges(m_view, m_model);
    auto* saving = new QHBoxLayout;
    saving->addWidget(m_name, 1);
    saving->addWidget(m_add);
    auto* choice = new QHBoxLayout;
    choice->addWidget(m_left, 1);
    choice->addWidget(new QLabel(tr("compared with")));
    choice->addWidget(m_right, 1);
    choice->addWidget(m_remove);
    auto* sides = new QHBoxLayout;
    sides->addWidget(m_before);
    sides->addWidget(m_after);
    auto* close = makeButton(QStringLiteral("closeVersions"), tr("Close"), tr("Closes this window (Esc)"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_count, 1);
    buttons->addWidget(close);
    buttons->addWidget(m_back);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(saving);
    layout->addLayout(choice);
    layout->addWidget(m_view, 2);
    layout->addLayout(sides, 3);
    layout->addLayout(buttons);
}

void DataVersions::reload()
{
    m_listing.start(this, [project = m_project, path = m_document->path().toStdString()] { return project->versions(path); },
             [this](const Result<std::vector<store::VersionRow>>& versions) {
                 if (versions) {
                     takeVersions(*versions);
                 } else {
                     m_count->setText(QString::fromStdString(versions.message()));
                 }
             });
}

void DataVersions::takeVersions(const std::vector<store::VersionRow>& versions)
{
    for (QComboBox* box : {m_left, m_right}) {
        const QSignalBlocker quiet(box);
        box->clear();
        box->addItem(tr("The file without edits"), kFile);
        for (const store::VersionRow& version : versions) {
            const QDateTime time = QDateTime::fromString(QString::fromStdString(version.created), Qt::ISODate).toLocalTime();
            box->addItem(tr("%1 (%2)").arg(QString::fromStdString(version.name), QLocale().toString(time, QLocale::ShortFormat)),
                         static_cast<qlonglong>(version.id));
        }
        box->addItem(tr("Now"), kNow);
        box->setCurrentIndex(box->count() - (box == m_left ? 2 : 1));
    }
    compare();
}

void DataVersions::addVersion()
{
    const QString name = m_name->text().simplified();
    if (name.isEmpty() || !m_document) {
        m_name->setFocus();
        return;
    }
    // What is still being saved belongs to it, too.
    if (m_document->saver()->state() != EditSaver::State::Saved) {
        m_count->setText(tr("The newest edits are not on disk yet; try again in a moment."));
        return;
    }
    startJob(this, [project = m_project, path = m_document->path().toStdString(), name = name.toStdString()] { return project->addVersion(path, name); },
             [this](const Result<store::VersionRow>& added) {
                 if (added) {
                     m_name->clear();
                     reload();
                 } else {
                     m_count->setText(QString::fromStdString(added.message()));
                 }
             });
}

void DataVersions::removeVersion()
{
    startJob(this, [project = m_project, id = m_left->currentData().toLongLong()] { return project->removeVersion(id); },
             [this](const Result<void>& removed) {
                 if (removed) {
                     reload();
                 } else {
                     m_count->setText(QString::fromStdString(removed.message()));
                 }
             });
}

Result<store::Snapshot> DataVersions::snapshotOf(store::Project& project, const data::Dataset& dataset, std::int64_t id)
{
    if (id == kFile) {
        return store::Snapshot{};
    }
    return id == kNow ? Result<store::Snapshot>(store::Snapshot{dataset.overlay(), dataset.exclusions()}) : project.version(id);
}

void DataVersions::compare()
{
    const qlonglong left = m_left->currentData().toLongLong();
    const qlonglong right = m_right->currentData().toLongLong();
    m_remove->setEnabled(left > kNow);
    m_model->setReplacements({});
    showChange(-1);
    if (!m_document) {
        return;
    }
    const auto work = [project = m_project, dataset = m_document->dataset(), left, right] {
        Compared compared;
        const auto from = snapshotOf(*project, *dataset, left);
        const auto to = snapshotOf(*project, *dataset, right);
        if (!from || !to) {
            compared.problem = QString::fromStdString(!from ? from.message() : to.message());
            return compared;
        }
        compared.rows = versionDiff(*dataset, *from, *to);
        compared.from = *from;
        return compared;
    };
    m_comparing.start(this, work, [this, right](const Compared& compared) {
        m_from = compared.from;
        m_model->setReplacements(compared.rows);
        m_view->setCurrentIndex(m_model->index(0, 0));
        m_count->setText(compared.problem.isEmpty() ? tr("%Ln row(s) differ.", nullptr, m_model->rowCount()) : compared.problem);
        m_back->setEnabled(right == kNow && m_model->rowCount() > 0);
    });
}

void DataVersions::showChange(int line)
{
    const bool has = line >= 0 && line < m_model->rowCount();
    const QString before = has ? m_model->at(line).before : QString();
    const QString after = has ? m_model->at(line).after : QString();
    const WordDiff diff = wordDiff(before, after);
    m_before->setText(before);
    m_before->setDifferences(diff.left);
    m_after->setText(after);
    m_after->setDifferences(diff.right);
}

void DataVersions::bringBack()
{
    if (m_document) {
        const store::Snapshot now{m_document->dataset()->overlay(), m_document->dataset()->exclusions()};
        const std::vector<store::RowChange> rows = m_model->wanted();
        m_document->prepareStep(store::stepTowards(rows, m_from, now), tr("bringing %Ln row(s) back", nullptr, static_cast<int>(rows.size())));
        compare();
    }
}

} // namespace luthier::ui
