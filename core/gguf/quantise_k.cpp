// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks of 256 numbers. A number counts by its size in the fit: an error on a large weight moves more of the output.
#include "core/gguf/blocks.h"
#include "core/gguf/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace luthier::gguf {

namespace {

constexpr int kBlock = 256;
constexpr int kSub = 32;
constexpr int kSubs = kBlock / kSub;
constexpr int kGroup = 16; // of Q6_K
constexpr int kGroups = kBlock / kGroup;

float putHalf(std::uint8_t* at, float value) // what will be read
{
    const std::uint16_t bits = halfOfFloat(value);
    std::memcpy(at, &bits, sizeof bits);
    return floatOfHalf(bits);
}

int rounded(float value, int low, int high)
{
    return std::clamp(static_cast<int>(std::lround(value)), low, high);
}

struct Affine { // x = scale q - minimum
    float scale = 0;
    float minimum = 0;
    double error = 0;
};

// The best scale and minimum for the q that a first scale leads to.
Affine fitted(const float* x, const float* weight, float low, float inverse, int top)
{
    double sw = 0, sq = 0, sqq = 0, sx = 0, sqx = 0;
    int q[kSub];
    for (int i = 0; i < kSub; ++i) {
        q[i] = rounded((x[i] - low) * inverse, 0, top);
        const double w = weight[i];
        sw += w;
        sq += w * q[i];
        sqq += w * q[i] * q[i];
        sx += w * x[i];
        sqx += w * q[i] * x[i];
    }
    const double determinant = sw * sqq - sq * sq;
    double scale = determinant > 0 ? (sw * sqx - sq * sx) / determinant : 1 / static_cast<double>(inverse);
    double minimum = determinant > 0 ? (sq * sqx - sqq * sx) / determinant : -low;
    if (minimum < 0) { // it is stored without a sign
        minimum = 0;
        scale = sqq > 0 ? sqx / sqq : scale;
    }
    Affine result{static_cast<float>(scale), static_cast<float>(minimum), 0};
    for (int i = 0; i < kSub; ++i) {
        const double off = scale * q[i] - minimum - x[i];
        result.error += weight[i] * off * off;
    }
    return result;
}

Affine bestAffine(const float* x, int top)
{
    float low = 0;
    float high = x[0];
    double squares = 0;
    for (int i = 0; i < kSub; ++i) {
        low = std::min(low, x[i]);
        high = std::max(high, x[i]);
        squares += static_cast<double>(x[i]) * x[i];
    }
    if (!(high > low)) {
        return {0, -low, 0};
    }
    float weight[kSub];
    const auto usual = static_cast<float>(std::sqrt(squares / kSub));
    for (int i = 0; i < kSub; ++i) {
        weight[i] = usual + std::abs(x[i]);
    }
    Affine best{0, 0, INFINITY};
    for (int step = -10; step <= 10; ++step) {
        const float inverse = (static_cast<float>(top) + 0.1f * static_cast<float>(step)) / (high - low);
        const Affine one = fitted(x, weight, low, inverse, top);
        best = one.scale > 0 && one.error < best.error ? one : best;
    }
    return best;
}

// Eight pairs of 6-bit numbers in twelve bytes (see subScaleAt in blocks.cpp).
void putSubScales(std::uint8_t* s, const int* scales, const int* minima)
{
    for (int j = 0; j < 4; ++j) {
        s[j] = static_cast<std::uint8_t>(scales[j] | (scales[j + 4] >> 4) << 6);
        s[j + 4] = static_cast<std::uint8_t>(minima[j] | (minima[j + 4] >> 4) << 6);
        s[j + 8] = static_cast<std::uint8_t>((scales[j + 4] & 15) | (minima[j + 4] & 15) << 4);
    }
}

// The head of a block of Q4_K or Q5_K; q is what is left for the rest of it.
void writeAffine(const float* x, std::uint8_t* block, int top, int* q)
{
    Affine subs[kSubs];
    float mostScale = 0;
    float mostMinimum = 0;
    for (int j = 0; j < kSubs; ++j) {
        subs[j] = bestAffine(x + j * kSub, top);
        mostScale = std::max(mostScale, subs[j].scale);
        mostMinimum = std::max(mostMinimum, subs[j].minimum);
    }
    const float d = putHalf(block, mostScale / 63);
    const float dmin = putHalf(block + 2, mostMinimum / 63);
    int scales[kSubs];
    int minima[kSubs];
    for (int j = 0; j < kSubs; ++j) {
        scales[j] = d > 0 ? rounded(subs[j].scale / d, 0, 63) : 0;
        minima[j] = dmin > 0 ? rounded(subs[j].minimum / dmin, 0, 63) : 0;
        const float scale = d * static_cast<float>(scales[j]);
        const float minimum = dmin * static_cast<float>(minima[j]);
        for (int i = j * kSub; i < (j + 1) * kSub; ++i) {
            q[i] = scale > 0 ? rounded((x[i] + minimum) / scale, 0, top) : 0;
        }
    }
    putSubScales(block + 4, scales, minima);
}

// The scale of q in [-32, 31] with the least weighted error; the sign of the number furthest from 0 takes the -32.
float bestScale(const float* x)
{
    float most = 0;
    for (int i = 0; i < kGroup; ++i) {
        most = std::abs(x[i]) > std::abs(most) ? x[i] : most;
    }
    if (most == 0) {
        return 0;
    }
    float best = 0;
    double gained = 0; // of the squares, by the best
    for (int step = -9; step <= 9; ++step) {
        const float inverse = -(32 + 0.1f * static_cast<float>(step)) / most;
        double sqq = 0, sqx = 0;
        for (int i = 0; i < kGroup; ++i) {
            const int q = rounded(x[i] * inverse, -32, 31);
            const double weight = static_cast<double>(x[i]) * x[i];
            sqq += weight * q * q;
            sqx += weight * q * x[i];
        }
        if (sqq > 0 && sqx * sqx / sqq > gained) {
            gained = sqx * sqx / sqq;
            best = static_cast<float>(sqx / sqq);
        }
    }
    return best;
}

} // namespace

