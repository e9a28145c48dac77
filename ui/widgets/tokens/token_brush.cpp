// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tokens/token_brush.h"

#include "ui/widgets/conversation/role_colors.h"

namespace luthier::ui {
namespace {

constexpr qreal kRadius = 3;
constexpr double kFillShare = 0.30;

} // namespace

void drawTokenBox(QPainter& painter, const QRectF& box, const TokenLook& look, const QPalette& palette)
{
    const QColor fill = maskColor(MaskRole::Trained);
    const QColor edge = maskColor(look.special ? MaskRole::Special : look.trained ? MaskRole::Trained : MaskRole::Context);
    QPen pen(edge, 1);
    if (look.special && !look.trained) {
        pen.setStyle(Qt::DashLine);
    }
    painter.setPen(look.current ? QPen(palette.color(QPalette::Text), 2) : pen);
    painter.setBrush(look.trained ? QBrush(mixed(palette.color(QPalette::Base), fill, kFillShare)) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(box, kRadius, kRadius);
}

} // namespace luthier::ui
