// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/calm_wheel.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QScrollBar>

namespace luthier::ui {

bool CalmWheel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::Wheel || !watched->isWidgetType() || qobject_cast<QScrollBar*>(watched) != nullptr) {
        return false;
    }
    const auto* widget = static_cast<QWidget*>(watched);
    const bool isField = qobject_cast<const QAbstractSpinBox*>(widget) != nullptr || qobject_cast<const QAbstractSlider*>(widget) != nullptr;
    if (qobject_cast<const QComboBox*>(widget) != nullptr || (isField && !widget->hasFocus())) {
        event->ignore(); // goes on to the parent
        return true;
    }
    return false;
}

} // namespace luthier::ui
