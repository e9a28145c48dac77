// SPDX-License-Identifier: GPL-3.0-or-later
// tellDesktop: a notice of the desktop about something that ended while the person was elsewhere. Silent, and nothing
// where the desktop has no such service.
//
// Threads: GUI thread; never waits.
#pragma once

#include <QString>

namespace luthier::ui {

void tellDesktop(const QString& title, const QString& text);

} // namespace luthier::ui
