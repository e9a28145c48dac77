// SPDX-License-Identifier: GPL-3.0-or-later
// CardDelegate: paints a thing as a card of two lines: its name in bold with a badge at the right, its facts below, quiet.
// The name is the display role; the rest comes under the roles of CardRole.
// Threads: GUI thread.
#pragma once

#include <QStyledItemDelegate>

class QListView;

namespace luthier::ui {

enum CardRole {
    CardFactsRole = Qt::UserRole + 1, // QString: the second line
    CardBadgeRole,                    // QString; empty: none
    CardBadRole,                      // bool: the facts say what is wrong
    CardIdRole,                       // QString: path, or name on the hub
};

class CardDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit CardDelegate(QListView* view); // owned by it

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace luthier::ui
