// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/windows/data_change_view.h"

#include "ui/models/data/replace_model.h"
#include "ui/widgets/row_view.h"

#include <QHeaderView>
#include <QTableView>

namespace luthier::ui {

void showChanges(QTableView* view, QAbstractItemModel* model)
{
    presentRows(view, model);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setSectionResizeMode(ReplaceModel::RowColumn, QHeaderView::ResizeToContents);
}

} // namespace luthier::ui
