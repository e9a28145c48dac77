// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/dot_rows.h"

#include "core/nn/kernels/vector_math.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define LUTHIER_HAS_BF16_DOTS
#include <immintrin.h>
#endif

namespace luthier::nn::kernels {

namespace {

// Bytes ahead of the one being read. A core's own prefetcher stops at the end of a page: told where to read on, one core
// reads about a third more a second.
constexpr std::int64_t kAhead = 2048;
constexpr std::int64_t kLine = 64;

inline __attribute__((always_inline)) void prefetch(const void* here)
{
    __builtin_prefetch(static_cast<const char*>(here) + kAhead, 0, 3);
}

LUTHIER_CLONES
void dotRowsBf16Plain(const std::uint16_t* w, const std::uint16_t* x, float* y, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::uint16_t* line = w + row * n;
        constexpr int kLanes = 64;
        float lanes[kLanes] = {};
        std::int64_t i = 0;
        for (; i + kLanes <= n; i += kLanes) {
            prefetch(line + i);
            prefetch(line + i + kLine / 2);
#pragma omp simd
            for (int j = 0; j < kLanes; ++j) {
                lanes[j] += widened(line[i + j]) * widened(x[i + j]);
            }
        }
        float sum = 0;
        for (; i < n; ++i) {
            sum += widened(line[i]) * widened(x[i]);
        }
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j < kLanes; ++j) {
            sum += lanes[j];
        }
        y[row] = sum;
    }
}

#ifdef LUTHIER_HAS_BF16_DOTS
__attribute__((target("avx512f,avx512bf16"), always_inline))
inline __m512bh packed(const std::uint16_t* from)
{
    return (__m512bh)_mm512_loadu_si512(from);
}

// Pairs of products summed by one instruction (subnormal numbers count as zero there).
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
void dotRowsBf16Pairs(const std::uint16_t* w, const std::uint16_t* x, float* y, std::int64_t rows, std::int64_t n)
{
    constexpr std::int64_t kPack = 32;
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::uint16_t* line = w + row * n;
        __m512 even = _mm512_setzero_ps();
        __m512 odd = _mm512_setzero_ps();
        std::int64_t i = 0;
        for (; i + 2 * kPack <= n; i += 2 * kPack) {
            prefetch(line + i);
            prefetch(line + i + kPack);
            even = _mm512_dpbf16_ps(even, packed(line + i), packed(x + i));
            odd = _mm512_dpbf16_ps(odd, packed(line + i + kPack), packed(x + i + kPack));
        }
        float sum = _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
        for (; i < n; ++i) {
            sum += widened(line[i]) * widened(x[i]);
        }
        y[row] = sum;
    }
}

bool hasPairs()
{
    static const bool has = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl")
                            && __builtin_cpu_supports("avx512bw");
    return has;
}
#endif

} // namespace

LUTHIER_CLONES
void dotRows(const float* w, const float* x, float* y, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* line = w + row * n;
        constexpr int kLanes = 64;
        float lanes[kLanes] = {};
        std::int64_t i = 0;
        for (; i + kLanes <= n; i += kLanes) {
            for (int part = 0; part < kLanes; part += kLine / 4) {
                prefetch(line + i + part);
            }
#pragma omp simd
            for (int j = 0; j < kLanes; ++j) {
                lanes[j] += line[i + j] * x[i + j];
            }
        }
        float sum = 0;
        for (; i < n; ++i) {
            sum += line[i] * x[i];
        }
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j < kLanes; ++j) {
            sum += lanes[j];
        }
        y[row] = sum;
    }
}

void dotRowsBf16(const std::uint16_t* w, const std::uint16_t* x, float* y, std::int64_t rows, std::int64_t n)
{
#ifdef LUTHIER_HAS_BF16_DOTS
    if (hasPairs()) {
        return dotRowsBf16Pairs(w, x, y, rows, n);
    }
#endif
    dotRowsBf16Plain(w, x, y, rows, n);
}

LUTHIER_CLONES
void addLowRows(const float* b, const float* low, std::int64_t rank, std::int64_t rows, float scale, float* y)
{
    for (std::int64_t row = 0; row < rows; ++row, b += rank) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < rank; ++j) {
            sum += b[j] * low[j];
        }
        y[row] += scale * sum;
    }
}

LUTHIER_CLONES
void narrowRow(const float* x, std::int64_t n, std::uint16_t* bits)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        bits[i] = narrowed(x[i]);
    }
}

LUTHIER_CLONES
void widenRow(const std::uint16_t* bits, std::int64_t n, float* x)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        x[i] = widened(bits[i]);
    }
}

} // namespace luthier::nn::kernels
