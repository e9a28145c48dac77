// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/method_button.h"

#include "ui/theme.h"

#include <QPainter>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kWidth = 30; // characters

} // namespace

MethodButton::MethodButton(const QString& title, const QString& help, QWidget* parent) : QAbstractButton(parent), m_help(help)
{
    setText(title);
    setToolTip(help);
    setAccessibleName(title);
    setAccessibleDescription(help);
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

QSize MethodButton::sizeHint() const
{
    const int width = fontMetrics().averageCharWidth() * kWidth;
    return {width, heightForWidth(width)};
}

QSize MethodButton::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * kWidth / 2, heightForWidth(fontMetrics().averageCharWidth() * kWidth)};
}

int MethodButton::heightForWidth(int width) const
{
    const QFontMetrics small(textFont(TextSize::Small));
    const QRect room(0, 0, std::max(1, width - space(6)), small.height() * 8);
    return fontMetrics().height() + small.boundingRect(room, Qt::TextWordWrap, m_help).height() + space(5);
}

void MethodButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor border = color(isChecked() || hasFocus() ? Token::Accent : Token::Line);
    painter.setPen(QPen(border, hasFocus() ? 2 : 1));
    painter.setBrush(color(isChecked() ? Token::AccentSoft : underMouse() ? Token::Raised : Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space(1), space(1));
    const QRect inner = rect().adjusted(space(3), space(2), -space(3), -space(2));
    QFont heavy = font();
    heavy.setWeight(QFont::DemiBold);
    painter.setFont(heavy);
    painter.setPen(color(Token::Text));
    painter.drawText(inner, Qt::AlignTop | Qt::AlignLeft, text());
    if (isChecked()) { // said by more than colour
        painter.setPen(QPen(color(Token::Accent), 2));
        const QPoint at(inner.right() - space(3), inner.top() + space(2));
        painter.drawPolyline(QPolygon{{at, at + QPoint(space(1), space(1)), at + QPoint(space(3), -space(1))}});
    }
    painter.setFont(textFont(TextSize::Small));
    painter.setPen(color(Token::TextQuiet));
    painter.drawText(inner.adjusted(0, fontMetrics().height() + space(1), 0, 0), Qt::TextWordWrap, m_help);
}

} // namespace luthier::ui
