// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/row_view.h"

#include <QHeaderView>
#include <QTableView>

namespace luthier::ui {

void presentRows(QTableView* view, QAbstractItemModel* model)
{
    view->setModel(model);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
}

} // namespace luthier::ui
