// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/quantise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace luthier::gguf {

namespace {

constexpr int kSmall = 32; // numbers of a block

void putHalf(std::uint8_t* at, float value)
{
    const std::uint16_t bits = halfOfFloat(value);
    std::memcpy(at, &bits, sizeof bits);
}

void writeF32(const float* numbers, std::uint8_t* block)
{
    std::memcpy(block, numbers, sizeof *numbers);
}

void writeF16(const float* numbers, std::uint8_t* block)
{
    putHalf(block, *numbers);
}

void writeBf16(const float* numbers, std::uint8_t* block)
{
    const auto bits = std::bit_cast<std::uint32_t>(*numbers);
    const bool isNan = (bits & 0x7fffffff) > 0x7f800000;
    const auto upper = static_cast<std::uint16_t>(isNan ? bits >> 16 | 64 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    std::memcpy(block, &upper, sizeof upper);
}

// The number furthest from 0, with its sign.
float furthest(const float* numbers, int count)
{
    float most = 0;
    for (int i = 0; i < count; ++i) {
        most = std::abs(numbers[i]) > std::abs(most) ? numbers[i] : most;
    }
    return most;
}

// d q
void writeQ80(const float* numbers, std::uint8_t* block)
{
    const float d = std::abs(furthest(numbers, kSmall)) / 127;
    const float inverse = d > 0 ? 1 / d : 0;
    putHalf(block, d);
    for (int i = 0; i < kSmall; ++i) {
        block[2 + i] = static_cast<std::uint8_t>(static_cast<std::int8_t>(std::round(numbers[i] * inverse)));
    }
}

// d (q - half) with q below 2 half; the number furthest from 0 is met exactly.
float signedSteps(const float* numbers, int half, int* q)
{
    const float d = furthest(numbers, kSmall) / static_cast<float>(-half);
    const float inverse = d != 0 ? 1 / d : 0;
    for (int i = 0; i < kSmall; ++i) {
        q[i] = std::clamp(static_cast<int>(numbers[i] * inverse + static_cast<float>(half) + 0.5f), 0, 2 * half - 1);
    }
    return d;
}

void writeQ40(const float* numbers, std::uint8_t* block)
{
    int q[kSmall];
    putHalf(block, signedSteps(numbers, 8, q));
    for (int i = 0; i < 16; ++i) {
        block[2 + i] = static_cast<std::uint8_t>(q[i] | q[i + 16] << 4);
    }
}

void writeQ50(const float* numbers, std::uint8_t* block)
{
    int q[kSmall];
    putHalf(block, signedSteps(numbers, 16, q));
    std::uint32_t high = 0;
    for (int i = 0; i < kSmall; ++i) {
        high |= static_cast<std::uint32_t>(q[i] >> 4) << i;
    }
    std::memcpy(block + 2, &high, sizeof high);
    for (int i = 0; i < 16; ++i) {
        block[6 + i] = static_cast<std::uint8_t>((q[i] & 15) | (q[i + 16] & 15) << 4);
    }
}

constexpr Quantiser kQuantisers[] = {
    {"F32", writeF32},   {"F16", writeF16},     {"BF16", writeBf16},   {"Q8_0", writeQ80},    {"Q4_0", writeQ40},
    {"Q5_0", writeQ50},  {"Q4_K", quantiseQ4K}, {"Q5_K", quantiseQ5K}, {"Q6_K", quantiseQ6K},
};

} // namespace

std::uint16_t halfOfFloat(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
    const std::uint32_t size = bits & 0x7fffffff;
    if (size > 0x7f800000) {
        return static_cast<std::uint16_t>(sign | 0x7e00);
    }
    if (size >= 0x477ff000) { // rounds to more than 65504
        return static_cast<std::uint16_t>(sign | 0x7c00);
    }
    if (size < 0x38800000) { // below 2^-14: steps of 2^-24
        const float steps = std::bit_cast<float>(size) * 0x1p24f;
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(steps)));
    }
    const std::uint32_t rounded = size + 0xfff + (size >> 13 & 1);
    return static_cast<std::uint16_t>(sign | (rounded - 0x38000000) >> 13);
}

const Quantiser* findQuantiser(const std::string& name)
{
    const auto* found = std::find_if(std::begin(kQuantisers), std::end(kQuantisers),
                                     [&](const Quantiser& row) { return name == row.name; });
    return found == std::end(kQuantisers) ? nullptr : found;
}

} // namespace luthier::gguf
