// SPDX-License-Identifier: GPL-3.0-or-later
// HeldOutList: which rows a run split off and never trained on, kept as held_out.json in its folder. A row is known by
// base::rowHash of its JSON, so one that was edited since is no longer in the list. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/train/plan/run_rows.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <unordered_set>
#include <vector>

namespace luthier::train {

Result<void> writeHeldOutList(const std::filesystem::path& runFolder, const std::vector<std::uint64_t>& rowHashes);
bool hasHeldOutList(const std::filesystem::path& runFolder);

// Error when the folder has no list (its held-out rows were files of their own, or none) or it cannot be read.
Result<std::unordered_set<std::uint64_t>> readHeldOutList(const std::filesystem::path& runFolder);

// Of a file as it was left: its row (from 0) gives its content. False: no more are wanted.
using TakeRow = std::function<bool(const data::Dataset& file, std::int64_t row)>;

// The rows that a run never learned from, in the order of its files: those of its held-out files, or else those of its
// training files that it wrote down as split off; none that was left out. Errors: no list where one is needed, a file that
// cannot be read.
Result<void> eachHeldOutRow(const std::filesystem::path& runFolder, const RunRows& rows, const TakeRow& take,
                            const base::CancelToken& cancel = {});

} // namespace luthier::train
