// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/buttons/enter_presses.h"

#include <QCheckBox>
#include <QDialog>
#include <QKeyEvent>
#include <QRadioButton>
#include <QToolButton>

namespace luthier::ui {

bool EnterPresses::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress) {
        return QObject::eventFilter(watched, event);
    }
    const auto* key = static_cast<QKeyEvent*>(event);
    auto* button = qobject_cast<QAbstractButton*>(watched);
    const bool isEnter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    const bool isPlain = (key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier && !key->isAutoRepeat();
    if (button == nullptr || !isEnter || !isPlain || !button->hasFocus() || !button->isEnabled() || qobject_cast<QCheckBox*>(button) != nullptr
        || qobject_cast<QRadioButton*>(button) != nullptr || qobject_cast<QDialog*>(button->window()) != nullptr) {
        return QObject::eventFilter(watched, event);
    }
    if (auto* tool = qobject_cast<QToolButton*>(button); tool != nullptr && tool->menu() != nullptr && tool->popupMode() == QToolButton::InstantPopup) {
        tool->showMenu();
    } else {
        button->click();
    }
    return true;
}

} // namespace luthier::ui
