// SPDX-License-Identifier: GPL-3.0-or-later
// RankPlan: what a planned run needs on each of several devices, with everything whole on every one and with a part on each of what ranks
// can split (run.shard): the base under an adapter, where whole copies are faster and taken where they fit; what the optimizer holds where
// all weights train. Torch-free.
#pragma once

#include "core/train/plan/memory_estimate.h"

#include <string>
#include <vector>

namespace luthier::train {

struct RankNeed {
    std::string device;   // as --devices names it
    MemoryEstimate whole;
    MemoryEstimate split;
};

struct RankPlan {
    std::vector<RankNeed> ranks;
    std::string choice;   // "whole", "split", or "neither" where none of them fits
    std::string sentence; // why, and what to set for it
};

// A rank for each device. Errors are those of memoryOf.
Result<RankPlan> planRanks(const config::RunConfig& config, const RunPlan& plan, const std::vector<std::string>& devices);

} // namespace luthier::train
