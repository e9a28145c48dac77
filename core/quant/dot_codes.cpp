// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/dot_codes.h"

#include <algorithm>
#include <array>
#include <bit>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define LUTHIER_X86 1
#include <immintrin.h>
#endif

namespace luthier::quant {

namespace {

constexpr std::int64_t kRun = 64;          // elements between two looks at a scale: two bytes a lane of the widest vector
constexpr std::int64_t kRunBytes = kRun / 2;
constexpr std::int64_t kHalf = kRun / 2;   // elements of even place in a run
constexpr std::int64_t kScalesAtOnce = 512; // they stay in the nearest cache until their rows are done

// The rows' runs with a scale each, so that the loops know no blocks.
struct Piece {
    const float* table;
    const std::uint8_t* codes;
    const float* scales;
    std::int64_t runs; // a row
    std::int64_t rows;
};

void plainRows(const Piece& piece, const CodeInput& x, float* y)
{
    const std::uint8_t* codes = piece.codes;
    const float* scale = piece.scales;
    for (std::int64_t row = 0; row < piece.rows; ++row) {
        float sum = 0;
        for (std::int64_t run = 0; run < piece.runs; ++run, codes += kRunBytes) {
            const float* even = x.wide() + run * kRun;
            float part = 0;
            for (std::int64_t i = 0; i < kHalf; ++i) {
                part += piece.table[codes[i] >> 4] * even[i] + piece.table[codes[i] & 15] * even[kHalf + i];
            }
            sum += *scale++ * part;
        }
        y[row] = sum;
    }
}

#ifdef LUTHIER_X86

// Bytes ahead of the ones being read: a core's own prefetcher stops at the end of a page.
constexpr std::int64_t kAhead = 2048;

#define LUTHIER_AVX2 __attribute__((target("avx2,fma")))
#define LUTHIER_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define LUTHIER_PAIRS __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

// A lane's three lowest bits pick a number of each half of the table; `top` has the fourth as its sign.
LUTHIER_AVX2 inline __m256 looked8(__m256 low, __m256 high, __m256i index, __m256i top)
{
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index), _mm256_permutevar8x32_ps(high, index), _mm256_castsi256_ps(top));
}

LUTHIER_AVX2 inline float sumOf(__m256 lanes)
{
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

LUTHIER_AVX2 void avx2Rows(const Piece& piece, const CodeInput& x, float* y)
{
    const __m256 low = _mm256_loadu_ps(piece.table);
    const __m256 high = _mm256_loadu_ps(piece.table + 8);
    const std::uint8_t* codes = piece.codes;
    const float* scale = piece.scales;
    for (std::int64_t row = 0; row < piece.rows; ++row) {
        __m256 sum = _mm256_setzero_ps();
        for (std::int64_t run = 0; run < piece.runs; ++run, codes += kRunBytes) {
            _mm_prefetch(reinterpret_cast<const char*>(codes) + kAhead, _MM_HINT_T0);
            const float* even = x.wide() + run * kRun;
            __m256 ofEven = _mm256_setzero_ps();
            __m256 ofOdd = _mm256_setzero_ps();
            for (std::int64_t i = 0; i < kHalf; i += 8) {
                const __m256i bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + i)));
                const __m256 first = looked8(low, high, _mm256_srli_epi32(bytes, 4), _mm256_slli_epi32(bytes, 24));
                const __m256 second = looked8(low, high, bytes, _mm256_slli_epi32(bytes, 28));
                ofEven = _mm256_fmadd_ps(first, _mm256_loadu_ps(even + i), ofEven);
                ofOdd = _mm256_fmadd_ps(second, _mm256_loadu_ps(even + kHalf + i), ofOdd);
            }
            sum = _mm256_fmadd_ps(_mm256_set1_ps(*scale++), _mm256_add_ps(ofEven, ofOdd), sum);
        }
        y[row] = sumOf(sum);
    }
}