void quantiseQ4K(const float* numbers, std::uint8_t* block)
{
    int q[kBlock];
    writeAffine(numbers, block, 15, q);
    for (int j = 0; j < kSubs; j += 2) {
        for (int i = 0; i < kSub; ++i) {
            block[16 + j / 2 * kSub + i] = static_cast<std::uint8_t>(q[j * kSub + i] | q[(j + 1) * kSub + i] << 4);
        }
    }
}

void quantiseQ5K(const float* numbers, std::uint8_t* block)
{
    int q[kBlock];
    writeAffine(numbers, block, 31, q);
    std::memset(block + 16, 0, kSub);
    for (int j = 0; j < kSubs; ++j) {
        for (int i = 0; i < kSub; ++i) {
            const int value = q[j * kSub + i];
            block[16 + i] = static_cast<std::uint8_t>(block[16 + i] | (value >> 4) << j);
            std::uint8_t& low = block[48 + j / 2 * kSub + i];
            low = static_cast<std::uint8_t>(j % 2 == 0 ? value & 15 : low | (value & 15) << 4);
        }
    }
}

void quantiseQ6K(const float* numbers, std::uint8_t* block)
{
    std::memset(block, 0, 210);
    float scales[kGroups];
    float most = 0;
    for (int g = 0; g < kGroups; ++g) {
        scales[g] = bestScale(numbers + g * kGroup);
        most = std::abs(scales[g]) > std::abs(most) ? scales[g] : most;
    }
    const float d = putHalf(block + 208, most / -128);
    for (int g = 0; g < kGroups && d != 0; ++g) {
        block[192 + g] = static_cast<std::uint8_t>(static_cast<std::int8_t>(rounded(scales[g] / d, -128, 127)));
    }
    for (int i = 0; i < kBlock; ++i) {
        const int half = i / 128;
        const int run = i % 128 / 32;
        const int l = i % 32;
        const float scale = d * static_cast<float>(static_cast<std::int8_t>(block[192 + i / kGroup]));
        const int q = scale != 0 ? rounded(numbers[i] / scale, -32, 31) + 32 : 32;
        std::uint8_t& low = block[half * 64 + run % 2 * 32 + l];
        low = static_cast<std::uint8_t>(low | (run < 2 ? q & 15 : (q & 15) << 4));
        std::uint8_t& high = block[128 + half * 32 + l];
        high = static_cast<std::uint8_t>(high | (q >> 4) << (2 * run));
    }
}

} // namespace luthier::gguf
