// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page and the steps of editing: those made ready go onto the undo stack, those of earlier days come back to
// it, and each is shown where it happened.
#include "core/store/next_recipe.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_step.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/windows/data_clusters.h"
#include "ui/pages/data/windows/data_map.h"
#include "ui/pages/data/windows/data_replace.h"
#include "ui/pages/data/windows/data_versions.h"
#include "ui/workspace/workspace.h"

#include <QTableView>
#include <QUndoStack>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::int64_t kStepBytes = std::int64_t{32} << 20; // of earlier days kept for undo

} // namespace

void DataPage::watch(DataDocument* document)
{
    connect(document, &DataDocument::stepPrepared, this,
            [this](const StepRecord& step) { m_workspace.undoStack()->push(new DataStep(m_documents, step)); });
    connect(document, &DataDocument::stepApplied, this, [this, document](qint64 row) { showStep(document, row); });
}

// Undo may change a row that is not in view, or a set that is not: show where it happened.
void DataPage::showStep(DataDocument* document, qint64 row)
{
    if (document != m_document) {
        const auto at = std::find_if(m_items.begin(), m_items.end(),
                                     [document](const SourceItem& item) { return item.path == document->path(); });
        if (at != m_items.end()) {
            m_sources->setSources(m_items, at->id);
            showSource(at->id);
        }
    }
    const std::vector<std::int64_t> selected = m_table->selectedRows();
    if (!std::binary_search(selected.begin(), selected.end(), row)) { // else it is in sight, and what is selected stays so
        m_table->setCurrentRow(row);
    }
    Q_EMIT m_workspace.sourcesChanged(); // what would be trained is another
}

void DataPage::openForStep(const QString& path)
{
    const auto at = std::find_if(m_items.begin(), m_items.end(), [&path](const SourceItem& item) { return item.path == path; });
    if (at == m_items.end()) {
        m_workspace.say(tr("The step belongs to %1, which is not in the project any more. Add it again, and the step is done.").arg(path));
        return;
    }
    m_sources->setSources(m_items, at->id);
    showSource(at->id);
}

void DataPage::restoreSteps()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project] { return project->steps(kStepBytes); }, [this, project](const Result<std::vector<store::EditStep>>& steps) {
        if (project != m_workspace.project()) {
            return;
        }
        if (steps) {
            m_documents->restore(*steps, *m_workspace.undoStack());
        } else {
            m_workspace.say(QString::fromStdString(steps.message()));
        }
    });
}

// Files are opened at the limit that the project's recipe trains with.
void DataPage::readLimit()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const auto work = [project] { return store::nextRecipe(*project); };
    startJob(this, work, [this, project](const Result<std::optional<config::RunConfig>>& recipe) {
        if (project == m_workspace.project() && recipe && *recipe) { // what is wrong with it is said on Tune
            takeLimit((*recipe)->data.maxLength);
        }
    });
}

void DataPage::takeLimit(std::int64_t tokens)
{
    m_encoding.maxLength = tokens;
    m_documents->forEach([tokens](DataDocument& document) { document.setLimit(tokens); });
}

void DataPage::reveal(const QString& what)
{
    const auto place = stepAt(what);
    if (place && m_workspace.project()) {
        m_batch->find(m_workspace.project(), place->first, place->second);
    }
}

void DataPage::showBatch(const QString& path, const QString& title, const std::vector<std::int64_t>& rows, const QString& help)
{
    const auto at = std::find_if(m_items.begin(), m_items.end(), [&path](const SourceItem& item) { return item.path == path; });
    if (at == m_items.end()) {
        m_batch->showProblem(tr("%1: the rows lie in %2, which is not among the data of the project. Add it, and choose the step again.").arg(title, path));
        return;
    }
    m_wantedRows = {path, title, rows, help};
    if (at->id != m_source.id) {
        m_sources->setSources(m_items, at->id);
        showSource(at->id);
    } else {
        showWantedRows();
    }
}

// Once their file is open; rows that it has no more are not shown.
void DataPage::showWantedRows()
{
    if (m_document == nullptr || m_wantedRows.path != m_document->path()) {
        return;
    }
    WantedRows wanted = std::exchange(m_wantedRows, {});
    std::erase_if(wanted.rows, [this](std::int64_t row) { return row >= m_document->rowCount(); });
    m_table->showRows(wanted.title, std::move(wanted.rows));
    m_table->setHelp(wanted.help);
    m_table->view()->setFocus(Qt::OtherFocusReason);
}

void DataPage::showClusters(bool near)
{
    if (m_document != nullptr) {
        (new DataClusters(m_document, near ? Likeness::Near : Likeness::Exact, this))->open();
    }
}

void DataPage::showReplace()
{
    if (m_document != nullptr) {
        (new DataReplace(m_document, *m_table->search(), this))->open();
    }
}

void DataPage::showVersions()
{
    if (m_document != nullptr && m_workspace.project()) {
        (new DataVersions(m_document, m_workspace.project(), this))->open();
    }
}

// Beside the page, not over it: what is chosen on the map is what the table shows.
void DataPage::showMap()
{
    if (m_document == nullptr) {
        return;
    }
    auto* map = new DataMap(m_document, m_workspace.project(), m_workspace.modelPath(), this);
    connect(map, &DataMap::rowsWanted, m_table, &DataTable::showRows);
    connect(map, &DataMap::rowWanted, m_table, &DataTable::setCurrentRow);
    connect(map, &DataMap::allWanted, this, [this] {
        m_table->setFilter(QStringLiteral("all"));
        m_filters->setFilter(QStringLiteral("all"));
    });
    connect(this, &DataPage::documentChanged, map, &QDialog::close); // its rows are those of another set
    map->show();
}

} // namespace luthier::ui
