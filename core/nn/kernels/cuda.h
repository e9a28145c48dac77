// SPDX-License-Identifier: GPL-3.0-or-later
// Cuda: the place of fused kernels in bf16 on a CUDA card. kernels.cpp has checked types; shapes that do not fit give an
// undefined tensor or false. cuda_none.cpp has none: isReady() is false and the plain bodies run. Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/token_losses.h"

namespace luthier::nn::kernels::cuda {

// Whether the card runs the kernels.
bool isReady(at::Device device);

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x, Fp8Rows* rows);
at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add, Fp8Rows* rows);
bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign);
at::Tensor gatedForward(bool silu, const at::Tensor& x, Fp8Rows* rows);
at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy, Fp8Rows* rows);
Fp8Rows fp8Rows(const at::Tensor& x);
bool gatherHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out, const at::Tensor& cos,
                 const at::Tensor& sin, Fp8Rows* rows);
bool kept(const DropoutDraw& draw, const at::Tensor& out, double p); // out bool, contiguous
bool knowsDropout(const at::Tensor& x);
at::Tensor dropped(const at::Tensor& x, const DropoutDraw& draw, double p);
void addDropped(const at::Tensor& target, const at::Tensor& x, const DropoutDraw& draw, double p);
at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight);
bool dequantise(const quant::QuantisedWeight& weight, const at::Tensor& out);
at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, const TokenLosses& of);

} // namespace luthier::nn::kernels::cuda
