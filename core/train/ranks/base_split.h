// SPDX-License-Identifier: GPL-3.0-or-later
// BaseSplit: whether the ranks of a run split its frozen base between them (run.shard; nn/layer_shards.h), or each hold all of it,
// which is faster where there is room; and whether they split what an optimizer of all weights holds. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <cstdint>
#include <string>

namespace luthier::ranks {
class Team;
}

namespace luthier::train {

struct BaseSplit {
    bool isSplit = false;
    std::string sentence; // why, for whoever reads of the run; empty: as asked
};

// Asked by all ranks of a run at the same place; `team` null: it trains alone, and nothing is split. On its own it is split where some
// rank's card has no room for the weights and what is kept beside them. Errors: it was asked for and cannot be.
Result<BaseSplit> chooseSplit(const config::RunConfig& config, ranks::Team* team);

// Whether ranks split what the optimizer holds, with its masters and the sums of gradients (ranks/split_optimizer.h): where all weights train.
// On its own wherever so much trains that no step is recorded, for it is faster, too. `trained`: numbers that train.
bool splitsState(const config::RunConfig& config, int ranks, std::int64_t trained);

// What of the recipe a split base does not go with, as a sentence; empty: nothing.
std::string againstSplit(const config::RunConfig& config);

} // namespace luthier::train
