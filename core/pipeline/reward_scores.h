// SPDX-License-Identifier: GPL-3.0-or-later
// RewardScores: what a reward model says of the pairs that its run never learned from, chosen and rejected apart. Torch-free.
//
// Threads: blocks; meant for jobs.
#pragma once

#include "core/base/cancel.h"
#include "core/statistics/histogram.h"
#include "core/store/project.h"

#include <array>
#include <cstdint>
#include <vector>

namespace luthier::pipeline {

struct RewardScores {
    std::array<std::vector<double>, 2> scores; // of pairs: chosen, rejected

    std::int64_t pairs() const { return static_cast<std::int64_t>(scores[0].size()); }
    double accuracy() const; // share whose chosen answer has the larger score; 0 where there are none
    statistics::Range range() const { return statistics::rangeOf(scores); }
};

// At most `most` pairs. Errors: a run whose result is no reward model, one that held nothing out, "cancelled".
Result<RewardScores> rewardScores(store::Project& project, store::RunId run, std::int64_t most, const base::CancelToken& cancel);

} // namespace luthier::pipeline
