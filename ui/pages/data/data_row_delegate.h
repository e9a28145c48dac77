// SPDX-License-Identifier: GPL-3.0-or-later
// DataRowDelegate: draws a row of the data table: the answer in its role's colour, the token count over a thin bar
// against the limit, the state with a mark of its own. Models hold no colours.
// Threads: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace luthier::ui {

class DataRowDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace luthier::ui
