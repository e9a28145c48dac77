// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cpu_loops.h"

#include "core/nn/kernels/vector_math.h"

#include <cmath>
#include <limits>

namespace luthier::nn::kernels {

LUTHIER_INLINE float inverseRoot(const float* x, std::int64_t n, float eps)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        sum += x[i] * x[i];
    }
    return 1.0f / std::sqrt(sum / static_cast<float>(n) + eps);
}

LUTHIER_CLONES
void rmsForwardRows(const RmsRows& in, float* y)
{
    for (std::int64_t row = 0; row < in.rows; ++row) {
        const float* x = in.x + row * in.n;
        float* out = y + row * in.n;
        const float root = inverseRoot(x, in.n, in.eps);
#pragma omp simd
        for (std::int64_t i = 0; i < in.n; ++i) {
            out[i] = x[i] * root * (in.w[i] + in.shift);
        }
    }
}

LUTHIER_CLONES
void rmsBackwardRows(const RmsRows& in, const float* dy, const float* add, float* dx, float* dWeight)
{
    for (std::int64_t row = 0; row < in.rows; ++row) {
        const float* x = in.x + row * in.n;
        const float* g = dy + row * in.n;
        float* out = dx + row * in.n;
        const float root = inverseRoot(x, in.n, in.eps);
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (std::int64_t i = 0; i < in.n; ++i) {
            dot += g[i] * (in.w[i] + in.shift) * x[i];
        }
        const float pull = dot * root * root / static_cast<float>(in.n);
        if (dWeight) {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                dWeight[i] += g[i] * x[i] * root;
            }
        }
        const float* also = add ? add + row * in.n : nullptr;
        if (also) {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                out[i] = root * (g[i] * (in.w[i] + in.shift) - x[i] * pull) + also[i];
            }
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                out[i] = root * (g[i] * (in.w[i] + in.shift) - x[i] * pull);
            }
        }
    }
}

LUTHIER_CLONES
void rotateHeads(const float* from, std::int64_t fromStride, float* to, std::int64_t toStride, std::int64_t heads,
                 const float* cos, const float* sin, std::int64_t half, float sign)
{
    for (std::int64_t head = 0; head < heads; ++head) {
        const float* x = from + head * fromStride;
        float* y = to + head * toStride;
#pragma omp simd
        for (std::int64_t i = 0; i < half; ++i) {
            const float a = x[i];
            const float b = x[half + i];
            const float s = sign * sin[i];
            y[i] = a * cos[i] - b * s;
            y[half + i] = b * cos[i] + a * s;
        }
    }
}

LUTHIER_INLINE void gate(const float* gate, const float* up, float* out, std::int64_t n, bool silu)
{
    if (silu) {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            out[i] = gate[i] * logistic(gate[i]) * up[i];
        }
    } else {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            out[i] = gate[i] * geluGate(gate[i]) * up[i];
        }
    }
}

LUTHIER_CLONES
void gateRange(const float* gates, const float* ups, float* y, std::int64_t n, bool silu)
{
    gate(gates, ups, y, n, silu);
}

LUTHIER_CLONES
void gatedForwardRows(const float* x, float* y, std::int64_t rows, std::int64_t n, bool silu)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        gate(x + row * 2 * n, x + row * 2 * n + n, y + row * n, n, silu);
    }
}

LUTHIER_CLONES
void gatedBackwardRows(const float* x, const float* dy, float* dx, std::int64_t rows, std::int64_t n, bool silu)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* gate = x + row * 2 * n;
        const float* up = gate + n;
        const float* g = dy + row * n;
        float* dGate = dx + row * 2 * n;
        float* dUp = dGate + n;
        if (silu) {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) {
                const float s = logistic(gate[i]);
                dUp[i] = g[i] * gate[i] * s;
                dGate[i] = g[i] * up[i] * s * (1.0f + gate[i] * (1.0f - s));
            }
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) {
                const float s = geluGate(gate[i]);
                const float slope = kTwiceRoot * (1.0f + 3.0f * kCube * gate[i] * gate[i]);
                dUp[i] = g[i] * gate[i] * s;
                dGate[i] = g[i] * up[i] * s * (1.0f + gate[i] * slope * (1.0f - s));
            }
        }
    }
}

LUTHIER_CLONES
float lossRow(float* logits, std::int64_t n, std::int64_t target, const LossTerms& terms)
{
    if (target < 0) {
        for (std::int64_t i = 0; terms.gradient && i < n; ++i) {
            logits[i] = 0;
        }
        return 0;
    }
    if (terms.inverse != 1) {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            logits[i] *= terms.inverse;
        }
    }
    const float scale = terms.weight * terms.inverse;
    float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
    for (std::int64_t i = 0; i < n; ++i) {
        top = logits[i] > top ? logits[i] : top;
    }
    const float aim = logits[target];
    float sum = 0;
    if (!terms.gradient) {
#pragma omp simd reduction(+ : sum)
        for (std::int64_t i = 0; i < n; ++i) {
            sum += exponential(logits[i] - top);
        }
        return std::log(sum) + top - aim;
    }
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        logits[i] = exponential(logits[i] - top);
        sum += logits[i];
    }
    const float factor = scale / sum;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        logits[i] *= factor;
    }
    logits[target] -= scale;
    return std::log(sum) + top - aim;
}

// As many counters as a vector register holds words go through the rounds side by side.
LUTHIER_CLONES
void keptRange(const DropoutKey& key, std::uint8_t* target, std::int64_t begin, std::int64_t end, std::uint32_t limit)
{
    constexpr int kLanes = 16;
    for (std::int64_t first = begin; first < end; first += 8 * kLanes) {
        std::uint32_t c[4][kLanes];
        for (int i = 0; i < kLanes; ++i) {
            const auto eight = static_cast<std::uint64_t>(first / 8 + i);
            c[0][i] = static_cast<std::uint32_t>(key.place);
            c[1][i] = static_cast<std::uint32_t>(key.place >> 32);
            c[2][i] = static_cast<std::uint32_t>(eight);
            c[3][i] = static_cast<std::uint32_t>(eight >> 32);
        }
        auto key0 = static_cast<std::uint32_t>(key.seed);
        auto key1 = static_cast<std::uint32_t>(key.seed >> 32);
        for (int round = 0; round < 10; ++round) {
#pragma omp simd
            for (int i = 0; i < kLanes; ++i) {
                const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c[0][i];
                const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * c[2][i];
                c[0][i] = static_cast<std::uint32_t>(product1 >> 32) ^ c[1][i] ^ key0;
                c[1][i] = static_cast<std::uint32_t>(product1);
                c[2][i] = static_cast<std::uint32_t>(product0 >> 32) ^ c[3][i] ^ key1;
                c[3][i] = static_cast<std::uint32_t>(product0);
            }
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        std::uint8_t kept[8 * kLanes];
        for (int i = 0; i < kLanes; ++i) {
            for (int word = 0; word < 4; ++word) {
                kept[i * 8 + word * 2] = (c[word][i] & 0xffff) >= limit;
                kept[i * 8 + word * 2 + 1] = (c[word][i] >> 16) >= limit;
            }
        }
        const std::int64_t count = end - first < 8 * kLanes ? end - first : 8 * kLanes;
        for (std::int64_t i = 0; i < count; ++i) {
            target[first + i] = kept[i];
        }
    }
}

} // namespace luthier::nn::kernels
