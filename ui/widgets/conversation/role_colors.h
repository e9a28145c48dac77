// SPDX-License-Identifier: GPL-3.0-or-later
// Role colours: the theme's colours by the words this part of the window uses: who speaks, what a token is for.
// Threads: GUI thread, whose the scheme is; mixed(): any.
#pragma once

#include <QColor>
#include <QString>

namespace luthier::ui {

enum class MaskRole { Trained, Context, Special };

QColor roleColor(const QString& role); // system, user, assistant, tool; else the quiet text colour
QColor maskColor(MaskRole role);
QColor quietTextColor();
QColor warningColor();
QColor errorColor();
QColor goodColor();
QColor differenceColor();

// `share` of `color` over `ground`, opaque.
QColor mixed(const QColor& ground, const QColor& color, double share);

} // namespace luthier::ui
