// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/char_class.h"

#include "core/text/characters/utf8.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>

namespace luthier::text {

namespace {

bool between(utf8proc_category_t value, utf8proc_category_t first, utf8proc_category_t last)
{
    return value >= first && value <= last;
}

std::uint8_t classOf(char32_t value)
{
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(value));
    const bool mark = between(category, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
    const bool both = mark || category == UTF8PROC_CATEGORY_LM || category == UTF8PROC_CATEGORY_LO;
    unsigned bits = 0;
    const auto set = [&](bool has, CharClass bit) { bits |= has ? static_cast<unsigned>(bit) : 0U; };
    set(isSpace(value), kSpace);
    set(value == '\r' || value == '\n', kLineEnd);
    set(between(category, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO), kLetter);
    set(between(category, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO), kNumber);
    set(between(category, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_SO), kSign);
    set(mark, kMark);
    set(both || category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT, kUpperish);
    set(both || category == UTF8PROC_CATEGORY_LL, kLowerish);
    return static_cast<std::uint8_t>(bits);
}

} // namespace

CharClasses::CharClasses()
{
    std::map<std::array<std::uint8_t, 256>, std::uint16_t> known;
    for (char32_t first = 0; first < kEnd; first += 256) {
        std::array<std::uint8_t, 256> block{};
        for (char32_t i = 0; i < 256; ++i) {
            block[i] = classOf(first + i);
        }
        const auto [found, isNew] = known.emplace(block, static_cast<std::uint16_t>(known.size()));
        m_index[first >> 8] = found->second;
        if (isNew) {
            m_blocks.insert(m_blocks.end(), block.begin(), block.end());
        }
    }
    std::copy_n(m_blocks.begin(), 128, m_ascii.begin());
}

const CharClasses& CharClasses::table()
{
    static const CharClasses classes;
    return classes;
}

bool isPunctuation(char32_t value)
{
    if (value < 0x80) {
        return (value >= 0x21 && value <= 0x2F) || (value >= 0x3A && value <= 0x40) || (value >= 0x5B && value <= 0x60)
               || (value >= 0x7B && value <= 0x7E);
    }
    return between(utf8proc_category(static_cast<utf8proc_int32_t>(value)), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool isWordChar(char32_t value)
{
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(value));
    // Alphabetic symbols: circled, squared and such letters.
    const bool letterSign = (value >= 0x24B6 && value <= 0x24E9) || (value >= 0x1F130 && value <= 0x1F149)
                            || (value >= 0x1F150 && value <= 0x1F169) || (value >= 0x1F170 && value <= 0x1F189);
    return between(category, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_NL) || category == UTF8PROC_CATEGORY_PC || letterSign
           || value == 0x200C || value == 0x200D;
}

bool isAccent(char32_t value)
{
    return (CharClasses::table().of(value) & kMark) != 0;
}

} // namespace luthier::text
