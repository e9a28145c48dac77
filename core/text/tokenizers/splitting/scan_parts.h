// SPDX-License-Identifier: GPL-3.0-or-later
// What the scanners of split patterns are made of. Text is valid UTF-8; p < end unless said.
//
// Threads: free functions and plain data, any thread.
#pragma once

#include "core/text/characters/char_class.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace luthier::text::scan {

using Byte = unsigned char;

struct Char {
    unsigned bits = 0;
    int length = 0;
};

// Letters of ASCII at p, eight bytes at a time; stops at the latest eight bytes before the end. Which letters the bits
// mean: all, or with kUpperish or kLowerish alone those of one case.
template <unsigned Bits>
const Byte* asciiLetters(const Byte* p, const Byte* end)
{
    constexpr bool all = (Bits & kLetter) != 0;
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x80 * kOnes;
    constexpr Byte first = all || (Bits & kLowerish) != 0 ? 'a' : 'A';
    static_assert(std::endian::native == std::endian::little);
    while (end - p >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, 8);
        // Sums of seven bits and a constant below 0x80 carry nothing into the next byte.
        const auto low = ((all ? word | (0x20 * kOnes) : word) & ~kHighs);
        const auto fromFirst = low + (0x80 - first) * kOnes;
        const auto afterLast = low + (0x80 - (first + 26)) * kOnes;
        const auto others = (~fromFirst | afterLast | word) & kHighs;
        if (others != 0) {
            return p + std::countr_zero(others) / 8;
        }
        p += 8;
    }
    return p;
}

class Classes {
public:
    Char at(const Byte* p) const
    {
        if (*p < 0x80) {
            return {m_table.ascii(*p), 1};
        }
        int length = 0;
        const auto value = decodeValid(p, length);
        return {m_table.of(value), length};
    }
    // The end of a run of characters that have (or, with `Has` false, have none of) the bits.
    template <unsigned Bits, bool Has = true>
    const Byte* run(const Byte* p, const Byte* end) const
    {
        constexpr bool letters = (Bits & kLetter) != 0 || Bits == kUpperish || Bits == kLowerish;
        if constexpr (Has && letters) {
            p = asciiLetters<Bits>(p, end);
        }
        while (p < end) {
            if (*p < 0x80) {
                if (((m_table.ascii(*p) & Bits) != 0) != Has) {
                    return p;
                }
                ++p;
                continue;
            }
            const auto c = at(p);
            if (((c.bits & Bits) != 0) != Has) {
                return p;
            }
            p += c.length;
        }
        return p;
    }
    template <unsigned Bits>
    bool has(const Byte* p, const Byte* end) const
    {
        return p < end && (at(p).bits & Bits) != 0;
    }

private:
    const CharClasses& m_table = CharClasses::table();
};

inline const Byte* lastCharacter(const Byte* end)
{
    do {
        --end;
    } while ((*end & 0xC0U) == 0x80U);
    return end;
}

// 's 't 're 've 'm 'll 'd after an apostrophe at p. Without case the long s is an s.
template <bool AnyCase>
const Byte* contraction(const Byte* p, const Byte* end)
{
    const auto left = end - p;
    if (left < 2) {
        return nullptr;
    }
    const auto lower = [](Byte c) { return AnyCase && c >= 'A' && c <= 'Z' ? static_cast<Byte>(c + 32) : c; };
    const Byte first = lower(p[1]);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
        return p + 2;
    }
    if (left >= 3) {
        const Byte second = lower(p[2]);
        if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l')) {
            return p + 3;
        }
        if (AnyCase && p[1] == 0xC5 && p[2] == 0xBF) {
            return p + 3;
        }
    }
    return nullptr;
}

// \s*[\r\n]+ | \s+(?!\S) | \s+ at a space; without Lines the first of them is missing.
template <bool Lines>
const Byte* spaces(const Classes& classes, const Byte* p, const Byte* end)
{
    const Byte* stop = classes.run<kSpace>(p, end);
    if (Lines) {
        for (const Byte* q = stop; q > p; --q) {
            if (q[-1] == '\n' || q[-1] == '\r') {
                return q;
            }
        }
    }
    if (stop == end) {
        return stop;
    }
    const Byte* last = lastCharacter(stop);
    return last == p ? stop : last;
}

inline const Byte* digits(const Classes& classes, const Byte* p, const Byte* end, int most)
{
    for (int i = 0; i < most && p < end; ++i) {
        const auto c = classes.at(p);
        if ((c.bits & kNumber) == 0) {
            break;
        }
        p += c.length;
    }
    return p;
}

} // namespace luthier::text::scan
