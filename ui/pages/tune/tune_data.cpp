// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_data.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/forms/set_field.h"
#include "ui/forms/settings_form.h"
#include "ui/models/data/data_documents.h"
#include "ui/pages/tune/opened_data.h"
#include "ui/theme/icons.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

const char kTrain[] = "data.train";
constexpr int kListRows = 5;

FieldRef trainField()
{
    return RecipeDocument::find(QLatin1String(kTrain));
}

} // namespace

TuneData::TuneData(RecipeDocument* document, Workspace& workspace, QWidget* parent)
    : Card(tr("This data"), parent), m_document(document), m_workspace(workspace), m_list(new QListWidget),
      m_chosen(new StatusLabel(Token::TextQuiet)), m_problem(new StatusLabel(Token::Bad)),
      m_form(new SettingsForm(document, *trainField().part, workspace.undoStack(), {"train"})), m_opened(new OpenedData(document, workspace, this))
{
    setObjectName(QStringLiteral("tuneData"));
    m_list->setObjectName(QLatin1String(kTrain));
    m_list->setAccessibleName(tr("Files to learn from"));
    m_list->setToolTip(tr("Checked files are learned from"));
    m_list->setMinimumHeight(space(6) * kListRows); // and all the room there is
    m_list->setWordWrap(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_chosen->setObjectName(QStringLiteral("trainChosen"));
    m_chosen->setFont(textFont(TextSize::Small));
    m_chosen->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("trainProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* add = new QPushButton(icon(QStringLiteral("plus")), tr("Add data\u2026"));
    add->setObjectName(QStringLiteral("tuneAddData"));
    add->setToolTip(tr("Files are added on the Data page"));
    body()->addWidget(m_list, 1);
    body()->addWidget(m_chosen);
    body()->addWidget(m_problem);
    body()->addWidget(add, 0, Qt::AlignLeft);
    body()->addWidget(m_form);
    connect(add, &QPushButton::clicked, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("data"), {}); });
    connect(m_list, &QListWidget::itemChanged, this, &TuneData::onItemChanged);
    connect(&m_workspace, &Workspace::sourcesChanged, this, &TuneData::reload);
    connect(document, &RecipeDocument::changed, this, [this](const QString& key) {
        if (key.isEmpty() || key == QLatin1String(kTrain)) {
            fill();
        }
    });
    connect(&m_workspace, &Workspace::projectChanged, this, [this] { // what was known was read from the project before
        m_facts.clear();
        m_columns.clear();
        m_excluded.clear();
    });
    connect(m_opened, &OpenedData::taken, this, &TuneData::takeColumns);
    reload();
}

void TuneData::reload()
{
    const auto work = [project = m_workspace.project()] {
        Sources sources;
        auto rows = project ? project->sources() : std::vector<store::DataSourceRow>();
        if (rows) {
            sources.rows = std::move(*rows);
            for (const store::DataSourceRow& row : sources.rows) {
                const QString path = QString::fromStdString(row.path);
                const auto columns = DataDocuments::columnsOf(*project, path);
                const auto excluded = columns ? project->exclusions(row.path) : Result<data::Exclusions>(columns.error());
                if (!excluded) {
                    sources.problem = QString::fromStdString(excluded.message());
                    continue;
                }
                sources.columns[path] = *columns;
                sources.excluded[path] = static_cast<std::int64_t>(excluded->size());
            }
        } else {
            sources.problem = QString::fromStdString(rows.message());
        }
        return sources;
    };
    m_job.start(this, work, [this](const Sources& sources) {
        m_sources = sources.rows;
        m_excluded = sources.excluded;
        for (const auto& [path, columns] : sources.columns) {
            if (const auto known = m_columns.find(path); known != m_columns.end() && known->second != columns) {
                m_facts.erase(path); // it reads otherwise now
            }
        }
        // Named since, in a file that is learned from already; what a recipe says when it is opened stays as it is.
        const bool isNew = !m_columns.empty() && m_columns != sources.columns;
        m_columns = sources.columns;
        if (isNew) {
            takeColumns();
        }
        m_problem->setText(problemSentence(sources.problem));
        m_problem->setVisible(!sources.problem.isEmpty());
        fill();
    });
}

