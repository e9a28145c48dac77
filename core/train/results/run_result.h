// SPDX-License-Identifier: GPL-3.0-or-later
// RunResult: what a run has made, written whole, as it is opened elsewhere: adapter or model, heads, what it was trained on and where it
// comes from. Internal to core: names torch types.
#pragma once

#include "core/train/run_parts.h"

#include <filesystem>

namespace luthier::train {

Result<void> writeRunResult(const config::RunConfig& config, RunParts& parts, const std::filesystem::path& runFolder, const std::filesystem::path& result);

} // namespace luthier::train
