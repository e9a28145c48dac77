// SPDX-License-Identifier: GPL-3.0-or-later
// Fp8Weight: a frozen weight that cards multiply in 8-bit floats (e4m3: 4 bits of exponent, 3 of fraction), forward and for
// the gradient of the input. Rows of activations and of weights each have a scale of their own:
//   code = e4m3(x / scale), scale = max |row| / 448, and 1 for a row of zeros
//   y = (codes_x codes_W^T) * scale_x * scale_W, sums in fp32, rounded to bf16
// On Hopper the second operand lies column by column, so the weight has codes for each of the two products: together as
// large as it is in bf16, which stays beside them for what needs its numbers (answers, merging, DoRA's norms).
// A product of normal data is 3.75 % of its norm apart from bf16's. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/kernels/kernels.h"

#include <ATen/core/Tensor.h>

namespace luthier::nn {

using kernels::Fp8Rows;

// x [N, n], rows as they multiply. The plain body of what kernels make in passing.
Fp8Rows fp8Rows(const at::Tensor& x);

struct Fp8Weight {
    Fp8Rows forward;  // of W [out, in]
    Fp8Rows backward; // of W^T [in, out]

    bool exists() const { return forward.exists(); }
};
Fp8Weight fp8WeightOf(const at::Tensor& weight);

// Products of fewer rows wait for memory, and are made of the weight's numbers.
constexpr std::int64_t kFewestFp8Rows = 128;

// x W^T + b [N, out] bf16, of rows and the codes of one direction. Bias [out] or undefined.
at::Tensor fp8Product(const Fp8Rows& x, const Fp8Rows& weight, const at::Tensor& bias = {});

// Error: the device multiplies no 8-bit floats.
Result<void> checkFp8(at::Device device);

// The gradient that one layer hands on is the next one's input: whoever made its codes leaves them here with it, and whoever
// multiplies it takes them, or makes them. One of a thread; what was left for another tensor is dropped.
void leaveFp8Rows(const at::Tensor& of, Fp8Rows rows);
Fp8Rows takeFp8Rows(const at::Tensor& of);

} // namespace luthier::nn
