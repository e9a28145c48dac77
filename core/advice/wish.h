// SPDX-License-Identifier: GPL-3.0-or-later
// Wish: what a person wants of a model, asked before anything is looked at. The questions are fields, so that a form, flags
// and a file ask them alike. Torch-free.
#pragma once

#include "core/fields/field.h"

#include <span>
#include <string>

namespace luthier::advice {

struct Wish {
    std::string task = "task";              // task, instructions, preferences, texts
    std::string priority = "balanced";      // balanced, memory, tasks, quality, iteration: the scenario that matters most
    std::string complexity = "unknown";     // simple, complex
    std::string budget = "unknown";         // low, higher
    std::string consistency = "unknown";    // less_critical, critical
    std::string iteration = "unknown";      // need_fast, can_wait
};

std::span<const fields::Field> wishFields();

} // namespace luthier::advice
