// SPDX-License-Identifier: GPL-3.0-or-later
// ScoreFolder: the head of an adapter that judges texts (sequence classification) in its folder: as PEFT keeps a module saved
// whole, base_model.model.score.weight; of adapters that are not PEFT's, alone as score_head.safetensors. Labels, which PEFT
// does not keep, stand in the file's metadata.
// Values of tokens (a run with values, train/answers/value_model.h) are kept likewise: the adapter that they read with score.weight
// [1, d] and score.bias [1], which PEFT and transformers open as token classification with one label. Names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace luthier::peft {

// Adds the head to an adapter folder that was just written: atomic for each file, the configuration last.
Result<void> addScoreHead(const std::filesystem::path& folder, const nn::ScoreHead& head);

// Of an adapter folder or a file of one; without a weight where it has none. fp32 on the CPU.
Result<nn::ScoreHead> readScoreHead(const std::filesystem::path& folder);

// V of a token = weight h + bias, h its hidden state behind the last norm. fp32.
struct ValueHead {
    at::Tensor weight; // [1, d]; undefined: there is none
    at::Tensor bias;   // [1]
};

// Into an adapter folder that was just written, or alone into one that is there.
Result<void> addValueHead(const std::filesystem::path& folder, const ValueHead& head);

// Of such a folder, on the CPU; undefined where it has none.
Result<ValueHead> readValueHead(const std::filesystem::path& folder);

} // namespace luthier::peft
