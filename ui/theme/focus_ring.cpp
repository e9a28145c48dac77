// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/focus_ring.h"

#include <QAbstractScrollArea>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionFocusRect>
#include <QWidget>

namespace luthier::ui {

void paintFocusRing(QPainter& painter, const QWidget& widget)
{
    if (!widget.hasFocus()) {
        return;
    }
    const auto* area = qobject_cast<const QAbstractScrollArea*>(&widget);
    QStyleOptionFocusRect option;
    option.initFrom(area == nullptr ? &widget : area->viewport());
    widget.style()->drawPrimitive(QStyle::PE_FrameFocusRect, &option, &painter, &widget);
}

} // namespace luthier::ui
