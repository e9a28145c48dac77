// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows the Data page shows without a hand on the table: those of a step of a run, and those where the person was on another day.
#include "ui/models/data/row_filters.h"
#include "ui/models/data/row_model.h"
#include "ui/models/library/source_files.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QTableView>

#include <utility>

namespace luthier::ui {

void DataPage::reveal(const QString& what)
{
    if (const QString filter = QStringLiteral("filter:"); what.startsWith(filter)) {
        m_filters->setFilter(what.mid(filter.size()));
        m_table->setFilter(what.mid(filter.size()));
        return;
    }
    const auto place = stepAt(what);
    if (place && m_workspace.project()) {
        m_batch->find(m_workspace.project(), place->first, place->second);
    }
}

void DataPage::showBatch(const QString& path, const QString& title, const std::vector<std::int64_t>& rows, const QString& help)
{
    m_wantedRows = {path, title, rows, help};
    if (m_source.path == path) {
        showWantedRows();
    } else if (!goTo(path)) {
        m_wantedRows = {};
        m_batch->showProblem(tr("%1: the rows lie in %2, which is not among the data of the project. Add it, and choose the step again.").arg(title, path));
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

void DataPage::keepPlace()
{
    if (!m_source.path.isEmpty() && m_place.is_null()) {
        const bool isShown = m_document != nullptr && m_document->path() == m_source.path;
        m_workspace.places()->keep(QStringLiteral("data"), {{"file", m_source.path.toStdString()}, {"row", isShown ? m_table->currentRow() : 0}, {"filter", isShown ? m_table->filter().toStdString() : std::string()}});
    }
}

// The filter first: it may hide the row, which is left then.
void DataPage::takePlace(DataDocument* document)
{
    const Json place = std::exchange(m_place, {});
    if (textIn(place, "file") != document->path()) {
        return;
    }
    if (const QString filter = textIn(place, "filter"); findFilter(*document, filter)) {
        m_table->setFilter(filter);
        m_filters->setFilter(filter);
    }
    if (const std::int64_t row = wholeIn(place, "row"); m_table->model()->viewRowOf(row) >= 0) {
        m_table->setCurrentRow(row);
    }
}

} // namespace luthier::ui
