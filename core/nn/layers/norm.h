// SPDX-License-Identifier: GPL-3.0-or-later
// Norm: RMSNorm, gemma's RMSNorm with weight 1 + w, and LayerNorm, over the last dimension; computed in fp32.
//   Rms:        y = cast(x * r) * w            r = 1 / sqrt(mean(x^2) + eps)
//   RmsPlusOne: y = cast(x * r * (1 + w))
//   Layer:      y = cast((x - mean) / sqrt(var + eps) * w + b)
// Internal to core: names torch types. Not recorded by autograd; see blocks.h.
#pragma once

#include "core/nn/families/decoder_config.h"
#include "core/nn/kernels/kernels.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::nn {

struct Norm {
    NormKind kind = NormKind::Rms;
    double eps = 1e-6;
    at::Tensor weight; // [n]; undefined: the norm is absent
    at::Tensor bias;   // [n], Layer only

    bool exists() const { return weight.defined(); }
};

// weight, and bias where there is one.
std::vector<at::Tensor> leavesOf(const Norm& norm);

// x [..., n] -> same shape and dtype. `rows`: as in kernels.h.
at::Tensor normForward(const Norm& norm, const at::Tensor& x, kernels::Fp8Rows* rows = nullptr);

// Gradient of x, plus `add` (of x's shape and dtype) where it is defined. Gradients of the leaves (undefined where none is
// required) are appended.
at::Tensor normBackward(const Norm& norm, const at::Tensor& x, const at::Tensor& dy, std::vector<at::Tensor>& leaves,
                        const at::Tensor& add = {}, kernels::Fp8Rows* rows = nullptr);

} // namespace luthier::nn
