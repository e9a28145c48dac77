// SPDX-License-Identifier: GPL-3.0-or-later
// EmbeddingNoise: NEFTune (Jain et al., 2023): while training, uniform noise in +-alpha / sqrt(T d) is added to the embeddings of a
// batch of T tokens a row (padding counted, as transformers and TRL do). Internal to core: names torch types.
//
// What is added follows from the pass's seed and the place alone, by whole-number arithmetic that every device does alike, so it
// may be recorded on a card, and a pass that is computed again adds the same.
#pragma once

#include "core/nn/pass.h"

#include <ATen/core/Tensor.h>

namespace luthier::nn {

// Numbers in [-1, 1) of a [count] fp32 tensor, from the pass's seed.
at::Tensor uniformNoise(std::int64_t count, const Pass& pass, at::Device device);

// `h` [rows * tokens, d]; itself where the pass asks for no noise.
at::Tensor withEmbeddingNoise(const at::Tensor& h, const Pass& pass, std::int64_t tokens);

} // namespace luthier::nn
