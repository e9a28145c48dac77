// SPDX-License-Identifier: GPL-3.0-or-later
// VectorMath: what loops that become vector code share: clones of a function for several instruction sets, of which the
// machine's best is taken when the program starts, and an exponential without branches. Knows no torch.
#pragma once

#include <bit>
#include <cstdint>

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

LUTHIER_INLINE float widened(std::uint16_t bfloat16)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bfloat16) << 16);
}

// For loops over either.
LUTHIER_INLINE float widened(float x)
{
    return x;
}

// To nearest even; NaN stays NaN.
LUTHIER_INLINE std::uint16_t narrowed(float x)
{
    const auto all = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t nearest = (all + 0x7fff + ((all >> 16) & 1)) >> 16;
    const std::uint32_t quiet = (all >> 16) | 0x40;
    return static_cast<std::uint16_t>((all & 0x7fffffff) > 0x7f800000 ? quiet : nearest);
}

} // namespace luthier::nn::kernels
