// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cpu_loops.h"

#include "core/nn/kernels/vector_math.h"

#include <cmath>
#include <limits>

namespace luthier::nn::kernels {

namespace {

LUTHIER_INLINE void put(float& to, float x)
{
    to = x;
}
LUTHIER_INLINE void put(std::uint16_t& to, float x)
{
    to = narrowed(x);
}

// Bodies: templates have no clones, so that functions beside them do.
template <class T>
LUTHIER_INLINE float inverseRoot(const T* x, std::int64_t n, float eps)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        sum += widened(x[i]) * widened(x[i]);
    }
    return 1.0f / std::sqrt(sum / static_cast<float>(n) + eps);
}

template <class T>
LUTHIER_INLINE void rmsForward(const RmsRows<T>& in, T* y)
{
    for (std::int64_t row = 0; row < in.rows; ++row) {
        const T* x = in.x + row * in.n;
        T* out = y + row * in.n;
        const float root = inverseRoot(x, in.n, in.eps);
#pragma omp simd
        for (std::int64_t i = 0; i < in.n; ++i) {
            put(out[i], widened(x[i]) * root * (widened(in.w[i]) + in.shift));
        }
    }
}

template <class T>
LUTHIER_INLINE void rmsBackward(const RmsRows<T>& in, const T* dy, const T* add, T* dx, float* dWeight)
{
    for (std::int64_t row = 0; row < in.rows; ++row) {
        const T* x = in.x + row * in.n;
        const T* g = dy + row * in.n;
        T* out = dx + row * in.n;
        const float root = inverseRoot(x, in.n, in.eps);
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (std::int64_t i = 0; i < in.n; ++i) {
            dot += widened(g[i]) * (widened(in.w[i]) + in.shift) * widened(x[i]);
        }
        const float pull = dot * root * root / static_cast<float>(in.n);
        if (dWeight) {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                dWeight[i] += widened(g[i]) * widened(x[i]) * root;
            }
        }
        const T* also = add ? add + row * in.n : nullptr;
        if (also) {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                put(out[i], root * (widened(g[i]) * (widened(in.w[i]) + in.shift) - widened(x[i]) * pull) + widened(also[i]));
            }
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < in.n; ++i) {
                put(out[i], root * (widened(g[i]) * (widened(in.w[i]) + in.shift) - widened(x[i]) * pull));
            }
        }
    }
}

template <class T>
LUTHIER_INLINE void turn(const T* from, std::int64_t fromStride, T* to, std::int64_t toStride, std::int64_t heads, const float* cos,
                         const float* sin, std::int64_t half, float sign)
{
    for (std::int64_t head = 0; head < heads; ++head) {
        const T* x = from + head * fromStride;
        T* y = to + head * toStride;
#pragma omp simd
        for (std::int64_t i = 0; i < half; ++i) {
            const float a = widened(x[i]);
            const float b = widened(x[half + i]);
            const float s = sign * sin[i];
            put(y[i], a * cos[i] - b * s);
            put(y[half + i], b * cos[i] + a * s);
        }
    }
}

template <class T>
LUTHIER_INLINE void gate(const T* gate, const T* up, T* out, std::int64_t n, bool silu)
{
    if (silu) {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            const float x = widened(gate[i]);
            put(out[i], x * logistic(x) * widened(up[i]));
        }
    } else {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            const float x = widened(gate[i]);
            put(out[i], x * geluGate(x) * widened(up[i]));
        }
    }
}

template <class T>
LUTHIER_INLINE void gateBackward(const T* x, const T* dy, T* dx, std::int64_t rows, std::int64_t n, bool silu)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        const T* gates = x + row * 2 * n;
        const T* ups = gates + n;
        const T* grads = dy + row * n;
        T* dGate = dx + row * 2 * n;
        T* dUp = dGate + n;
        if (silu) {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) {
                const float gate = widened(gates[i]);
                const float g = widened(grads[i]);
                const float s = logistic(gate);
                put(dUp[i], g * gate * s);
                put(dGate[i], g * widened(ups[i]) * s * (1.0f + gate * (1.0f - s)));
            }
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) {
                const float gate = widened(gates[i]);
                const float g = widened(grads[i]);
                const float s = geluGate(gate);
                const float slope = kTwiceRoot * (1.0f + 3.0f * kCube * gate * gate);
                put(dUp[i], g * gate * s);
                put(dGate[i], g * widened(ups[i]) * s * (1.0f + gate * slope * (1.0f - s)));
            }
        }
    }
}

} // namespace

LUTHIER_CLONES
void rmsForwardRows(const RmsRows<float>& in, float* y)
{
    rmsForward(in, y);
}

LUTHIER_CLONES
void rmsForwardRows(const RmsRows<std::uint16_t>& in, std::uint16_t* y)
{
    rmsForward(in, y);
}

LUTHIER_CLONES
void rmsBackwardRows(const RmsRows<float>& in, const float* dy, const float* add, float* dx, float* dWeight)
{
    rmsBackward(in, dy, add, dx, dWeight);
}

LUTHIER_CLONES
void rmsBackwardRows(const RmsRows<std::uint16_t>& in, const std::uint16_t* dy, const std::uint16_t* add, std::uint16_t* dx, float* dWeight)
{
    rmsBackward(in, dy, add, dx, dWeight);
}

LUTHIER_CLONES
void rotateHeads(const float* from, std::int64_t fromStride, float* to, std::int64_t toStride, std::int64_t heads,
                 const float* cos, const float* sin, std::int64_t half, float sign)
{
    turn(from, fromStride, to, toStride, heads, cos, sin, half, sign);
}

LUTHIER_CLONES
void rotateHeads(const std::uint16_t* from, std::int64_t fromStride, std::uint16_t* to, std::int64_t toStride, std::int64_t heads,
                 const float* cos, const float* sin, std::int64_t half, float sign)
{
    turn(from, fromStride, to, toStride, heads, cos, sin, half, sign);
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
void gatedForwardRows(const std::uint16_t* x, std::uint16_t* y, std::int64_t rows, std::int64_t n, bool silu)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        gate(x + row * 2 * n, x + row * 2 * n + n, y + row * n, n, silu);
    }
}

LUTHIER_CLONES
void gatedBackwardRows(const float* x, const float* dy, float* dx, std::int64_t rows, std::int64_t n, bool silu)
{
    gateBackward(x, dy, dx, rows, n, silu);
}

LUTHIER_CLONES
void gatedBackwardRows(const std::uint16_t* x, const std::uint16_t* dy, std::uint16_t* dx, std::int64_t rows, std::int64_t n, bool silu)
{
    gateBackward(x, dy, dx, rows, n, silu);
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
