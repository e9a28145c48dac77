// SPDX-License-Identifier: GPL-3.0-or-later
// CharClasses: what split patterns ask about a character, from Unicode's general categories, as one byte of bits.
//
// Threads: one table for the process, made at first use; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace luthier::text {

enum CharClass : std::uint8_t {
    kLetter = 1,
    kNumber = 2,    // Nd, Nl, No
    kSpace = 4,     // White_Space
    kMark = 8,      // Mn, Mc, Me
    kUpperish = 16, // Lu, Lt, Lm, Lo and marks: what may stand in the first half of a word
    kLowerish = 32, // Ll, Lm, Lo and marks: what may stand in its second half
    kLineEnd = 64,  // CR and LF
    kSign = 128,    // punctuation and symbols
};

class CharClasses {
public:
    static const CharClasses& table();

    unsigned ascii(unsigned char byte) const { return m_ascii[byte]; } // 0 from 0x80 on
    unsigned of(char32_t value) const
    {
        return value < kEnd ? m_blocks[(static_cast<std::size_t>(m_index[value >> 8]) << 8) | (value & 0xFF)] : 0;
    }

private:
    CharClasses();
    static constexpr char32_t kEnd = 0x110000;

    std::array<std::uint8_t, 256> m_ascii{};
    std::array<std::uint16_t, (kEnd >> 8)> m_index{};
    std::vector<std::uint8_t> m_blocks;
};

// A character of text known to be valid UTF-8; `length` receives its bytes.
inline char32_t decodeValid(const unsigned char* at, int& length)
{
    const char32_t first = at[0];
    if (first < 0x80) {
        length = 1;
        return first;
    }
    if (first < 0xE0) {
        length = 2;
        return ((first & 0x1FU) << 6) | (at[1] & 0x3FU);
    }
    if (first < 0xF0) {
        length = 3;
        return ((first & 0x0FU) << 12) | ((at[1] & 0x3FU) << 6) | (at[2] & 0x3FU);
    }
    length = 4;
    return ((first & 0x07U) << 18) | ((at[1] & 0x3FU) << 12) | ((at[2] & 0x3FU) << 6) | (at[3] & 0x3FU);
}

bool isPunctuation(char32_t value); // ASCII punctuation, and category P
bool isWordChar(char32_t value);    // \w: letters, marks, decimal and letter numbers, connectors, joiners
bool isAccent(char32_t value);      // category M

} // namespace luthier::text
