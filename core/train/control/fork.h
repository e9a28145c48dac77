// SPDX-License-Identifier: GPL-3.0-or-later
// Fork: another run that goes on from a checkpoint of one, with changed settings. It has its own folder, with everything that the
// first one's start left there, so that either may be deleted. Torch-free.
//
// Threads: blocks; any thread. The first run may be at work.
#pragma once

#include "core/config/run_config.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace luthier::train {

struct ForkPoint {
    std::filesystem::path runFolder;
    std::optional<std::int64_t> step; // of a checkpoint; none: the newest
};

// Makes `folder` (new or empty), to be resumed with `config`. Error: no such checkpoint, a folder with something in it, a setting that
// the checkpoint's weights do not fit (the model, the method, what is adapted, the objective, the optimizer), no room. Nothing is left then.
Result<void> forkRun(const ForkPoint& from, const config::RunConfig& config, const std::filesystem::path& folder);

// A learning rate for the steps behind a checkpoint (none: the newest) of a run that is not at work.
Result<void> rateFromHere(const std::filesystem::path& runFolder, std::optional<std::int64_t> step, double rate);

// A fork that has learned nothing of its own yet: it holds the one checkpoint that it began from, and no result.
bool isUntouchedFork(const std::filesystem::path& folder);

} // namespace luthier::train
