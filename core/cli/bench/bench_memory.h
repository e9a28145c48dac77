// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier bench memory`: memory as a plan predicts it beside the peak that a pass over the largest batch has, each recipe in
// a process of its own.
#pragma once

#include "core/cli/command.h"

#include <string>

namespace luthier::cli {

struct MemoryBenchFlags {
    std::string size = "auto"; // small, large; auto: large on a card
    std::string only;          // part of a name
    double within = 0;         // percent; 0: 10 on a CPU, 5 on a card
};

int benchMemory(const MemoryBenchFlags& flags, Context& context);

} // namespace luthier::cli
