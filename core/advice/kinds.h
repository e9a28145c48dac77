// SPDX-License-Identifier: GPL-3.0-or-later
// Kinds of what is learned, each a recipe of its own: its settings, what its rows are checked for, and what it is measured by.
#pragma once

#include "core/advice/advice.h"

#include <span>

namespace luthier::advice {

struct Kind {
    const char* id;  // as Wish::task
    const char* why; // when it is this
    Settings settings;
    std::vector<std::string> (*measures)(const RowsSeen& rows);
    std::vector<Check> (*checks)(const RowsSeen& rows);
};

std::span<const Kind> kinds();
const Kind& kindOf(const std::string& id); // the first where there is none

// Of every kind: enough rows, and not too alike.
std::vector<Check> commonChecks(const RowsSeen& rows);

} // namespace luthier::advice
