// SPDX-License-Identifier: GPL-3.0-or-later
// RunFolder: a run's folder before its first step, and after a start that came to nothing. Torch-free.
//
// A refused start leaves refused.json, which says why; such a folder takes another start and can be resumed, too. A folder
// with a checkpoint or a result never does.
// Threads: any; everything here touches disks.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <filesystem>
#include <string>

namespace luthier::train {

// Writes the recipe into a folder that is absent, empty or was refused. Of a resumed run: checks that the folder is there, and
// writes the recipe where the start was killed before that.
Result<void> prepareRunFolder(const config::RunConfig& config, const std::filesystem::path& folder, bool resume);

// Leaves the folder as it is when there is a checkpoint or a result, and never fails.
void markRefused(const std::filesystem::path& folder, const std::string& sentence);

} // namespace luthier::train
