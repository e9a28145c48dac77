// SPDX-License-Identifier: GPL-3.0-or-later
// Schedules: table of learning-rate multipliers, as transformers defines them: s steps already taken, T in all,
// w = ceil(T * warm-up ratio); s < w gives s / w, so the very first step has rate 0 when w > 0. A run of one step has no
// warm-up: transformers' own would learn nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace luthier::optim {

struct Schedule {
    std::string id;
    std::string label;
    // After the warm-up: progress in [0, 1] -> multiplier.
    double (*multiplier)(double progress);
};

std::span<const Schedule> schedules();
const Schedule* findSchedule(std::string_view id); // null: no such row
// Multiplier of the base rate for the step after `taken` steps. An unknown id acts as the table's first row.
double learningRateAt(std::string_view schedule, std::int64_t taken, std::int64_t total, double warmupRatio);

} // namespace luthier::optim
