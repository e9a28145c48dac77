// SPDX-License-Identifier: GPL-3.0-or-later
// RowView: how a table of rows looks and is walked everywhere.
// Threads: GUI thread.
#pragma once

class QAbstractItemModel;
class QTableView;

namespace luthier::ui {

// Whole rows are selected, nothing is wrapped or ruled, and Tab leaves the table.
void presentRows(QTableView* view, QAbstractItemModel* model);

// The column takes the room that the others leave, and at least so many characters; where that is not there, the table scrolls.
void keepColumnWide(QTableView* view, int column, int characters);

} // namespace luthier::ui
