// SPDX-License-Identifier: GPL-3.0-or-later
// PlanMeasure: a plan tried before the run: the model loaded, the method attached, and the largest real micro-batch passed
// forward and backward, with a step of the optimizer at a rate of zero. What it made is thrown away. Torch-free.
#pragma once

#include "core/train/plan/run_plan.h"
#include "core/train/stop_control.h"

#include <cstdint>

namespace luthier::train {

struct PlanMeasure {
    std::int64_t peakBytes = 0;    // that the model and the pass added to what the program had before
    double secondsPerPass = 0;     // of that micro-batch, once everything is warm
    std::int64_t passTokens = 0;   // computed in it, padding among them
    double seconds = 0;            // of the whole run, evaluations among them, at that rate
};

// Blocks. Errors: those that the run would begin with; a device without room for the pass, as a sentence; "cancelled".
Result<PlanMeasure> measurePlan(const config::RunConfig& config, const RunRows& rows, StopControl& control);

} // namespace luthier::train
