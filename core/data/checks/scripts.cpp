// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/scripts.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr std::array<const char*, kNumScripts> kNames
    = {"Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic", "Indic", "Thai and Lao", "Georgian",
       "Hangul", "Kana", "Han", "Digits", "Blanks", "Punctuation", "Other"};
constexpr std::size_t kDigits = 12;
constexpr std::size_t kBlanks = 13;
constexpr std::size_t kPunctuation = 14;
constexpr std::size_t kOther = 15;

struct Range {
    char32_t last; // code points up to here, from after the row before
    std::size_t script;
};
constexpr Range kRanges[] = {
    {0x08, kOther}, {0x0D, kBlanks}, {0x1F, kOther}, {0x20, kBlanks}, {0x2F, kPunctuation}, {0x39, kDigits},
    {0x40, kPunctuation}, {0x5A, 0}, {0x60, kPunctuation}, {0x7A, 0}, {0x7E, kPunctuation}, {0x9F, kOther},
    {0xA0, kBlanks}, {0xBF, kPunctuation}, {0x24F, 0}, {0x2AF, 0}, {0x36F, kOther}, {0x3FF, 1}, {0x52F, 2},
    {0x58F, 3}, {0x5FF, 4}, {0x8FF, 5}, {0xDFF, 6}, {0xEFF, 7}, {0x109F, kOther}, {0x10FF, 8}, {0x11FF, 9},
    {0x1DFF, kOther}, {0x1EFF, 0}, {0x1FFF, 1}, {0x200B, kBlanks}, {0x206F, kPunctuation}, {0x2E7F, kOther},
    {0x2FFF, 11}, {0x303F, kPunctuation}, {0x30FF, 10}, {0x312F, kOther}, {0x318F, 9}, {0x33FF, kOther},
    {0x9FFF, 11}, {0xABFF, kOther}, {0xD7FF, 9}, {0xF8FF, kOther}, {0xFAFF, 11}, {0xFB4F, 4}, {0xFEFE, 5},
    {0xFF0F, kPunctuation}, {0xFF19, kDigits}, {0xFF20, kPunctuation}, {0xFF5A, 0}, {0xFF65, kPunctuation},
    {0xFF9F, 10}, {0xFFDC, 9}, {0x1FFFF, kOther}, {0x3FFFF, 11}, {0x10FFFF, kOther}};

std::size_t scriptOf(char32_t code)
{
    const auto* row = std::lower_bound(std::begin(kRanges), std::end(kRanges), code,
                                       [](const Range& range, char32_t c) { return range.last < c; });
    return row == std::end(kRanges) ? kOther : row->script;
}

// Most characters are of the first 128, so their row is not searched for.
constexpr std::array<std::uint8_t, 0x80> kOfAscii = [] {
    std::array<std::uint8_t, 0x80> scripts{};
    std::size_t row = 0;
    for (char32_t code = 0; code < scripts.size(); ++code) {
        row += code > kRanges[row].last ? 1 : 0;
        scripts[code] = static_cast<std::uint8_t>(kRanges[row].script);
    }
    return scripts;
}();

} // namespace

const char* scriptName(std::size_t script)
{
    return script < kNumScripts ? kNames[script] : "Other";
}

void countScripts(std::string_view text, ScriptCounts& counts)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++counts[kOfAscii[lead]];
            ++i;
            continue;
        }
        const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t code = lead & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        ++counts[scriptOf(code)];
        i += length;
    }
}

std::size_t mainScript(const ScriptCounts& counts)
{
    const auto* most = std::max_element(counts.begin(), counts.begin() + kDigits);
    return *most == 0 ? std::string_view::npos : static_cast<std::size_t>(most - counts.begin());
}

} // namespace luthier::data
