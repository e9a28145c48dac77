// SPDX-License-Identifier: GPL-3.0-or-later
// selectionAsCsv: the selected rows of a table as CSV, for the clipboard: cells as they are shown, in the order of the columns, without a
// heading; each line ends with a line feed. Empty: nothing is selected.
// Threads: GUI thread.
#pragma once

#include <QItemSelectionModel>
#include <QTableView>

namespace luthier::ui {

inline QString selectionAsCsv(const QTableView& view)
{
    QString csv;
    for (const QModelIndex& row : view.selectionModel()->selectedRows()) {
        QStringList cells;
        for (int column = 0; column < view.model()->columnCount(); ++column) {
            QString text = row.siblingAtColumn(column).data().toString();
            const bool needsQuotes = text.contains(u',') || text.contains(u'"') || text.contains(u'\n');
            cells += needsQuotes ? u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"' : text;
        }
        csv += cells.join(u',') + u'\n';
    }
    return csv;
}

} // namespace luthier::ui
