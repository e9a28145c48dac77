// SPDX-License-Identifier: GPL-3.0-or-later
// HeldOutList: which rows a run split off and never trained on, kept as held_out.json in its folder. A row is known by
// base::rowHash of its JSON, so one that was edited since is no longer in the list. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <unordered_set>
#include <vector>

namespace luthier::train {

Result<void> writeHeldOutList(const std::filesystem::path& runFolder, const std::vector<std::uint64_t>& rowHashes);

// Error when the folder has no list (its held-out rows were files of their own, or none) or it cannot be read.
Result<std::unordered_set<std::uint64_t>> readHeldOutList(const std::filesystem::path& runFolder);

} // namespace luthier::train
