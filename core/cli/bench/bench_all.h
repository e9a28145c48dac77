// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier bench all`: every measurement that is published, one after the other, each in a process of its own so that none has
// another's memory. A new one is one row in bench_all.cpp; README's table is made of what it prints
// (tests/reference/bench_table.py).
#pragma once

#include "core/cli/command.h"

#include <string>

namespace luthier::cli {

struct AllBenchFlags {
    std::string only; // part of a name
    bool list = false;
};

int benchAll(const AllBenchFlags& flags, Context& context);

} // namespace luthier::cli
