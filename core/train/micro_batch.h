// SPDX-License-Identifier: GPL-3.0-or-later
// MicroBatch: rows as tensors, ready for one forward pass. Internal to core: names torch types.
#pragma once

#include "core/train/token_store.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::train {

struct MicroBatch {
    at::Tensor ids;                     // [B, T] int64, rows padded at the right
    at::Tensor places;                  // [M] int64: where in [B*T] the next token is trained; undefined: everywhere
    at::Tensor targets;                 // [M] int64: those next tokens
    std::vector<std::int64_t> segments; // packed: B = 1 and the rows' lengths; else empty
    std::int64_t tokens = 0;            // padding not counted
    std::int64_t trained = 0;
};

// `pinned`: in memory that a GPU copies from by itself. Any thread.
MicroBatch makeMicroBatch(const TokenStore& store, std::span<const std::uint32_t> rows, bool packed, bool pinned);

// Starts the copies; does not wait for them.
MicroBatch toDevice(MicroBatch batch, at::Device device);

// Hidden states [B, T, d] of the places that predict a target: [M, d]. Differentiable.
at::Tensor pickTargets(const at::Tensor& hidden, const MicroBatch& batch);

} // namespace luthier::train
