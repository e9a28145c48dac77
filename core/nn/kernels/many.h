// SPDX-License-Identifier: GPL-3.0-or-later
// Many: small matrices read and written in one launch, where operators would start one for each of them. A function gives false, and
// has done nothing, where it has nothing for these tensors: not on one card, of another dtype, or with gaps within rows. Then the
// operators beside the caller do it. Internal to core: names torch types. Any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::nn::kernels {

// targets[i] = sources[i], of one shape each: to bf16, from fp32 or bf16.
bool narrowMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources);

// targets[i] += sources[i]: to fp32, from fp32 or bf16.
bool addMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources);

// AdamW's step on all parameters [any], fp32, as at::_fused_adamw_ computes it: gradients, fp32 or bf16, are divided by `divisor` where it
// is defined; nothing changes where `notFinite` is 1; `step` counts steps, this one included (all three [] fp32). `leaves` that are
// defined, bf16, receive the parameters' rounding.
struct AdamWNumbers {
    double learningRate = 0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double weightDecay = 0;
    double epsilon = 1e-8;
};
struct AdamWTensors {
    const std::vector<at::Tensor>& parameters;
    const std::vector<at::Tensor>& gradients;
    const std::vector<at::Tensor>& means;
    const std::vector<at::Tensor>& squares;
    const std::vector<at::Tensor>& leaves;
};
bool adamwMany(const AdamWNumbers& numbers, const AdamWTensors& tensors, const at::Tensor& step, const at::Tensor& divisor, const at::Tensor& notFinite);

} // namespace luthier::nn::kernels
