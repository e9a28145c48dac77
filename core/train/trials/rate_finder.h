// SPDX-License-Identifier: GPL-3.0-or-later
// RateFinder: learning rates tried in one short sweep: the run's own steps with a rate that grows by the same factor at each,
// until the loss runs away (L. N. Smith, "Cyclical learning rates", 2017, 3.3). Nothing of it is kept but the curve. Torch-free.
//
// The suggestion is where the smoothed loss falls fastest over the logarithm of the rate, and at most a tenth of the rate with
// the lowest smoothed loss; none where the loss never fell.
#pragma once

#include "core/config/run_config.h"
#include "core/train/plan/run_rows.h"
#include "core/train/stop_control.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

struct RateFinderSettings {
    double low = 1e-6;
    double high = 1;
    std::int64_t steps = 60;
    double runaway = 4; // it ends where the smoothed loss is so many times the lowest
};

struct RatePoint {
    std::int64_t step = 0; // from 1
    double rate = 0;
    double loss = 0;       // of the step, before it changed anything
    double smoothed = 0;   // exponential mean, bias taken out, of losses without what the step's rows lose more than others from the start
};

struct RateCurve {
    std::vector<RatePoint> points;
    std::optional<double> suggestion;
    std::optional<double> lowest; // rate with the lowest smoothed loss
    std::string why;              // of the suggestion, or why there is none; a sentence
};

// What a curve of losses suggests; for tests and for curves that were kept.
void suggest(RateCurve& curve);

// Blocks. `onPoint` on the calling thread, after each step. Errors: those that the run would begin with; a run that makes its
// answers on the way; "cancelled".
Result<RateCurve> findRate(const config::RunConfig& config, const RunRows& rows, const RateFinderSettings& settings, StopControl& control,
                           const std::function<void(const RatePoint&)>& onPoint = {});

} // namespace luthier::train
