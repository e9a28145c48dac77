// SPDX-License-Identifier: GPL-3.0-or-later
// PlanMeasure: a plan tried before the run: the model loaded, the method attached, and the largest real micro-batch passed
// forward and backward, with a step of the optimizer at a rate of zero; then steps of the sizes that the run has, and what
// comes between them, which together say its time. What it made is thrown away. Torch-free.
#pragma once

#include "core/base/clock.h"
#include "core/train/plan/run_plan.h"
#include "core/train/stop_control.h"

#include <cstdint>

namespace luthier::train {

// Seconds of a run from its first evaluation to its end, as it counts them itself.
struct RunTime {
    double steps = 0;
    double evaluations = 0; // held-out and general rows, all times
    double answers = 0;     // to the probes, all times
    double rows = 0;        // the loss of each row, before and after
    double saving = 0;      // checkpoints, best results, the result
    std::int64_t numEvaluations = 0;

    double total() const { return steps + evaluations + answers + rows + saving; }
};

struct PlanMeasure {
    std::int64_t peakBytes = 0;    // that the model and the pass added to what the program had before
    double secondsPerPass = 0;     // of that micro-batch, once everything is warm
    std::int64_t passTokens = 0;   // computed in it, padding among them
    double seconds = 0;            // of the whole run: time.total()
    RunTime time = {};
    std::int64_t steps = 0;        // of the whole run

    // Of what comes behind this step.
    double secondsFrom(std::int64_t step) const;
};

// Blocks. Errors: those that the run would begin with; a device without room for the pass, as a sentence; "cancelled".
Result<PlanMeasure> measurePlan(const config::RunConfig& config, const RunRows& rows, StopControl& control, base::Clock clock = base::wallSeconds);

} // namespace luthier::train
