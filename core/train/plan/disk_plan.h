// SPDX-License-Identifier: GPL-3.0-or-later
// DiskPlan: what a run would write to its disk, beside what that has left: known before anything is loaded. Torch-free.
//
// Threads: any.
#pragma once

#include "core/config/run_config.h"
#include "core/train/plan/method_size.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace luthier::train {

// Bytes.
struct RunRoom {
    std::uint64_t checkpoint = 0; // of one: leaves, and what the optimizer keeps
    std::uint64_t result = 0;     // of the adapter, or of the whole model

    // While a checkpoint is written the one before it still stands; at the end the result comes beside them.
    std::uint64_t least(std::int64_t checkpoints) const { return checkpoint * (checkpoints > 1 ? 2 : 1) + result; }
    // With the best result so far, which is kept beside them.
    std::uint64_t wanted(std::int64_t checkpoints, std::int64_t kept) const;
};

inline constexpr std::uint64_t kBesideTensors = 64 << 10; // index, headers, the result's small files

// Optimizer steps between two checkpoints: run.checkpoint_every, or about a fifth of the run.
std::int64_t checkpointInterval(const config::RunSettings& settings, std::int64_t totalSteps);
std::int64_t checkpointsOf(const config::RunSettings& settings, std::int64_t totalSteps);

struct DiskPlan {
    std::uint64_t least = 0;  // without which the run does not begin
    std::uint64_t wanted = 0; // with all checkpoints that are kept, and the best result
    std::optional<std::uint64_t> free; // nothing where the system does not say

    bool fits() const { return !free || *free >= least; }
};

// `folder` need not be there yet.
DiskPlan diskPlan(const config::RunConfig& config, const MethodSize& size, std::int64_t totalSteps, const std::filesystem::path& folder);

} // namespace luthier::train
