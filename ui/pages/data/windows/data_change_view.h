// SPDX-License-Identifier: GPL-3.0-or-later
// DataChangeView: how a table of changes to rows looks, wherever one is shown before it is accepted.
// Threads: GUI thread.
#pragma once

class QAbstractItemModel;
class QTableView;

namespace luthier::ui {

// `model` has ReplaceModel's columns.
void showChanges(QTableView* view, QAbstractItemModel* model);

} // namespace luthier::ui
