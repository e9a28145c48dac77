// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tokens/token_legend.h"

#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/tokens/token_brush.h"

#include <QPainter>

#include <array>

namespace luthier::ui {
namespace {

struct LegendRow {
    const char* label;
    bool trained;
    bool special;
};

constexpr std::array kRows{
    LegendRow{QT_TRANSLATE_NOOP("luthier::ui::TokenLegend", "trained"), true, false},
    LegendRow{QT_TRANSLATE_NOOP("luthier::ui::TokenLegend", "context"), false, false},
    LegendRow{QT_TRANSLATE_NOOP("luthier::ui::TokenLegend", "special"), false, true},
};

int swatchWidth(const QFontMetrics& metrics)
{
    return metrics.height();
}

} // namespace

TokenLegend::TokenLegend(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("tokenLegend"));
    setAccessibleName(tr("Filled: trained. Outlined: context. Dashed: special."));
    setToolTip(tr("Filled tokens are trained. Outlined ones are only read. Special ones have a dashed border and carry their names."));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize TokenLegend::sizeHint() const
{
    int width = 0;
    for (const LegendRow& row : kRows) {
        width += swatchWidth(fontMetrics()) + fontMetrics().horizontalAdvance(tr(row.label)) + fontMetrics().height();
    }
    return {width, fontMetrics().height() + 4};
}

void TokenLegend::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int swatch = swatchWidth(fontMetrics());
    int x = 0;
    for (const LegendRow& row : kRows) {
        drawTokenBox(painter, QRectF(x + 0.5, 3.5, swatch - 3, height() - 8), {row.trained, row.special, false}, palette());
        x += swatch + 2;
        painter.setPen(quietTextColor());
        const QString label = tr(row.label);
        const int width = fontMetrics().horizontalAdvance(label);
        painter.drawText(QRect(x, 0, width + 2, height()), Qt::AlignVCenter, label);
        x += width + fontMetrics().height() - 2;
    }
}

} // namespace luthier::ui
