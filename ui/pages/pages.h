// SPDX-License-Identifier: GPL-3.0-or-later
// The table of pages: a new page is one line in pages.cpp.
#pragma once

#include "ui/frame/page.h"

#include <span>

namespace luthier::ui {

std::span<const PageRow> pages(); // in the order of work

} // namespace luthier::ui
