// SPDX-License-Identifier: GPL-3.0-or-later
// ScoreFolder: the head of an adapter that judges texts (sequence classification) in its folder: as PEFT keeps a module saved
// whole, base_model.model.score.weight; of adapters that are not PEFT's, alone as score_head.safetensors. Labels, which PEFT
// does not keep, stand in the file's metadata. Names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <filesystem>

namespace luthier::peft {

// Adds the head to an adapter folder that was just written: atomic for each file, the configuration last.
Result<void> addScoreHead(const std::filesystem::path& folder, const nn::ScoreHead& head);

// Of an adapter folder or a file of one; without a weight where it has none. fp32 on the CPU.
Result<nn::ScoreHead> readScoreHead(const std::filesystem::path& folder);

} // namespace luthier::peft
