// SPDX-License-Identifier: GPL-3.0-or-later
// Capped: softmax over capped scores of attention, bf16 on a card alone. Internal to core: names torch types. Nothing here is recorded by
// autograd. Any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::kernels {

struct CappedScores {
    double scale = 1;
    double softcap = 1;
    std::int64_t window = 0; // keys that a query sees, its own included; 0: all up to its own
};

// Whether the functions here know scores of `keys` queries and as many keys, made of tensors like x.
bool knowsCapped(const at::Tensor& x, std::int64_t keys);

// raw [rows, T], contiguous, row r of query r % T -> softmax(softcap tanh(raw scale / softcap)), 0 where a key is not seen.
at::Tensor cappedForward(const at::Tensor& raw, const CappedScores& scores);
// `gradient`, of those weights, becomes that of raw.
void cappedBackward(const at::Tensor& raw, const at::Tensor& gradient, const CappedScores& scores);

} // namespace luthier::nn::kernels
