// SPDX-License-Identifier: GPL-3.0-or-later
// tagColor: the colour of a tag, the same wherever it is shown: one of the theme's series, by its name.
//
// Threads: GUI thread.
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

namespace luthier::ui {

QColor tagColor(const QString& tag);
QIcon tagIcon(const QString& tag); // a dot

} // namespace luthier::ui
