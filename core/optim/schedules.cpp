// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/schedules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace luthier::optim {

namespace {

double linear(double progress)
{
    return std::max(0.0, 1 - progress);
}

double cosine(double progress)
{
    return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

double constant(double)
{
    return 1;
}

} // namespace

std::span<const Schedule> schedules()
{
    static const std::array<Schedule, 3> table{{
        {"linear", "Linear to zero", linear},
        {"cosine", "Cosine to zero", cosine},
        {"constant", "Constant", constant},
    }};
    return table;
}

const Schedule* findSchedule(std::string_view id)
{
    const auto all = schedules();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Schedule& s) { return s.id == id; });
    return found == all.end() ? nullptr : &*found;
}

double learningRateAt(std::string_view schedule, std::int64_t taken, std::int64_t total, double warmupRatio)
{
    const auto warmup = total > 1 ? static_cast<std::int64_t>(std::ceil(static_cast<double>(total) * warmupRatio)) : std::int64_t{0};
    if (taken < warmup) {
        return static_cast<double>(taken) / static_cast<double>(warmup);
    }
    const Schedule* row = findSchedule(schedule);
    const auto rest = static_cast<double>(std::max<std::int64_t>(1, total - warmup));
    const double progress = static_cast<double>(taken - warmup) / rest;
    return (row ? row : &schedules().front())->multiplier(std::min(1.0, progress));
}

} // namespace luthier::optim
