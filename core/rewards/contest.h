// SPDX-License-Identifier: GPL-3.0-or-later
// Contest: the same prompts answered twice, before and after tuning, judged by the same rules: how often which answer earns more.
//
// Threads: pure.
#pragma once

#include "core/rewards/rewards.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::rewards {

struct ContestRow {
    Answer known; // what there is to judge by; its text does not count
    std::string before;
    std::string after;
};

struct Contest {
    std::int64_t better = 0; // after earns more than before
    std::int64_t worse = 0;
    std::int64_t same = 0;
    double before = 0; // mean rewards
    double after = 0;

    std::int64_t rows() const { return better + worse + same; }
    double winRate() const; // of after; what earns the same counts half; 0 where there are no rows
};

Contest contest(const Rewards& rules, const std::vector<ContestRow>& rows);

} // namespace luthier::rewards
