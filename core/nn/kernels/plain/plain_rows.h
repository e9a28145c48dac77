// SPDX-License-Identifier: GPL-3.0-or-later
// PlainRows: layer norms, and the activation of MLPs without a gate with the low-rank updates that its sums lack (low_rank.h). bf16 on a
// card alone. Internal to core: names torch types. Nothing here is recorded by autograd. Any thread.
#pragma once

#include "core/nn/kernels/low_rank.h"

#include <ATen/core/Tensor.h>

namespace luthier::nn::kernels {

// Over the last dimension; both are there.
struct LayerRows {
    at::Tensor weight;
    at::Tensor bias;
    double eps = 1e-5;
};
// Undefined: there is no kernel for these.
at::Tensor layerForward(const LayerRows& norm, const at::Tensor& x);
// Gradient of x, plus `add` (same shape) where it is defined.
at::Tensor layerBackward(const LayerRows& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add);

// gelu, tanh form, of x [N, n] with its update, where fitsLow() says yes to both.
at::Tensor geluForwardLow(const at::Tensor& x, const LowTerm& term);
// Its gradient, and what the product behind it read, as gatedBackwardLow() gives them.
GatedGradients geluBackwardLow(const at::Tensor& x, const at::Tensor& dy, const LowTerm& term, const LowBelow& below = {});

} // namespace luthier::nn::kernels
