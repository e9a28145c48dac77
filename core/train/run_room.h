// SPDX-License-Identifier: GPL-3.0-or-later
// What a run writes to its disk, known exactly once its parts are there. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/train/plan/disk_plan.h"
#include "core/train/run_parts.h"

#include <filesystem>

namespace luthier::train {

RunRoom roomOf(const RunParts& parts);

// Error: the disk of the folder has no room for two checkpoints and the result. Where it has room for fewer checkpoints than
// are kept, a warning goes to the parts. What lies in the folder already counts as room.
Result<void> checkRoom(RunParts& parts, const config::RunSettings& settings, const std::filesystem::path& folder);

} // namespace luthier::train