// The 64 products of a run, in sixteen sums.
LUTHIER_AVX512 inline __m512 wideRun(const std::uint8_t* codes, __m512 table, const float* even)
{
    const __m512i left = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
    const __m512i right = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + 16)));
    const float* odd = even + kHalf;
    // Only a lane's four lowest bits are looked at.
    const __m512 a = _mm512_mul_ps(_mm512_permutexvar_ps(left, table), _mm512_loadu_ps(odd));
    const __m512 b = _mm512_mul_ps(_mm512_permutexvar_ps(right, table), _mm512_loadu_ps(odd + 16));
    return _mm512_add_ps(_mm512_fmadd_ps(_mm512_permutexvar_ps(_mm512_srli_epi32(left, 4), table), _mm512_loadu_ps(even), a),
                         _mm512_fmadd_ps(_mm512_permutexvar_ps(_mm512_srli_epi32(right, 4), table), _mm512_loadu_ps(even + 16), b));
}

LUTHIER_AVX512 void avx512Rows(const Piece& piece, const CodeInput& x, float* y)
{
    const __m512 table = _mm512_loadu_ps(piece.table);
    const std::uint8_t* codes = piece.codes;
    const float* scale = piece.scales;
    for (std::int64_t row = 0; row < piece.rows; ++row) {
        __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
        for (std::int64_t run = 0; run < piece.runs; ++run, codes += kRunBytes) {
            _mm_prefetch(reinterpret_cast<const char*>(codes) + kAhead, _MM_HINT_T0);
            sums[run % 2] = _mm512_fmadd_ps(_mm512_set1_ps(*scale++), wideRun(codes, table, x.wide() + run * kRun), sums[run % 2]);
        }
        y[row] = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
    }
}

LUTHIER_PAIRS inline __m512bh pack(const std::uint16_t* from)
{
    return (__m512bh)_mm512_loadu_si512(from);
}

LUTHIER_PAIRS inline __m512 narrowRun(const std::uint8_t* codes, __m512i table, const std::uint16_t* even)
{
    const __m512i bytes = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
    // A lane's five lowest bits are looked at, and the table stands there twice.
    const auto odd = (__m512bh)_mm512_permutexvar_epi16(bytes, table);
    const auto first = (__m512bh)_mm512_permutexvar_epi16(_mm512_srli_epi16(bytes, 4), table);
    return _mm512_dpbf16_ps(_mm512_dpbf16_ps(_mm512_setzero_ps(), odd, pack(even + kHalf)), first, pack(even));
}

