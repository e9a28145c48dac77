// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels: the seam of the fused kernels. Each function does what the plain ATen body beside its caller does, or says
// that it has nothing for these tensors (an undefined tensor, or false), and the plain body runs. There is something for
// fp32 and bfloat16 on the CPU; cuda.h is the place of a card's. Results differ from the plain bodies by rounding alone.
//
// Internal to core: names torch types. Nothing here is recorded by autograd. Any thread.
#pragma once

#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::kernels {

// Rows as cards multiply them in 8 bits (layers/fp8_weight.h): codes [N, n] e4m3, scales [N, 1] fp32. A function that takes
// a pointer to one gives the codes of its own result, where the pointer is not null and its kernel does so in passing.
struct Fp8Rows {
    at::Tensor codes = {};
    at::Tensor scales = {};

    bool exists() const { return codes.defined(); }
};
// None: there is no kernel for x.
Fp8Rows fp8Rows(const at::Tensor& x);

// RMSNorm over the last dimension with the factor w or, with plusOne, 1 + w.
struct Rms {
    at::Tensor weight;
    double eps = 1e-6;
    bool plusOne = false;
};
at::Tensor rmsForward(const Rms& norm, const at::Tensor& x, Fp8Rows* rows = nullptr);
// Gradient of x, plus `add` (same shape) where it is defined. `dWeight`, where it is not null, receives the weight's.
at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight, Fp8Rows* rows = nullptr);

// Turned heads of `from` [B, T, heads, D] go to `to` of that shape, which may be `from`; cos and sin [T, R / 2] fp32.
bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign);

// [N, 2F] -> act(gate) * up [N, F]; silu, or gelu's tanh form. And the gradient of x.
at::Tensor gatedForward(bool silu, const at::Tensor& x, Fp8Rows* rows = nullptr);
at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy, Fp8Rows* rows = nullptr);

// Gradients of q [B, H, T, D], k and v [B, K, T, D] side by side in `out` [B * T, (H + 2 K) D], those of q and k turned back
// (rope.h); cos and sin [T, R / 2] fp32, or undefined: nothing is turned.
bool gatherHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out, const at::Tensor& cos,
                 const at::Tensor& sin, Fp8Rows* rows = nullptr);

// x [1, in] times weight [out, in] transposed, [1, out] fp32: one read of the weight at the memory's speed.
at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight);

// The numbers of a quantised weight into `out`, contiguous. bf16 on a card.
bool dequantise(const quant::QuantisedWeight& weight, const at::Tensor& out);

// Which values a dropout keeps: value i does where 16 bits of Philox 4x32-10 (Salmon et al., 2011), with the seed as key and
// (place, i / 8) as counter, reach p * 65536. So the same draw keeps the same as often as it is asked, on every device.
struct DropoutDraw {
    std::uint64_t seed = 0;
    at::Tensor seedAt = {};  // [] int64 on the device: stands in for the seed, and is read when recorded work is played
    std::uint64_t place = 0; // draws of one seed differ by it
};
// [sizes of x] bool on x's device: true where kept.
at::Tensor keptOf(const DropoutDraw& draw, const at::Tensor& x, double p);
// Whether dropped() and addDropped() know x; others multiply by keptOf().
bool knowsDropout(const at::Tensor& x);
// x / (1 - p) where kept, else 0.
at::Tensor dropped(const at::Tensor& x, const DropoutDraw& draw, double p);
// target += dropped(x), in place.
void addDropped(const at::Tensor& target, const at::Tensor& x, const DropoutDraw& draw, double p);

// Off: plain bodies everywhere, for comparison. Set while nothing runs.
void setFused(bool on);
bool isFused();

} // namespace luthier::nn::kernels
