// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cpu_loops.h"

#include <bit>
#include <cmath>
#include <limits>

// Clones for AVX2 and AVX-512 where the compiler makes them; clang takes the baseline.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define LUTHIER_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LUTHIER_CLONES
#endif
#define LUTHIER_INLINE static inline __attribute__((always_inline))

namespace luthier::nn::kernels {

// e^x to 2 ulp: 2^k * e^r with |r| <= ln 2 / 2 and a polynomial of degree 6 (Cephes' coefficients). No branches, so that
// it becomes vector code. Below -87 it stays at e^-87 (1.6e-38); NaN stays NaN.
LUTHIER_INLINE float exponential(float x)
{
    x = x > 88.0f ? 88.0f : x;
    x = x < -87.0f ? -87.0f : x;
    constexpr float kMagic = 12582912.0f; // 1.5 * 2^23: adding it rounds to an integer
    const float shifted = x * 1.44269504088896341f + kMagic;
    const float k = shifted - kMagic;
    const float r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const std::uint32_t bits = (std::bit_cast<std::uint32_t>(shifted) + 127u) << 23;
    return p * std::bit_cast<float>(bits);
}

LUTHIER_INLINE float logistic(float x)
{
    return 1.0f / (1.0f + exponential(-x));
}

// gelu's tanh form is x * logistic(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3).
constexpr float kTwiceRoot = 1.5957691216057308f;
constexpr float kCube = 0.044715f;

LUTHIER_INLINE float geluGate(float x)
{
    return logistic(kTwiceRoot * (x + kCube * x * x * x));
}

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

LUTHIER_CLONES
void gatedForwardRows(const float* x, float* y, std::int64_t rows, std::int64_t n, bool silu)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* gate = x + row * 2 * n;
        const float* up = gate + n;
        float* out = y + row * n;
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
float lossRow(float* logits, std::int64_t n, std::int64_t target, float scale, bool gradient)
{
    if (target < 0) {
        for (std::int64_t i = 0; gradient && i < n; ++i) {
            logits[i] = 0;
        }
        return 0;
    }
    float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
    for (std::int64_t i = 0; i < n; ++i) {
        top = logits[i] > top ? logits[i] : top;
    }
    const float aim = logits[target];
    float sum = 0;
    if (!gradient) {
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

} // namespace luthier::nn::kernels
