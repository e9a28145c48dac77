// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/card_delegate.h"

#include "ui/theme/theme.h"

#include <QPainter>

namespace luthier::ui {
namespace {

QFont titleFont()
{
    QFont font = textFont(TextSize::Body);
    font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

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
    const QString facts = QFontMetrics(small).elidedText(index.data(CardFactsRole).toString(), Qt::ElideRight, inner.width());
    painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom, facts);
    painter->restore();
}

QSize CardDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {space(40), QFontMetrics(titleFont()).height() + QFontMetrics(textFont(TextSize::Small)).height() + space(5)};
}

} // namespace luthier::ui
