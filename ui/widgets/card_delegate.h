// SPDX-License-Identifier: GPL-3.0-or-later
// CardDelegate: paints a row of CardListModel: the name in bold with its badge at the right, its facts below, quiet.
#pragma once

#include <QStyledItemDelegate>

namespace luthier::ui {

class CardDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace luthier::ui
