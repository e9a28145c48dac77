// SPDX-License-Identifier: GPL-3.0-or-later
// Schedules: table of learning-rate multipliers, as transformers defines them: s steps already taken, T in all,
// w = ceil(T * warm-up ratio); s < w gives s / w, so the very first step has rate 0 when w > 0. A run of one step has no
// warm-up: transformers' own would learn nothing.
// A new schedule is one function and one row in schedules.cpp.
#pragma once

#include "core/fields/row.h"
#include "core/optim/schedule_settings.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace luthier::optim {

// Where a step stands behind the warm-up.
struct SchedulePlace {
    std::int64_t taken = 0;  // steps before it, those of the warm-up included
    std::int64_t warmup = 0; // steps of the warm-up
    std::int64_t total = 0;

    double progress() const; // 0 to 1
};

struct Schedule : fields::Row {
    double (*multiplier)(const SchedulePlace& place, const ScheduleSettings& settings) = nullptr;
    double (*floor)(const ScheduleSettings& settings) = nullptr; // where the warm-up begins; null: at 0
};

std::span<const Schedule> schedules();
const Schedule* findSchedule(std::string_view id); // null: no such row
// Multiplier of the base rate for the step after `taken` steps. An unknown kind acts as the table's first row.
double learningRateAt(const ScheduleSettings& settings, std::int64_t taken, std::int64_t total);
// Steps of the warm-up.
std::int64_t warmupSteps(const ScheduleSettings& settings, std::int64_t total);

} // namespace luthier::optim
