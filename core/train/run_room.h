// SPDX-License-Identifier: GPL-3.0-or-later
// RunRoom: what a run writes to its disk, estimated before the first step. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/train/run_parts.h"

#include <cstdint>
#include <filesystem>

namespace luthier::train {

struct RunRoom {
    std::uint64_t checkpoint = 0; // bytes of one: leaves, and what the optimizer keeps
    std::uint64_t result = 0;     // of the adapter, or of the whole model

    // While a checkpoint is written the one before it still stands; at the end the result comes beside them.
    std::uint64_t least(std::int64_t checkpoints) const { return checkpoint * (checkpoints > 1 ? 2 : 1) + result; }
    // With the best result so far, which is kept beside them.
    std::uint64_t wanted(std::int64_t checkpoints, std::int64_t kept) const;
};

// Optimizer steps between two checkpoints: run.checkpoint_every, or about a fifth of the run.
std::int64_t checkpointInterval(const config::RunSettings& settings, std::int64_t totalSteps);

RunRoom roomOf(const RunParts& parts);

// Error: the disk of the folder has no room for two checkpoints and the result. Where it has room for fewer checkpoints than
// are kept, a warning goes to the parts. What lies in the folder already counts as room.
Result<void> checkRoom(RunParts& parts, const config::RunSettings& settings, const std::filesystem::path& folder);

} // namespace luthier::train
