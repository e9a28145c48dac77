// SPDX-License-Identifier: GPL-3.0-or-later
// icon: a Lucide drawing of resources/icons by its file name, tinted with the theme when it is painted,
// so it follows a change of theme and any scale by itself.
//
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QIcon>
#include <QString>

namespace luthier::ui {

QIcon icon(const QString& name, Token tint = Token::Text);
int iconSize(); // one size for all, from the font

} // namespace luthier::ui
