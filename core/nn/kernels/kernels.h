// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels: the seam of the fused kernels. Each function does what the plain ATen body beside its caller does, or says
// that it has nothing for these tensors (an undefined tensor, or false), and the plain body runs. There is something for
// fp32 on the CPU; cuda.h is the place of a card's. Results differ from the plain bodies by rounding alone.
//
// Internal to core: names torch types. Nothing here is recorded by autograd. Any thread.
#pragma once

#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace luthier::nn::kernels {

// RMSNorm over the last dimension with the factor w or, with plusOne, 1 + w.
struct Rms {
    at::Tensor weight;
    double eps = 1e-6;
    bool plusOne = false;
};
at::Tensor rmsForward(const Rms& norm, const at::Tensor& x);
// Gradient of x, plus `add` (same shape) where it is defined. `dWeight`, where it is not null, receives the weight's.
at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight);

// Turned heads of `from` [B, T, heads, D] go to `to` of that shape, which may be `from`; cos and sin [T, R / 2] fp32.
bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign);

// [N, 2F] -> act(gate) * up [N, F]; silu, or gelu's tanh form. And the gradient of x.
at::Tensor gatedForward(bool silu, const at::Tensor& x);
at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy);

// -ln p(target) of each row of logits [rows, V] / temperature, fp32 [rows], 0 where the target is negative. The logits are
// spent: with `gradient` they become (softmax - one-hot) * weight / temperature, the gradient of the weighed sum. targets
// [rows] int64 and weights [rows] fp32 (undefined: all 1) on the same device.
at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, double temperature,
                       bool gradient);

// x [1, in] times weight [out, in] transposed, [1, out] fp32: one read of the weight at the memory's speed.
at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight);

// The numbers of a quantised weight into `out`, contiguous. bf16 on a card.
bool dequantise(const quant::QuantisedWeight& weight, const at::Tensor& out);

// Which values a dropout keeps: a place in the random numbers of the card's default generator, from which the same choice
// is made again as often as it is needed, so that it is not stored.
struct DropoutDraw {
    std::uint64_t seed = 0;
    std::uint64_t offset = 0;
    const std::int64_t* seedAt = nullptr;   // while work is recorded: where both will stand when it is played;
    const std::int64_t* offsetAt = nullptr; // `offset` then comes on top
};
// A new draw for x; nothing where dropped() has nothing for it.
std::optional<DropoutDraw> drawDropout(const at::Tensor& x);
// x / (1 - p) where kept, else 0. The share p is taken in steps of 1/65536.
at::Tensor dropped(const at::Tensor& x, const DropoutDraw& draw, double p);
// target += dropped(x), in place.
void addDropped(const at::Tensor& target, const at::Tensor& x, const DropoutDraw& draw, double p);

// Off: plain bodies everywhere, for comparison. Set while nothing runs.
void setFused(bool on);
bool isFused();

} // namespace luthier::nn::kernels
