// SPDX-License-Identifier: GPL-3.0-or-later
// A push button with its object name, text and tooltip at once.
// Threads: GUI thread.
#pragma once

#include <QPushButton>

namespace luthier::ui {

inline QPushButton* makeButton(const QString& id, const QString& text, const QString& help)
{
    auto* button = new QPushButton(text);
    button->setObjectName(id);
    button->setToolTip(help);
    return button;
}

} // namespace luthier::ui
