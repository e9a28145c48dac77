// SPDX-License-Identifier: GPL-3.0-or-later
// drawTokenBox: the box of a token, the same in the strip and in its legend. Told apart without colour:
// trained is filled, special has a dashed border unless it is trained, the current one a thick border.
// Threads: GUI thread.
#pragma once

#include <QPainter>
#include <QPalette>

namespace luthier::ui {

struct TokenLook {
    bool trained = false;
    bool special = false;
    bool current = false;
};

void drawTokenBox(QPainter& painter, const QRectF& box, const TokenLook& look, const QPalette& palette);

} // namespace luthier::ui
