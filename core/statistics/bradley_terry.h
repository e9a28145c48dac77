// SPDX-License-Identifier: GPL-3.0-or-later
// BradleyTerry: one scale for several systems out of pairs that were judged (Bradley and Terry 1952), with intervals of the sandwich
// estimator, as arena-rank has them: a tie counts half to both, a rating of 400 more means odds of ten to one, the mean is 1000.
//
// Threads: free functions, any thread.
#pragma once

#include "core/statistics/distributions.h"

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::statistics {

struct Battle {
    std::uint32_t first = 0; // systems, from 0
    std::uint32_t second = 0;
    double outcome = 0.5;    // 1: the first won, 0: the second, 0.5: neither
};

struct Rating {
    double value = 1000;
    Interval interval;
    std::int64_t battles = 0;
    bool isBounded = true; // false: it won or lost all it took part in; how far it stands from the others cannot be told
};

std::vector<Rating> bradleyTerry(std::span<const Battle> battles, std::size_t systems, double level = 0.95);

} // namespace luthier::statistics
