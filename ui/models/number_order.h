// SPDX-License-Identifier: GPL-3.0-or-later
// NumberOrder: sorts a table by the numbers of its sort role, whatever their unit; rows without one stay at the end in both directions.
// The source model stays its giver's.
// Threads: GUI thread.
#pragma once

#include <QSortFilterProxyModel>

namespace luthier::ui {

class NumberOrder : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override
    {
        const QVariant a = left.data(sortRole());
        const QVariant b = right.data(sortRole());
        if (a.isValid() && b.isValid()) {
            return a.toDouble() < b.toDouble();
        }
        return sortOrder() == Qt::AscendingOrder ? a.isValid() && !b.isValid() : !a.isValid() && b.isValid();
    }
};

} // namespace luthier::ui
