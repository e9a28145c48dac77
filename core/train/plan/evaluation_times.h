// SPDX-License-Identifier: GPL-3.0-or-later
// When a run evaluates: at its start, behind every so many steps, and at its end; of those between, where nobody asked for a
// number, as many as the time allows. Torch-free.
#pragma once

#include "core/config/run_config.h"

#include <algorithm>
#include <cstdint>

namespace luthier::train {

inline constexpr std::int64_t kUsualEvaluations = 10;

// Optimizer steps between two: run.eval_every, or about a tenth of the run.
inline std::int64_t evaluationInterval(const config::RunSettings& settings, std::int64_t totalSteps)
{
    return settings.evalEvery > 0 ? settings.evalEvery : std::max<std::int64_t>(1, totalSteps / kUsualEvaluations);
}

// The time of a sitting, in seconds.
struct EvaluationTime {
    double spent = 0;   // in evaluations
    double last = 0;    // of the last one, which the next will take, too
    double elapsed = 0; // of all

    bool isNothing() const { return spent + last < 0.5; } // that nobody would miss
    double share() const { return (spent + last) / std::max(elapsed + last, 1e-9); } // theirs, with another one
    bool allows(const config::RunSettings& settings) const { return settings.evalEvery > 0 || isNothing() || share() <= settings.evalShare; }
};

} // namespace luthier::train
