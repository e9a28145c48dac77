// SPDX-License-Identifier: GPL-3.0-or-later
// RunCheckpoints: the checkpoints that a recorded run still has, with what is known of each: from which of them to go on.
//
// Threads: any; reads the run's folder and the project.
#pragma once

#include "core/store/project.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace luthier::store {

struct RunCheckpoint {
    std::int64_t step = 0;
    std::int64_t bytes = 0;
    std::filesystem::path folder;
    std::optional<double> loss;    // of its training step
    std::optional<double> heldOut; // measured at that step; none: it was not
    bool isLowest = false;         // of those measured
};

// The oldest first. Whether the files are whole is looked at when one of them is taken.
Result<std::vector<RunCheckpoint>> checkpointsOf(Project& project, RunId run);

} // namespace luthier::store
