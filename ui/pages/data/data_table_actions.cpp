// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page's table and what is done to its selected rows: leaving out, tags, copying, and the menu of them.
#include "ui/models/data/data_document.h"
#include "ui/models/data/row_model.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/data_tag_menu.h"
#include "ui/widgets/table_csv.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QTableView>

#include <algorithm>

namespace luthier::ui {

void DataTable::toggleExcluded()
{
    DataDocument* document = m_model->document();
    const std::vector<std::int64_t> rows = selectedRows();
    if (document != nullptr && !rows.empty()) {
        const bool allOut = std::all_of(rows.begin(), rows.end(), [document](std::int64_t row) { return document->isExcluded(row); });
        document->prepareExclusion(rows, !allOut);
    }
}

void DataTable::excludeShown()
{
    if (DataDocument* document = m_model->document()) {
        document->prepareExclusion(shownRows(), true);
    }
}

std::vector<std::int64_t> DataTable::shownRows() const
{
    std::vector<std::int64_t> rows(static_cast<std::size_t>(m_model->rowCount()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = m_model->rowAt(static_cast<int>(i));
    }
    return rows;
}

void DataTable::editTags()
{
    DataDocument* document = m_model->document();
    const std::vector<std::int64_t> rows = selectedRows();
    if (document != nullptr && !rows.empty()) {
        auto* menu = new DataTagMenu(document, rows, this);
        menu->popup(m_view->viewport()->mapToGlobal(m_view->visualRect(m_view->currentIndex()).bottomLeft()));
    }
}

void DataTable::showMenu(const QPoint& at)
{
    DataDocument* document = m_model->document();
    const std::vector<std::int64_t> rows = selectedRows();
    if (document == nullptr || rows.empty()) {
        return;
    }
    const bool allOut = std::all_of(rows.begin(), rows.end(), [document](std::int64_t row) { return document->isExcluded(row); });
    const auto count = static_cast<int>(rows.size());
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(allOut ? tr("Take %Ln row(s) in again\tDel", nullptr, count) : tr("Exclude %Ln row(s) from training\tDel", nullptr, count),
                    this, &DataTable::toggleExcluded);
    menu->addAction(tr("Tags\u2026\tT"), this, &DataTable::editTags);
    menu->addAction(tr("Copy\tCtrl+C"), this, &DataTable::copySelection);
    menu->popup(m_view->viewport()->mapToGlobal(at));
}

void DataTable::copySelection()
{
    QGuiApplication::clipboard()->setText(selectionAsCsv(*m_view));
}

} // namespace luthier::ui
