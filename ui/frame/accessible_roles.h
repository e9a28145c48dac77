// SPDX-License-Identifier: GPL-3.0-or-later
// What the window's own controls are to readers of the screen: Qt knows its own classes only.
// Threads: GUI thread.
#pragma once

namespace luthier::ui {

void tellAccessibleRoles(); // once a process; further calls do nothing

} // namespace luthier::ui
