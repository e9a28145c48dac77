// SPDX-License-Identifier: GPL-3.0-or-later
// CheckpointResult: a checkpoint as a result that opens wherever one does, so that it can answer: in Compare, in Chat, in an evaluation. It
// is made once and lies in as-result/ of the run's folder, and is made anew where the checkpoint is another one. Torch-free.
//
// Threads: functions block, any thread; one at a time for a run's folder.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace luthier::train {

// Steps of which the run's folder has a checkpoint, the first first; whether it is whole is not looked at. (checkpoint.cpp)
std::vector<std::int64_t> stepsWithCheckpoint(const std::filesystem::path& runFolder);

// The adapter (or model) of the checkpoint. Errors: no whole checkpoint of this step, the base is gone, an objective that judges.
Result<std::filesystem::path> resultOfCheckpoint(const std::filesystem::path& runFolder, std::int64_t step);

} // namespace luthier::train
