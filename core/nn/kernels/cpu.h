// SPDX-License-Identifier: GPL-3.0-or-later
// Cpu: the fused kernels of kernels.h in fp32 and bfloat16 on the CPU, spread over threads only where there is enough to do.
// kernels.cpp has checked types and layouts. Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"

namespace luthier::nn::kernels::cpu {

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x);
at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight);
bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign);
at::Tensor gatedForward(bool silu, const at::Tensor& x);
at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy);
at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, double temperature,
                       bool gradient);
at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight);

} // namespace luthier::nn::kernels::cpu