LUTHIER_PAIRS void pairRows(const Piece& piece, const CodeInput& x, float* y)
{
    std::array<std::uint16_t, 32> rounded{};
    for (std::size_t i = 0; i < rounded.size(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(piece.table[i % 16]);
        rounded[i] = static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
    }
    const __m512i table = _mm512_loadu_si512(rounded.data());
    const std::uint8_t* codes = piece.codes;
    const float* scale = piece.scales;
    for (std::int64_t row = 0; row < piece.rows; ++row) {
        __m512 a = _mm512_setzero_ps();
        __m512 b = _mm512_setzero_ps();
        std::int64_t run = 0;
        for (; run + 2 <= piece.runs; run += 2, codes += 2 * kRunBytes, scale += 2) {
            _mm_prefetch(reinterpret_cast<const char*>(codes) + kAhead, _MM_HINT_T0);
            const std::uint16_t* even = x.narrow() + run * kRun;
            a = _mm512_fmadd_ps(_mm512_set1_ps(scale[0]), narrowRun(codes, table, even), a);
            b = _mm512_fmadd_ps(_mm512_set1_ps(scale[1]), narrowRun(codes + kRunBytes, table, even + kRun), b);
        }
        if (run < piece.runs) {
            a = _mm512_fmadd_ps(_mm512_set1_ps(*scale++), narrowRun(codes, table, x.narrow() + run * kRun), a);
            codes += kRunBytes;
        }
        y[row] = _mm512_reduce_add_ps(_mm512_add_ps(a, b));
    }
}

#endif

void dotPiece(const Piece& piece, const CodeInput& x, float* y, CodeLoops loops)
{
#ifdef LUTHIER_X86
    switch (loops) {
    case CodeLoops::Pairs:
        return (x.isNarrow() ? pairRows : avx512Rows)(piece, x, y);
    case CodeLoops::Avx512:
        return avx512Rows(piece, x, y);
    case CodeLoops::Avx2:
        return avx2Rows(piece, x, y);
    case CodeLoops::Plain:
        break;
    }
#endif
    plainRows(piece, x, y);
}

void scalesOfRuns(const BlockScales& scales, std::int64_t first, std::int64_t count, float* out)
{
    const std::int64_t runsABlock = scales.blockSize / kRun;
    const std::int64_t block = first / runsABlock;
    readScales(scales, block, (first + count - 1) / runsABlock + 1 - block, out);
    for (std::int64_t i = count - 1; runsABlock > 1 && i >= 0; --i) { // from the end: a block's place is never behind its runs
        out[i] = out[(first + i) / runsABlock - block];
    }
}

template <class Number, class Widen>
void inParts(const Number* x, std::int64_t n, std::vector<decltype(Widen()(Number()))>& to, Widen widen)
{
    to.resize(static_cast<std::size_t>(n));
    for (std::int64_t run = 0; run + kRun <= n; run += kRun) {
        for (std::int64_t i = 0; i < kHalf; ++i) {
            to[static_cast<std::size_t>(run + i)] = widen(x[run + 2 * i]);
            to[static_cast<std::size_t>(run + kHalf + i)] = widen(x[run + 2 * i + 1]);
        }
    }
}

} // namespace

bool runsHere(CodeLoops loops)
{
#ifdef LUTHIER_X86
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                        && __builtin_cpu_supports("avx512dq");
    switch (loops) {
    case CodeLoops::Pairs:
        return avx512 && __builtin_cpu_supports("avx512bf16");
    case CodeLoops::Avx512:
        return avx512;
    case CodeLoops::Avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CodeLoops::Plain:
        break;
    }
#endif
    return loops == CodeLoops::Plain;
}

CodeLoops fastestLoops()
{
    static const CodeLoops fastest = [] {
        for (const CodeLoops loops : {CodeLoops::Pairs, CodeLoops::Avx512, CodeLoops::Avx2}) {
            if (runsHere(loops)) {
                return loops;
            }
        }
        return CodeLoops::Plain;
    }();
    return fastest;
}

void CodeInput::set(const float* x, std::int64_t n)
{
    m_isNarrow = false;
    inParts(x, n, m_wide, [](float value) { return value; });
}

void CodeInput::setNarrow(const std::uint16_t* x, std::int64_t n)
{
    m_isNarrow = true;
    inParts(x, n, m_narrow, [](std::uint16_t bits) { return bits; });
    inParts(x, n, m_wide, [](std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); });
}

void dotCodes(const CodeRows& m, const CodeInput& x, std::int64_t first, std::int64_t rows, float* y, CodeLoops loops)
{
    const std::int64_t runs = m.columns / kRun;
    const std::int64_t rowsAtOnce = std::max<std::int64_t>(1, kScalesAtOnce / runs);
    std::vector<float> scales(static_cast<std::size_t>(rowsAtOnce * runs));
    for (std::int64_t row = 0; row < rows; row += rowsAtOnce) {
        const std::int64_t count = std::min(rowsAtOnce, rows - row);
        scalesOfRuns(m.scales, (first + row) * runs, count * runs, scales.data());
        const std::uint8_t* codes = m.codes + (first + row) * runs * kRunBytes;
        dotPiece({m.table->values.data(), codes, scales.data(), runs, count}, x, y + row, loops);
    }
}

} // namespace luthier::quant
