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

template <class Out>
void dequantiseOne(const CodeTable& table, float absmax, const std::uint8_t* codes, std::int64_t first, std::int64_t end, Out* out)
{
    for (std::int64_t i = first; i < end; ++i) {
        const std::uint8_t pair = codes[i / 2];
        const std::uint8_t code = i % 2 == 0 ? static_cast<std::uint8_t>(pair >> 4) : static_cast<std::uint8_t>(pair & 15);
        out[i] = convert(table.values[code] * absmax, Out{});
    }
}

// Where block `index` begins and how long it is.
struct Span {
    std::int64_t first;
    std::int64_t elements;
};

Span spanOf(const Blocks& blocks, std::int64_t index)
{
    const std::int64_t first = index * blocks.blockSize;
    return {first, std::min(blocks.blockSize, blocks.elements - first)};
}

template <class Out>
void plainBlocks(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax, Out* out)
{
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const Span span = spanOf(blocks, block);
        dequantiseOne(table, absmax[block], codes + span.first / 2, 0, span.elements, out + span.first);
    }
}

#ifdef LUTHIER_X86

// Vector loops multiply the table by a block's constant and not each number: the same products, sixteen a block. What is left
// behind a multiple of the vector's width is done one by one.
#define LUTHIER_AVX2 __attribute__((target("avx2")))
#define LUTHIER_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

// Codes of 2n bytes as one byte each, in order: high, low, high, low.
LUTHIER_AVX2 inline __m128i spread8(const std::uint8_t* codes)
{
    const __m128i pairs = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
    const __m128i mask = _mm_set1_epi8(15);
    return _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(pairs, 4), mask), _mm_and_si128(pairs, mask));
}

LUTHIER_AVX2 void avx2Blocks(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax,
                             float* out)
{
    const __m256 lowValues = _mm256_loadu_ps(table.values.data());
    const __m256 highValues = _mm256_loadu_ps(table.values.data() + 8);
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const Span span = spanOf(blocks, block);
        const __m256 low = _mm256_mul_ps(lowValues, _mm256_set1_ps(absmax[block]));
        const __m256 high = _mm256_mul_ps(highValues, _mm256_set1_ps(absmax[block]));
        float* to = out + span.first;
        std::int64_t i = 0;
        for (; i + 16 <= span.elements; i += 16) {
            const __m128i bytes = spread8(codes + (span.first + i) / 2);
            for (int half = 0; half < 2; ++half) {
                const __m256i index = _mm256_cvtepu8_epi32(half ? _mm_unpackhi_epi64(bytes, bytes) : bytes);
                const __m256 isHigh = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)); // bit 3 as the sign
                _mm256_storeu_ps(to + i + 8 * half, _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index),
                                                                     _mm256_permutevar8x32_ps(high, index), isHigh));
            }
        }
        dequantiseOne(table, absmax[block], codes + span.first / 2, i, span.elements, to);
    }
}

LUTHIER_AVX512 void avx512Blocks(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax,
                                 float* out)
{
    const __m512 values = _mm512_loadu_ps(table.values.data());
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const Span span = spanOf(blocks, block);
        const __m512 scaled = _mm512_mul_ps(values, _mm512_set1_ps(absmax[block]));
        float* to = out + span.first;
        std::int64_t i = 0;
        for (; i + 16 <= span.elements; i += 16) {
            const __m512i index = _mm512_cvtepu8_epi32(spread8(codes + (span.first + i) / 2));
            _mm512_storeu_ps(to + i, _mm512_permutexvar_ps(index, scaled));
        }
        dequantiseOne(table, absmax[block], codes + span.first / 2, i, span.elements, to);
    }
}

LUTHIER_AVX512 void avx512BlocksBf16(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes,
                                     const float* absmax, std::uint16_t* out)
{
    const __m512 values = _mm512_loadu_ps(table.values.data());
    const __m128i mask = _mm_set1_epi8(15);
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const Span span = spanOf(blocks, block);
        const __m512i bits = _mm512_castps_si512(_mm512_mul_ps(values, _mm512_set1_ps(absmax[block])));
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
        const __m512i scaled = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
        std::uint16_t* to = out + span.first;
        std::int64_t i = 0;
        for (; i + 32 <= span.elements; i += 32) {
            const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + (span.first + i) / 2));
            const __m128i high = _mm_and_si128(_mm_srli_epi16(pairs, 4), mask);
            const __m128i low = _mm_and_si128(pairs, mask);
            const __m256i bytes = _mm256_set_m128i(_mm_unpackhi_epi8(high, low), _mm_unpacklo_epi8(high, low));
            _mm512_storeu_si512(to + i, _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(bytes), scaled));
        }
        dequantiseOne(table, absmax[block], codes + span.first / 2, i, span.elements, to);
    }
}

bool hasAvx512()
{
    static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl");
    return has;
}

bool hasAvx2()
{
    static const bool has = __builtin_cpu_supports("avx2");
    return has;
}

#endif

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

void readScales(const BlockScales& scales, std::int64_t first, std::int64_t count, float* out)
{
    if (scales.absmax) {
        std::copy_n(scales.absmax + first, count, out);
        return;
    }
    const float* map = dynamicMap().data();
    for (std::int64_t i = 0; i < count; ++i) {
        out[i] = map[scales.codes[first + i]];
    }
    for (std::int64_t i = 0; i < count;) {
        const std::int64_t block = (first + i) / kNestedBlockSize;
        const std::int64_t end = std::min(count, (block + 1) * kNestedBlockSize - first);
        const float factor = scales.nested[block];
        for (; i < end; ++i) {
            out[i] = out[i] * factor + scales.offset; // two roundings: this file is compiled so
        }
    }
}

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
#ifdef LUTHIER_X86
    if (hasAvx512() || hasAvx2()) {
        (hasAvx512() ? avx512Blocks : avx2Blocks)(table, blocks, codes, absmax, out);
        return;
    }
#endif
    plainBlocks(table, blocks, codes, absmax, out);
}

void dequantiseBlocksBf16(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax,
                          std::uint16_t* out)
{
#ifdef LUTHIER_X86
    if (hasAvx512()) {
        avx512BlocksBf16(table, blocks, codes, absmax, out);
        return;
    }
#endif
    plainBlocks(table, blocks, codes, absmax, out);
}

} // namespace luthier::quant
