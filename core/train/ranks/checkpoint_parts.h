// SPDX-License-Identifier: GPL-3.0-or-later
// CheckpointParts: what an optimizer holds, in a file of each of several ranks that have a part of it. Any number of ranks reads them: together
// they are what one rank alone would have kept. Internal to core: names torch types.
//
//   optimizer-1-of-2.safetensors   numbers of rank 0; metadata "pieces" says of each tensor where in a whole one they stand:
//                                  {"exp_avg.model.norm.weight": {"first": 0, "sizes": [64]}}; of whose name nothing is said is whole
// Threads: any; everything here touches disks.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

struct StatePiece {
    std::string name;
    at::Tensor numbers;
    std::int64_t first = 0;               // of the whole tensor's numbers
    std::vector<std::int64_t> sizes = {}; // the whole tensor's; empty: this is all of it
};

std::string partName(std::int64_t rank, std::int64_t ranks);
// Whether these files, and no others, are a state in parts.
bool areAllParts(const std::vector<std::string>& names);

// Gives the file's size and hash, as a checkpoint's index has them.
Result<Json> writePart(const std::filesystem::path& path, const std::vector<StatePiece>& pieces);

// The whole state. Errors name the file, and the tensor of which numbers are missing.
Result<std::vector<nn::NamedTensor>> joinParts(const std::vector<std::filesystem::path>& files);

// Size and SHA-256 of a file of tensors whose header and bounds were read back.
Result<Json> describeTensors(const std::filesystem::path& path);

} // namespace luthier::train
