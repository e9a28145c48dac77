// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page and the project's list of files: adding, removing, and reading one in another shape.
#include "core/base/paths.h"
#include "core/data/sources/pasted_text.h"
#include "core/store/project.h"
#include "ui/base/local_files.h"
#include "ui/bridge/job.h"
#include "ui/pages/data/data_page.h"
#include "ui/widgets/empty_state.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSplitter>
#include <QStackedWidget>

#include <algorithm>

namespace luthier::ui {
namespace {

QString bundledData()
{
    return QString::fromStdString((base::datasetsFolder() / "workshop_instructions.jsonl").string());
}

} // namespace

struct DataPage::Listing {
    std::vector<SourceItem> items;
    QString problem;
};

void DataPage::reloadSources(std::int64_t show)
{
    const auto work = [project = m_workspace.project()] {
        Listing listing;
        Result<std::vector<store::DataSourceRow>> rows = project ? project->sources() : std::vector<store::DataSourceRow>();
        if (!rows) {
            listing.problem = QString::fromStdString(rows.message());
            return listing;
        }
        for (const store::DataSourceRow& row : *rows) {
            listing.items.push_back({row.id, QString::fromStdString(row.path), QString::fromStdString(row.format)});
        }
        return listing;
    };
    startJob(this, work, [this, show](const Listing& listing) { takeSources(listing, show); });
}

void DataPage::takeSources(const Listing& listing, std::int64_t show)
{
    m_items = listing.items;
    const bool isEmpty = m_items.empty();
    if (isEmpty) {
        m_stack->setCurrentWidget(m_empty);
        showDocument(nullptr);
        m_source = {};
        return;
    }
    const auto has = [this](std::int64_t id) {
        return std::any_of(m_items.begin(), m_items.end(), [id](const SourceItem& item) { return item.id == id; });
    };
    const std::int64_t current = has(show) ? show : has(m_source.id) ? m_source.id : m_items.front().id;
    m_sources->setSources(m_items, current);
    if (current != m_source.id) {
        showSource(current);
    }
    m_stack->setCurrentWidget(m_work); // laid out while the file is being read
    if (!listing.problem.isEmpty()) {
        showProblem(listing.problem);
    }
}

void DataPage::openFiles(const QStringList& paths)
{
    if (!m_workspace.project()) {
        m_waiting = paths;
        return;
    }
    if (paths.isEmpty()) {
        return;
    }
    struct Added {
        std::int64_t last = 0;
        QString problem;
    };
    const auto work = [project = m_workspace.project(), paths] {
        Added added;
        for (const QString& path : paths) {
            const auto row = project->addSource(QFileInfo(path).absoluteFilePath().toStdString(), "auto");
            if (row) {
                added.last = row->id;
            } else {
                added.problem = QString::fromStdString(row.message());
            }
        }
        return added;
    };
    startJob(this, work, [this](const Added& added) {
        reloadSources(added.last);
        Q_EMIT m_workspace.sourcesChanged();
        if (!added.problem.isEmpty()) {
            m_stack->setCurrentWidget(m_work);
            showProblem(added.problem);
        }
    });
}

void DataPage::openFileDialog()
{
    auto* dialog = new QFileDialog(this, tr("Add data"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({tr("Data (*.jsonl *.ndjson *.json *.csv *.tsv *.txt)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, &DataPage::openFiles);
    dialog->open();
}

// Where there are files the list of them pastes, else the page: a text field beside them keeps its own Ctrl+V.
void DataPage::buildPasting()
{
    auto* action = new QAction(tr("Paste"), this);
    action->setObjectName(QStringLiteral("pasteData"));
    action->setShortcut(QKeySequence::Paste);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(tr("Take the text of the clipboard as a file of the project: JSON, JSON lines, a table or plain text (Ctrl+V in the list)"));
    connect(action, &QAction::triggered, this, &DataPage::paste);
    m_empty->addAction(action);
    m_sources->setPasting(action);
}

void DataPage::paste()
{
    const QStringList files = localFiles(QGuiApplication::clipboard()->mimeData());
    if (!files.isEmpty() || !m_workspace.project()) {
        openFiles(files);
        return;
    }
    const auto work = [project = m_workspace.project(), text = QGuiApplication::clipboard()->text()] {
        return data::keepPasted(text.toStdString(), project->folder() / "pasted");
    };
    startJob(this, work, [this](const Result<std::filesystem::path>& kept) {
        if (kept) {
            openFiles({QString::fromStdString(kept->string())});
        } else {
            m_workspace.say(QString::fromStdString(kept.message()));
        }
    });
}

void DataPage::openBundledExample()
{
    openFiles({bundledData()});
}

void DataPage::removeSource(std::int64_t id)
{
    if (id == 0) {
        return;
    }
    const auto work = [project = m_workspace.project(), id] { return project->removeSource(id); };
    startJob(this, work, [this](const Result<void>& removed) {
        if (removed) {
            reloadSources(0);
            Q_EMIT m_workspace.sourcesChanged();
        } else {
            showProblem(QString::fromStdString(removed.error().message));
        }
    });
}

void DataPage::chooseFormat(const QString& id)
{
    if (m_source.id == 0 || id == m_source.format) {
        return;
    }
    SourceItem changed = m_source;
    changed.format = id;
    const auto work = [project = m_workspace.project(), changed]() -> Result<SourceItem> {
        if (Result<void> removed = project->removeSource(changed.id); !removed) {
            return removed.error();
        }
        const auto added = project->addSource(changed.path.toStdString(), changed.format.toStdString());
        return added ? Result<SourceItem>(SourceItem{added->id, changed.path, changed.format}) : added.error();
    };
    startJob(this, work, [this](const Result<SourceItem>& chosen) {
        if (!chosen) {
            showProblem(QString::fromStdString(chosen.message()));
            return;
        }
        m_source = *chosen;
        openDocument(m_source);
        reloadSources(m_source.id);
        Q_EMIT m_workspace.sourcesChanged();
    });
}

} // namespace luthier::ui
