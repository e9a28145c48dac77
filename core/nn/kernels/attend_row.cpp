// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/attend_row.h"

#include "core/nn/kernels/vector_math.h"

#include <cmath>
#include <limits>

namespace luthier::nn::kernels {

LUTHIER_CLONES
void softmaxRow(float* scores, std::int64_t n, float scale, float cap)
{
    if (cap > 0) {
        for (std::int64_t i = 0; i < n; ++i) {
            scores[i] = cap * std::tanh(scores[i] * scale / cap);
        }
        scale = 1;
    }
    float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
    for (std::int64_t i = 0; i < n; ++i) {
        top = scores[i] > top ? scores[i] : top;
    }
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        scores[i] = exponential((scores[i] - top) * scale);
        sum += scores[i];
    }
    const float share = 1.0f / sum;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        scores[i] *= share;
    }
}

LUTHIER_CLONES
void weighRows(const float* weights, const float* v, float* y, std::int64_t n, std::int64_t dim)
{
    for (std::int64_t j = 0; j < dim; ++j) {
        y[j] = 0;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        const float weight = weights[i];
        const float* row = v + i * dim;
#pragma omp simd
        for (std::int64_t j = 0; j < dim; ++j) {
            y[j] += weight * row[j];
        }
    }
}

LUTHIER_CLONES
void weighRowsBf16(const float* weights, const std::uint16_t* v, float* y, std::int64_t n, std::int64_t dim)
{
    for (std::int64_t j = 0; j < dim; ++j) {
        y[j] = 0;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        const float weight = weights[i];
        const std::uint16_t* row = v + i * dim;
#pragma omp simd
        for (std::int64_t j = 0; j < dim; ++j) {
            y[j] += weight * widened(row[j]);
        }
    }
}

} // namespace luthier::nn::kernels
