// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/lists/menu_key.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QContextMenuEvent>
#include <QKeyEvent>

namespace luthier::ui {
namespace {

QPoint menuPlaceOf(const QWidget* widget)
{
    const auto* view = qobject_cast<const QAbstractItemView*>(widget);
    if (view == nullptr) {
        const QRect cursor = widget->inputMethodQuery(Qt::ImCursorRectangle).toRect();
        return widget->rect().contains(cursor.center()) && cursor.isValid() ? cursor.center() : widget->rect().center();
    }
    const QRect row = view->visualRect(view->currentIndex()).intersected(view->viewport()->rect());
    return row.isEmpty() ? QPoint() : row.center(); // in the viewport, as a right click has it
}

bool isMenuKey(const QKeyEvent& key)
{
    return (key.key() == Qt::Key_Menu && key.modifiers() == Qt::NoModifier) || (key.key() == Qt::Key_F10 && key.modifiers() == Qt::ShiftModifier);
}

} // namespace

// The desktop may send the event by itself, at a place of its own; then it is sent on to ours.
bool MenuKey::eventFilter(QObject* watched, QEvent* event)
{
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget == nullptr || QApplication::activePopupWidget() != nullptr) {
        return false;
    }
    const bool isPressed = event->type() == QEvent::KeyPress && isMenuKey(*static_cast<QKeyEvent*>(event)) && widget->hasFocus();
    const bool isAsked = event->type() == QEvent::ContextMenu && event->spontaneous() && static_cast<QContextMenuEvent*>(event)->reason() == QContextMenuEvent::Keyboard;
    if (!isPressed && !isAsked) {
        return false;
    }
    if (auto* view = qobject_cast<QAbstractItemView*>(widget)) {
        if (view->currentIndex().isValid()) {
            view->scrollTo(view->currentIndex());
        }
        if (view->contextMenuPolicy() == Qt::DefaultContextMenu && isAsked) {
            return false; // it has none
        }
    } else if (isAsked) {
        return false;
    }
    const QPoint at = menuPlaceOf(widget);
    const auto* area = qobject_cast<QAbstractItemView*>(widget);
    const QWidget* from = area == nullptr ? widget : area->viewport();
    QContextMenuEvent wanted(QContextMenuEvent::Keyboard, at, from->mapToGlobal(at));
    QApplication::sendEvent(widget, &wanted);
    return true;
}

} // namespace luthier::ui
