// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/card_delegate.h"

#include "ui/theme/theme.h"

#include <QListView>
#include <QPainter>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMostHigh = 10'000;

QFont titleFont()
{
    QFont font = textFont(TextSize::Body);
    font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

// Another width gives bad cards another height.
CardDelegate::CardDelegate(QListView* view) : QStyledItemDelegate(view)
{
    view->setResizeMode(QListView::Adjust);
}

void CardDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const bool isChosen = option.state.testFlag(QStyle::State_Selected);
    const bool hasKeys = option.state.testFlag(QStyle::State_HasFocus);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5);
    painter->setPen(hasKeys ? color(Token::Accent) : isChosen ? color(Token::AccentSoft) : color(Token::Raised));
    painter->setBrush(isChosen ? color(Token::AccentSoft) : color(Token::Surface));
    painter->drawRoundedRect(box, space(1), space(1));

    const QRect inner = option.rect.adjusted(space(3), space(2), -space(3), -space(2));
    const QFont small = textFont(TextSize::Small);
    const QString badge = index.data(CardBadgeRole).toString();
    const int badgeWidth = badge.isEmpty() ? 0 : QFontMetrics(small).horizontalAdvance(badge) + space(2);
    painter->setFont(small);
    painter->setPen(color(Token::TextQuiet));
    painter->drawText(inner, Qt::AlignRight | Qt::AlignTop, badge);

    const QFont heavy = titleFont();
    painter->setFont(heavy);
    painter->setPen(color(Token::Text));
    const QString title = QFontMetrics(heavy).elidedText(index.data().toString(), Qt::ElideMiddle, inner.width() - badgeWidth);
    painter->drawText(inner, Qt::AlignLeft | Qt::AlignTop, title);

    painter->setFont(small);
    painter->setPen(color(index.data(CardBadRole).toBool() ? Token::Bad : Token::TextQuiet));
    if (index.data(CardBadRole).toBool()) {
        painter->drawText(inner.adjusted(0, QFontMetrics(heavy).height() + space(1), 0, 0), Qt::AlignLeft | Qt::TextWrapAnywhere | Qt::TextWordWrap,
                          index.data(CardFactsRole).toString());
    } else {
        const QString facts = QFontMetrics(small).elidedText(index.data(CardFactsRole).toString(), Qt::ElideRight, inner.width());
        painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom, facts);
    }
    painter->restore();
}

// A card that says what is wrong is as high as the sentence.
QSize CardDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QFontMetrics small(textFont(TextSize::Small));
    const int usual = QFontMetrics(titleFont()).height() + small.height() + space(5);
    const auto* view = qobject_cast<const QListView*>(option.widget);
    if (view == nullptr || !index.data(CardBadRole).toBool()) {
        return {space(40), usual};
    }
    const int width = view->viewport()->width() - 2 * space(3) - 2 * space(1);
    const QRect text = small.boundingRect(QRect(0, 0, width, kMostHigh), Qt::AlignLeft | Qt::TextWrapAnywhere | Qt::TextWordWrap, index.data(CardFactsRole).toString());
    return {space(40), usual + std::max(0, text.height() - small.height())};
}

} // namespace luthier::ui
