// SPDX-License-Identifier: GPL-3.0-or-later
// RowView: how a table of rows looks and is walked everywhere.
#pragma once

class QAbstractItemModel;
class QTableView;

namespace luthier::ui {

// Whole rows are selected, nothing is wrapped or ruled, and Tab leaves the table.
void presentRows(QTableView* view, QAbstractItemModel* model);

} // namespace luthier::ui
