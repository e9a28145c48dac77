// SPDX-License-Identifier: GPL-3.0-or-later
// tokenLosses: the loss of each row of logits, which become its gradient. As kernels.h: none is said where there is no kernel.
#pragma once

#include <ATen/core/Tensor.h>

namespace luthier::nn::kernels {

struct TokenLosses {
    double temperature = 1;
    double softcap = 0;    // c: a logit x counts as c tanh(x / c); 0: as it is. A card's kernel alone knows caps.
    bool gradient = false;
};

// -ln p(target) of each row of logits [rows, V], capped and then divided by the temperature, fp32 [rows], 0 where the target
// is negative. The logits are spent: with `gradient` they become the gradient of the weighed sum with regard to them. Targets
// [rows] int64 and weights [rows] fp32 (undefined: all 1) on the same device. On a card rows may be further apart than V:
// a multiple of 8, and what lies in between is written over.
at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, const TokenLosses& of);

} // namespace luthier::nn::kernels
