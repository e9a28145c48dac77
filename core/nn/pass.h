// SPDX-License-Identifier: GPL-3.0-or-later
// Pass: how one pass through a decoder computes. It is given with the pass's input and kept with what the backward pass
// needs, so that nothing that runs in between, another pass with other adapters or an answer, changes a gradient.
// Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace luthier::nn {

struct AdapterSet; // adapter_set.h

// Counts as a set: nothing is added to the base, exactly.
const std::shared_ptr<const AdapterSet>& noAdapters();

struct Pass {
    bool training = false; // adapters drop inputs; layers may keep less and compute again (activation checkpointing)
    bool drops = true;     // while training; off where what passes say is compared
    // Which adapters count. Null: the decoder's own. Others were taken out of the same decoder (Decoder::takeAdapters).
    std::shared_ptr<const AdapterSet> adapters = {};
    // Which inputs are dropped follows from this alone: the same seed drops the same, however often it is computed.
    std::uint64_t seed = 0;
    // [] int64 on the device: stands in for the seed where work is recorded, which reads it each time that it is played.
    at::Tensor seedAt = {};
    double embeddingNoise = 0; // while training: NEFTune's alpha; 0: none
    // [N] bool, on the device: tokens in which no low-rank update counts, so that base and tuned share a pass. Whatever else adapters
    // bring (magnitudes, factors, biases, copies, virtual tokens, bottlenecks) counts in all of them. Undefined: all count. Not while training.
    at::Tensor baseOnly = {};
};

} // namespace luthier::nn
