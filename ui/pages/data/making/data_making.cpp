// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_making.h"

#include "ui/theme/theme.h"
#include "ui/widgets/file_dialog.h"
#include "ui/widgets/named_button.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr int kSoonMs = 200; // a spin box goes on before all rows are looked at
constexpr int kParts = 1000;
constexpr double kMinFraction = 0.02; // before that a guess of the time left is noise
constexpr QSize kSize(860, 620);
constexpr int kMostNames = 1000;

// rows.jsonl -> rows.augmented.jsonl, rows.augmented 2.jsonl
QString freePath(const QString& folder, const QString& name, const QString& part)
{
    for (int number = 1; number < kMostNames; ++number) {
        const QString count = number == 1 ? QString() : u' ' + QString::number(number);
        const QString path = QStringLiteral("%1/%2.%3%4.jsonl").arg(folder, name, part, count);
        if (!QFileInfo::exists(path)) {
            return path;
        }
    }
    return {};
}

} // namespace

DataMaking::DataMaking(DataDocument* document, const QString& folder, const Names& names, QWidget* parent)
    : QDialog(parent), m_document(document), m_names(names), m_text(new QLabel), m_path(new QLineEdit), m_progress(new QProgressBar),
      m_make(makeButton(names.id + QStringLiteral("Make"), names.make, names.help))
{
    setObjectName(names.id + QStringLiteral("Dialog"));
    setWindowTitle(names.title);
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    connect(&m_soon, &QTimer::timeout, this, [this] {
        if (m_document && !isMaking()) {
            m_ahead.cancel();
            lookAhead();
        }
    });
    connect(m_make, &QPushButton::clicked, this, &DataMaking::make);
    connect(m_path, &QLineEdit::textChanged, this, &DataMaking::showState);
    connect(document, &QObject::destroyed, this, &QDialog::close);
    proposeFile(folder, names.part);
}

void DataMaking::build(QLayout* options, QWidget* preview)
{
    m_text->setObjectName(m_names.id + QStringLiteral("Note"));
    m_text->setWordWrap(true);
    m_path->setObjectName(m_names.id + QStringLiteral("Path"));
    m_path->setAccessibleName(tr("File to be made"));
    m_path->setToolTip(tr("Where the new file will lie; .jsonl, .csv, .tsv or .parquet. A file that is there is never replaced"));
    m_progress->setObjectName(m_names.id + QStringLiteral("Progress"));
    m_progress->setAccessibleName(tr("Progress of making the file"));
    m_progress->setRange(0, kParts);
    m_progress->setTextVisible(false);
    auto* browse = makeButton(m_names.id + QStringLiteral("Browse"), tr("C&hoose\u2026"), tr("Choose where the new file will lie"));
    connect(browse, &QPushButton::clicked, this, &DataMaking::chooseFile);
    auto* close = makeButton(m_names.id + QStringLiteral("Close"), tr("Close"), tr("Makes nothing (Esc)"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    m_options = new QWidget;
    options->setContentsMargins(0, 0, 0, 0);
    m_options->setLayout(options);
    auto* place = new QHBoxLayout;
    auto* label = new QLabel(tr("&File"));
    label->setBuddy(m_path);
    place->addWidget(label);
    place->addWidget(m_path, 1);
    place->addWidget(browse);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_progress, 1);
    buttons->addStretch(0);
    buttons->addWidget(close);
    buttons->addWidget(m_make);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_options);
    layout->addWidget(preview, 1);
    layout->addWidget(m_text);
    layout->addLayout(place);
    layout->addLayout(buttons);
    m_make->setDefault(true); // in the dialog by now: before, it would not know of it
    showState();
    lookAheadSoon();
}

void DataMaking::proposeFile(const QString& folder, const QString& part)
{
    const QString name = QFileInfo(m_document->path()).completeBaseName();
    startJob(this, [folder, name, part] { return freePath(folder, name, part); }, [this](const QString& path) {
        if (m_path->text().isEmpty()) {
            m_path->setText(path);
        }
    });
}

void DataMaking::chooseFile()
{
    QFileDialog* dialog = saveDialog(this, QStringLiteral("made"), tr("File to be made"), {tr("Data (*.jsonl *.csv *.tsv *.parquet)"), tr("All files (*)")},
                                     QStringLiteral("jsonl"), QFileInfo(m_path->text()).path());
    dialog->setOption(QFileDialog::DontConfirmOverwrite); // one that is there is refused
    dialog->selectFile(QFileInfo(m_path->text()).fileName());
    connect(dialog, &QFileDialog::fileSelected, m_path, &QLineEdit::setText);
    dialog->open();
}

QString DataMaking::path() const
{
    return m_path->text().trimmed();
}

void DataMaking::lookAheadSoon()
{
    m_problem.clear();
    m_soon.start();
}

DataMaking::Made DataMaking::madeRows(std::int64_t rows, const QString& path)
{
    return {{path}, tr("%Ln row(s) lie(s) in %1.", nullptr, static_cast<int>(rows)).arg(QFileInfo(path).fileName())};
}

Result<void> DataMaking::mustBeNew(const QString& path)
{
    if (QFileInfo::exists(path)) {
        return Error{tr("%1 is there already and is not replaced; choose another name").arg(path).toStdString()};
    }
    QDir().mkpath(QFileInfo(path).path()); // where that fails, so will the writing, and say why
    return {};
}

void DataMaking::setNote(const QString& text, bool canMake)
{
    m_note = text;
    m_canMake = canMake;
    showState();
}

void DataMaking::make()
{
    if (isMaking()) {
        stop();
        return;
    }
    if (!m_document || !m_canMake || path().isEmpty()) {
        return;
    }
    m_problem.clear();
    m_fraction = 0;
    m_clock.start();
    m_ahead.cancel();
    m_making.start(
        this, making(QFileInfo(path()).absoluteFilePath()),
        [this](const Result<Made>& made) {
            if (made) {
                Q_EMIT this->made(made->files, made->sentence);
                close();
                return;
            }
            m_problem = QString::fromStdString(made.message());
            showState();
        },
        [this](std::int64_t done, std::int64_t total) {
            m_fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
            showState();
        });
    showState();
}

void DataMaking::stop()
{
    m_making.cancel();
    m_problem = tr("Stopped; no file was made.");
    showState();
}

void DataMaking::showState()
{
    const bool busy = isMaking();
    if (m_options != nullptr) {
        m_options->setEnabled(!busy);
    }
    m_path->setEnabled(!busy);
    m_progress->setVisible(busy);
    m_progress->setValue(static_cast<int>(kParts * m_fraction));
    m_make->setText(busy ? tr("&Stop") : m_names.make);
    m_make->setEnabled(busy || (m_canMake && !path().isEmpty()));
    if (busy) {
        const double left = static_cast<double>(m_clock.elapsed()) / 1000 * (1 - m_fraction) / std::max(m_fraction, kMinFraction);
        m_text->setText(m_fraction < kMinFraction ? tr("Working\u2026") : tr("%Ln s left", nullptr, static_cast<int>(std::ceil(left))));
    } else {
        m_text->setText(m_problem.isEmpty() ? m_note : m_problem);
    }
}

} // namespace luthier::ui
