// SPDX-License-Identifier: GPL-3.0-or-later
// Tool buttons, made in one way: each has an object name, what it says, a tooltip and a name for readers of the screen at once.
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QToolButton>

class QAction;

namespace luthier::ui {

// With a text.
QToolButton* makeToolButton(const QString& id, const QString& text, const QString& help);

// With a picture of resources/icons alone, flat; `name` says what it does, `help` more than that.
QToolButton* makeIconButton(const QString& id, const QString& picture, const QString& name, const QString& help = {}, Token token = Token::Text);

// Of an action: its text, state and tooltip, now and later; away while the action is invisible.
QToolButton* makeActionButton(const QString& id, QAction* action);

} // namespace luthier::ui
