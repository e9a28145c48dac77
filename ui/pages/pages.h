// SPDX-License-Identifier: GPL-3.0-or-later
// The table of pages: a new page is one line in pages.cpp.
// Threads: any; pages are made by the GUI thread.
#pragma once

#include "ui/frame/page.h"

#include <QKeySequence>

#include <span>

namespace luthier::ui {

std::span<const PageRow> pages(); // in the order of work, what looks back behind it
QKeySequence pageKey(int place);   // from 0: Ctrl+1 to Ctrl+9, Ctrl+0, then Alt+1 and on

} // namespace luthier::ui
