// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier bench time`: the time of a run as it is measured before it begins, beside the time that it then takes, for recipes
// with rows of mixed lengths, evaluations, checkpoints and answers. On a CPU by the processor's time, which other programs
// leave alone, with one thread; on a card by the clock on the wall.
#pragma once

#include "core/cli/command.h"

#include <string>

namespace luthier::cli {

struct TimeBenchFlags {
    std::string only;   // part of a name
    std::string model;  // folder; empty: the bundled one, on a card one of random weights
    double within = 10; // percent
    double longer = 1;  // factor on the steps
};

int benchTime(const TimeBenchFlags& flags, Context& context);

} // namespace luthier::cli