// The project's files, and those the recipe names besides.
void TuneData::fill()
{
    const auto& train = m_document->config().data.train;
    QStringList paths;
    for (const store::DataSourceRow& source : m_sources) {
        paths += QString::fromStdString(source.path);
    }
    for (const std::string& path : train) {
        if (!paths.contains(QString::fromStdString(path))) {
            paths += QString::fromStdString(path);
        }
    }
    // What is learned from stands first.
    std::stable_partition(paths.begin(), paths.end(), [&train](const QString& path) {
        return std::find(train.begin(), train.end(), path.toStdString()) != train.end();
    });
    const QSignalBlocker quiet(m_list);
    if (QStringList known = m_paths; !std::is_permutation(known.begin(), known.end(), paths.begin(), paths.end())) {
        setPaths(paths); // a check mark does not make a line jump away
    } else {
        paths = m_paths;
    }
    showChosen();
    for (int i = 0; i < m_list->count(); ++i) {
        const QString& path = paths[i];
        const bool chosen = std::find(train.begin(), train.end(), path.toStdString()) != train.end();
        m_list->item(i)->setCheckState(chosen ? Qt::Checked : Qt::Unchecked);
        m_list->item(i)->setText(textOf(path)); // rows may have been left out since
        if (!m_facts.contains(path)) {
            countRows(path);
        }
    }
}

// How many are learned from, where the list may not show them all.
void TuneData::showChosen()
{
    QStringList names;
    for (const std::string& path : m_document->config().data.train) {
        names += QFileInfo(QString::fromStdString(path)).fileName();
    }
    m_chosen->setText(names.size() > 1 ? tr("Learned from %Ln file(s) together: %1", nullptr, static_cast<int>(names.size())).arg(names.join(QStringLiteral(", ")))
                                       : QString());
    m_chosen->setVisible(names.size() > 1);
}

// Items are kept while the files are the same: a check mark must not be deleted while it is being set.
void TuneData::setPaths(const QStringList& paths)
{
    if (paths == m_paths) {
        return;
    }
    m_paths = paths;
    m_list->clear();
    for (const QString& path : paths) {
        auto* item = new QListWidgetItem(textOf(path), m_list);
        item->setData(Qt::UserRole, path);
        item->setToolTip(path);
        item->setFlags(Qt::ItemIsUserCheckable | Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    }
}

QString TuneData::textOf(const QString& path) const
{
    const QString name = QFileInfo(path).fileName();
    const auto known = m_facts.find(path);
    if (known == m_facts.end() || (known->second.rows < 0 && known->second.problem.isEmpty())) {
        return name;
    }
    if (!known->second.problem.isEmpty()) {
        const QString& problem = known->second.problem;
        return tr("%1 \u2014 %2").arg(name, windowSentence(problem.startsWith(path + QStringLiteral(": ")) ? problem.mid(path.size() + 2) : problem));
    }
    const auto excluded = m_excluded.find(path);
    if (excluded != m_excluded.end() && excluded->second > 0) {
        //: a data file, its number of rows that are not left out, of those that are, its shape
        return tr("%1 \u2014 %Ln row(s), %2 excluded, %3", nullptr, static_cast<int>(known->second.rows - excluded->second))
            .arg(name, number(excluded->second), known->second.format);
    }
    //: a data file, its number of rows, its shape
    return tr("%1 \u2014 %Ln row(s), %2", nullptr, static_cast<int>(known->second.rows)).arg(name, known->second.format);
}

void TuneData::countRows(const QString& path)
{
    m_facts[path] = {}; // asked for once
    startJob(this, [project = m_workspace.project(), path, cancel = m_cancel] { return readSourceFacts(project.get(), path, cancel); },
             [this, path](const SourceFacts& facts) {
                 m_facts[path] = facts;
                 const QSignalBlocker quiet(m_list);
                 for (int i = 0; i < m_list->count(); ++i) {
                     if (m_list->item(i)->data(Qt::UserRole).toString() == path) {
                         m_list->item(i)->setText(textOf(path));
                     }
                 }
             });
}

void TuneData::onItemChanged()
{
    std::vector<std::string> chosen;
    for (int i = 0; i < m_list->count(); ++i) {
        if (m_list->item(i)->checkState() == Qt::Checked) {
            chosen.push_back(m_list->item(i)->data(Qt::UserRole).toString().toStdString());
        }
    }
    if (chosen != m_document->config().data.train) {
        m_workspace.undoStack()->push(new SetField(m_document, trainField(), chosen));
        takeColumns();
        m_opened->choseByHand();
    }
}

// A file whose columns were named on the Data page is read the same way in training. One run has one set of names.
void TuneData::takeColumns()
{
    std::vector<std::string> columns = m_document->config().data.columns;
    for (const std::string& path : m_document->config().data.train) {
        for (const std::string& column : m_columns[QString::fromStdString(path)]) {
            const std::string field = column.substr(0, column.find('=') + 1);
            if (std::none_of(columns.begin(), columns.end(), [&](const std::string& known) { return known.starts_with(field); })) {
                columns.push_back(column);
            }
        }
    }
    if (columns != m_document->config().data.columns) {
        m_workspace.undoStack()->push(new SetField(m_document, RecipeDocument::find(QStringLiteral("data.columns")), columns));
    }
}

} // namespace luthier::ui
