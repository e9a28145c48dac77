// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/block_loops.h"

#include <algorithm>
#include <bit>

#if defined(__x86_64__) && defined(__GNUC__)
#define LUTHIER_X86 1
#include <immintrin.h>
#endif

namespace luthier::quant {

namespace {

// Smaller absmax values would have an infinite reciprocal.
constexpr float kLeast = 1e-38f;
constexpr std::int64_t kMostBlock = 4096;

std::uint16_t roundedToBf16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

float convert(float value, float)
{
    return value;
}

std::uint16_t convert(float value, std::uint16_t)
{
    return roundedToBf16(value);
}

// One block whose values are `scaled`; also what is left behind the vector loops.
template <class Out>
void lookUp(const Out* scaled, const std::uint8_t* codes, std::int64_t first, std::int64_t end, Out* out)
{
    for (std::int64_t i = first; i < end; ++i) {
        const std::uint8_t pair = codes[i / 2];
        out[i] = scaled[i % 2 == 0 ? pair >> 4 : pair & 15];
    }
}

// How the codes of one block become numbers, from the first to a multiple that it returns.
template <class Out>
using BlockLoop = std::int64_t (*)(const Out* scaled, const std::uint8_t* codes, std::int64_t elements, Out* out);

template <class Out>
std::int64_t plainLoop(const Out*, const std::uint8_t*, std::int64_t, Out*)
{
    return 0;
}

#ifdef LUTHIER_X86

// Codes of 2n bytes as one byte each, in order: high, low, high, low.
__attribute__((target("avx2"), always_inline)) inline __m128i spread8(const std::uint8_t* codes)
{
    const __m128i pairs = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
    const __m128i mask = _mm_set1_epi8(15);
    return _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(pairs, 4), mask), _mm_and_si128(pairs, mask));
}

__attribute__((target("avx2"))) std::int64_t avx2Loop(const float* scaled, const std::uint8_t* codes,
                                                      std::int64_t elements, float* out)
{
    const __m256 low = _mm256_loadu_ps(scaled);
    const __m256 high = _mm256_loadu_ps(scaled + 8);
    std::int64_t i = 0;
    for (; i + 16 <= elements; i += 16) {
        const __m128i bytes = spread8(codes + i / 2);
        for (int half = 0; half < 2; ++half) {
            const __m256i index = _mm256_cvtepu8_epi32(half ? _mm_unpackhi_epi64(bytes, bytes) : bytes);
            const __m256 isHigh = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)); // bit 3 as the sign
            _mm256_storeu_ps(out + i + 8 * half, _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index),
                                                                  _mm256_permutevar8x32_ps(high, index), isHigh));
        }
    }
    return i;
}

__attribute__((target("avx512f,avx512bw,avx512vl"))) std::int64_t avx512Loop(const float* scaled, const std::uint8_t* codes,
                                                                             std::int64_t elements, float* out)
{
    const __m512 table = _mm512_loadu_ps(scaled);
    std::int64_t i = 0;
    for (; i + 16 <= elements; i += 16) {
        const __m512i index = _mm512_cvtepu8_epi32(spread8(codes + i / 2));
        _mm512_storeu_ps(out + i, _mm512_permutexvar_ps(index, table));
    }
    return i;
}

__attribute__((target("avx512f,avx512bw,avx512vl"))) std::int64_t
avx512LoopBf16(const std::uint16_t* scaled, const std::uint8_t* codes, std::int64_t elements, std::uint16_t* out)
{
    const __m512i table = _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(scaled)));
    const __m128i mask = _mm_set1_epi8(15);
    std::int64_t i = 0;
    for (; i + 32 <= elements; i += 32) {
        const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i / 2));
        const __m128i high = _mm_and_si128(_mm_srli_epi16(pairs, 4), mask);
        const __m128i low = _mm_and_si128(pairs, mask);
        const __m256i bytes = _mm256_set_m128i(_mm_unpackhi_epi8(high, low), _mm_unpacklo_epi8(high, low));
        _mm512_storeu_si512(out + i, _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(bytes), table));
    }
    return i;
}

bool hasAvx512()
{
    static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl");
    return has;
}

BlockLoop<float> loopFor(float)
{
    static const bool avx2 = __builtin_cpu_supports("avx2");
    return hasAvx512() ? avx512Loop : avx2 ? avx2Loop : plainLoop<float>;
}

BlockLoop<std::uint16_t> loopFor(std::uint16_t)
{
    return hasAvx512() ? avx512LoopBf16 : plainLoop<std::uint16_t>;
}

#else

template <class Out>
BlockLoop<Out> loopFor(Out)
{
    return plainLoop<Out>;
}

#endif

template <class Out>
void dequantiseAll(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax, Out* out)
{
    const BlockLoop<Out> loop = loopFor(Out{});
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        // Sixteen products a block instead of one for each value: the same products.
        Out scaled[16];
        for (int code = 0; code < 16; ++code) {
            scaled[code] = convert(table.values[static_cast<std::size_t>(code)] * absmax[block], Out{});
        }
        const std::int64_t first = block * blocks.blockSize;
        const std::int64_t elements = std::min(blocks.blockSize, blocks.elements - first);
        const std::int64_t done = loop(scaled, codes + first / 2, elements, out + first);
        lookUp(scaled, codes + first / 2, done, elements, out + first);
    }
}

#if defined(LUTHIER_X86) && !defined(__clang__) && __GNUC__ >= 12
__attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif
float rankValues(const float* x, std::int64_t n, const float* bounds, std::uint8_t* ranks)
{
    // Sizes of floats are in the order of their bits, and what is not finite is the largest.
    std::int32_t mostBits = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        mostBits = std::max(mostBits, std::bit_cast<std::int32_t>(x[i]) & 0x7FFFFFFF);
    }
    const float most = std::bit_cast<float>(mostBits);
    const float factor = 1.0f / (most > kLeast ? most : kLeast);
    for (std::int64_t i = 0; i < n; ++i) {
        const float value = x[i] * factor;
        std::int32_t rank = 0;
        for (int bound = 0; bound < 15; ++bound) {
            rank += value > bounds[bound];
        }
        ranks[i] = static_cast<std::uint8_t>(rank);
    }
    return most;
}

} // namespace

void quantiseBlocks(const CodeTable& table, const Blocks& blocks, const float* x, std::uint8_t* codes, float* absmax)
{
    std::uint8_t ranks[kMostBlock + 1];
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const std::int64_t first = block * blocks.blockSize;
        const std::int64_t elements = std::min(blocks.blockSize, blocks.elements - first);
        absmax[block] = rankValues(x + first, elements, table.bounds.data(), ranks);
        if (elements % 2 != 0) {
            const float zero = 0;
            rankValues(&zero, 1, table.bounds.data(), ranks + elements);
        }
        for (std::int64_t i = 0; i < elements; i += 2) {
            codes[(first + i) / 2] = static_cast<std::uint8_t>(table.order[ranks[i]] << 4 | table.order[ranks[i + 1]]);
        }
    }
}

void dequantiseBlocks(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax, float* out)
{
    dequantiseAll(table, blocks, codes, absmax, out);
}

void dequantiseBlocksBf16(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax,
                          std::uint16_t* out)
{
    dequantiseAll(table, blocks, codes, absmax, out);
}

} // namespace luthier::quant
