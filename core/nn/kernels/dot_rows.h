// SPDX-License-Identifier: GPL-3.0-or-later
// DotRows: a matrix times one vector over plain memory, one thread: a weight of one token's product is read once, so the
// loops are as fast as memory is. The machine's best instructions are taken when the program starts. Knows no torch.
#pragma once

#include <cstdint>

namespace luthier::nn::kernels {

// y[i] = w[i] . x over n, for `rows` rows of a matrix, summed in fp32.
void dotRows(const float* w, const float* x, float* y, std::int64_t rows, std::int64_t n);

// The same with both in bfloat16 (its bits).
void dotRowsBf16(const std::uint16_t* w, const std::uint16_t* x, float* y, std::int64_t rows, std::int64_t n);

// y[i] += scale * (b[i] . low) over a rank, for `rows` rows: what a low-rank update adds to a product.
void addLowRows(const float* b, const float* low, std::int64_t rank, std::int64_t rows, float scale, float* y);

// To bfloat16's bits, to nearest even; NaN stays NaN.
void narrowRow(const float* x, std::int64_t n, std::uint16_t* bits);
void widenRow(const std::uint16_t* bits, std::int64_t n, float* x);

} // namespace luthier::nn::kernels
