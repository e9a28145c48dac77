// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace luthier::gguf {

namespace {

constexpr int kSmall = 32;  // numbers of a block of the older formats
constexpr int kSub = 32;    // of a sub-block of Q4_K and Q5_K

float halfAt(const std::uint8_t* at)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return floatOfHalf(bits);
}

void readF32(const std::uint8_t* block, float* out)
{
    std::memcpy(out, block, sizeof *out);
}

void readF16(const std::uint8_t* block, float* out)
{
    *out = halfAt(block);
}

void readBf16(const std::uint8_t* block, float* out)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, block, sizeof bits);
    *out = std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// d q
void readQ80(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
    }
}

// The first half of the numbers stands in the low halves of the bytes, the second in the high ones.
int nibbleAt(const std::uint8_t* bytes, int i)
{
    return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;
}

// d (q - 8)
void readQ40(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = d * static_cast<float>(nibbleAt(block + 2, i) - 8);
    }
}

// d q + m
void readQ41(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = d * static_cast<float>(nibbleAt(block + 4, i)) + m;
    }
}

// Bit i of four bytes is bit 4 of number i.
int fiveBitsAt(const std::uint8_t* high, const std::uint8_t* low, int i)
{
    return nibbleAt(low, i) | ((high[i / 8] >> (i % 8)) & 1) << 4;
}

// d (q - 16)
void readQ50(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = d * static_cast<float>(fiveBitsAt(block + 2, block + 6, i) - 16);
    }
}

// d q + m
void readQ51(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = d * static_cast<float>(fiveBitsAt(block + 4, block + 8, i)) + m;
    }
}

struct SubScale {
    float scale = 0;
    float minimum = 0;
};

// Eight pairs of 6-bit numbers in twelve bytes: the last four pairs keep their upper two bits in the first eight bytes.
SubScale subScaleAt(const std::uint8_t* block, int j)
{
    const std::uint8_t* s = block + 4;
    const int scale = j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
    const int minimum = j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4;
    return {halfAt(block) * static_cast<float>(scale), halfAt(block + 2) * static_cast<float>(minimum)};
}

// (d scale) q - dmin minimum, in eight sub-blocks; two of them share 32 bytes.
void readQ4K(const std::uint8_t* block, float* out)
{
    const std::uint8_t* low = block + 16;
    for (int j = 0; j < 8; ++j) {
        const SubScale sub = subScaleAt(block, j);
        for (int i = 0; i < kSub; ++i) {
            const int byte = low[j / 2 * kSub + i];
            out[j * kSub + i] = sub.scale * static_cast<float>(j % 2 == 0 ? byte & 15 : byte >> 4) - sub.minimum;
        }
    }
}

// The same with a fifth bit: bit j of 32 bytes belongs to sub-block j.
void readQ5K(const std::uint8_t* block, float* out)
{
    const std::uint8_t* high = block + 16;
    const std::uint8_t* low = block + 48;
    for (int j = 0; j < 8; ++j) {
        const SubScale sub = subScaleAt(block, j);
        for (int i = 0; i < kSub; ++i) {
            const int byte = low[j / 2 * kSub + i];
            const int q = (j % 2 == 0 ? byte & 15 : byte >> 4) | (high[i] >> j & 1) << 4;
            out[j * kSub + i] = sub.scale * static_cast<float>(q) - sub.minimum;
        }
    }
}

// d scale (q - 32), in sixteen groups of sixteen. Of each half, four runs of 32 numbers share 64 low and 32 high bytes.
void readQ6K(const std::uint8_t* block, float* out)
{
    const float d = halfAt(block + 208);
    for (int i = 0; i < 256; ++i) {
        const int half = i / 128;
        const int run = i % 128 / 32;
        const int l = i % 32;
        const int low = block[half * 64 + run % 2 * 32 + l];
        const int high = block[128 + half * 32 + l] >> (2 * run) & 3;
        const int q = (run < 2 ? low & 15 : low >> 4) | high << 4;
        const auto scale = static_cast<std::int8_t>(block[192 + i / 16]);
        out[i] = d * static_cast<float>(scale) * static_cast<float>(q - 32);
    }
}

constexpr BlockFormat kFormats[] = {
    {"F32", readF32},   {"F16", readF16},   {"BF16", readBf16}, {"Q8_0", readQ80}, {"Q4_0", readQ40}, {"Q4_1", readQ41},
    {"Q5_0", readQ50},  {"Q5_1", readQ51},  {"Q4_K", readQ4K},  {"Q5_K", readQ5K}, {"Q6_K", readQ6K},
};

} // namespace

float floatOfHalf(std::uint16_t bits)
{
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
    const std::uint32_t exponent = bits >> 10 & 31;
    const std::uint32_t mantissa = bits & 0x3ff;
    if (exponent == 0) {
        const float small = static_cast<float>(mantissa) * 0x1p-24f;
        return sign ? -small : small;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

std::span<const BlockFormat> blockFormats()
{
    return kFormats;
}

const BlockFormat* findBlockFormat(const std::string& name)
{
    const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                     [&](const BlockFormat& format) { return name == format.name; });
    return found == std::end(kFormats) ? nullptr : found;
}

std::string blockFormatNames()
{
    std::string names;
    for (const BlockFormat& format : kFormats) {
        names += (names.empty() ? "" : ", ") + std::string(format.name);
    }
    return names;
}

} // namespace luthier::gguf
