// SPDX-License-Identifier: GPL-3.0-or-later
// AttendRow: attention of one query over cached keys and values of its head, one thread, over plain memory in fp32 or
// bfloat16 (its bits). Knows no torch.
#pragma once

#include <cstdint>

namespace luthier::nn::kernels {

// Turns the scores q . k into weights: softmax(scale * s), or of cap * tanh(scale * s / cap) where cap > 0.
void softmaxRow(float* scores, std::int64_t n, float scale, float cap);

// y [dim] = sum over n rows of v, weighted.
void weighRows(const float* weights, const float* v, float* y, std::int64_t n, std::int64_t dim);
void weighRowsBf16(const float* weights, const std::uint16_t* v, float* y, std::int64_t n, std::int64_t dim);

} // namespace luthier::nn::kernels
