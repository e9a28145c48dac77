// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/method_button.h"

#include "ui/theme/theme.h"

#include <QPainter>

namespace luthier::ui {

MethodButton::MethodButton(const QString& title, const QString& help, QWidget* parent) : QAbstractButton(parent)
{
    setText(title);
    setToolTip(help);
    setAccessibleName(title);
    setAccessibleDescription(help);
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize MethodButton::sizeHint() const
{
    QFont heavy = font();
    heavy.setWeight(QFont::DemiBold);
    const QFontMetrics metrics(heavy);
    return {metrics.horizontalAdvance(text()) + space(12), metrics.height() + space(4)};
}

QSize MethodButton::minimumSizeHint() const
{
    return sizeHint();
}

void MethodButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor border = color(isChecked() || hasFocus() ? Token::Accent : Token::Line);
    painter.setPen(QPen(border, hasFocus() ? 2 : 1));
    painter.setBrush(color(isChecked() ? Token::AccentSoft : underMouse() ? Token::Raised : Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space(1), space(1));
    const QRect inner = rect().adjusted(space(3), 0, -space(3), 0);
    QFont heavy = font();
    heavy.setWeight(QFont::DemiBold);
    painter.setFont(heavy);
    painter.setPen(color(Token::Text));
    painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, text());
    if (isChecked()) { // said by more than colour
        painter.setPen(QPen(color(Token::Accent), 2));
        const QPoint at(inner.right() - space(3), inner.center().y());
        painter.drawPolyline(QPolygon{{at, at + QPoint(space(1), space(1)), at + QPoint(space(3), -space(1))}});
    }
}

} // namespace luthier::ui
