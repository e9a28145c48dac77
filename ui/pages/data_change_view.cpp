// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data_change_view.h"

#include "ui/models/replace_model.h"

#include <QHeaderView>
#include <QTableView>

namespace luthier::ui {

void showChanges(QTableView* view, QAbstractItemModel* model)
{
    view->setModel(model);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setSectionResizeMode(ReplaceModel::RowColumn, QHeaderView::ResizeToContents);
}

} // namespace luthier::ui
