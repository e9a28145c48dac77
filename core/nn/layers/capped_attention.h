// SPDX-License-Identifier: GPL-3.0-or-later
// CappedAttention: attention with soft-capped scores as two kernels between products, instead of an operator for each step of it. Scores
// are kept in bf16 and read again for the backward pass. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/attention.h"

namespace luthier::nn {

// Whether cappedAttention() knows it: a card's bf16, as many queries as keys.
bool knowsCappedAttention(const at::Tensor& q, const at::Tensor& k, const AttentionSettings& settings);

// q [B, H, T, D], k and v [B, K, T, D] -> [B, H, T, D]. Differentiable.
at::Tensor cappedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings);

} // namespace luthier::nn
