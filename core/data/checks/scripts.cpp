// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/scripts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

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

// Nearly all characters beyond ASCII have two bytes, so their row is not searched for.
constexpr std::array<std::uint8_t, 0x800> kOfTwoBytes = [] {
    std::array<std::uint8_t, 0x800> scripts{};
    std::size_t row = 0;
    for (char32_t code = 0; code < scripts.size(); ++code) {
        row += code > kRanges[row].last ? 1 : 0;
        scripts[code] = static_cast<std::uint8_t>(kRanges[row].script);
    }
    return scripts;
}();

// The character of several bytes that begins there.
void countOne(std::string_view text, std::size_t at, ScriptCounts& counts)
{
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && at + k < text.size(); ++k) {
        code = code << 6 | (static_cast<unsigned char>(text[at + k]) & 0x3FU);
    }
    ++counts[code < kOfTwoBytes.size() ? kOfTwoBytes[code] : scriptOf(code)];
}

} // namespace

const char* scriptName(std::size_t script)
{
    return script < kNumScripts ? kNames[script] : "Other";
}

namespace {

// Bytes that are worked on at once, on whatever machine: they become the widest registers that it has.
constexpr std::size_t kMany = 64;
template <std::size_t N>
using Bytes [[gnu::vector_size(N)]] = std::uint8_t;
constexpr std::size_t kMostVectors = 255; // whose hits a byte can count

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define LUTHIER_WIDEST __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LUTHIER_WIDEST
#endif
#define LUTHIER_WITHIN inline __attribute__((always_inline))

template <std::size_t N>
LUTHIER_WITHIN std::int64_t sumOf(const Bytes<N>& counts)
{
    constexpr std::uint64_t kEven = 0x00FF00FF00FF00FFULL;
    std::uint64_t eights[N / 8];
    std::memcpy(eights, &counts, sizeof eights);
    std::uint64_t sum = 0;
    for (const std::uint64_t eight : eights) { // pairs of bytes, then all four pairs into the highest one
        sum += (((eight & kEven) + (eight >> 8 & kEven)) * 0x0001000100010001ULL) >> 48;
    }
    return static_cast<std::int64_t>(sum);
}

template <std::size_t N>
LUTHIER_WITHIN bool isAscii(const Bytes<N>& x)
{
    std::uint64_t eights[N / 8];
    std::memcpy(eights, &x, sizeof eights);
    std::uint64_t all = 0;
    for (const std::uint64_t eight : eights) {
        all |= eight;
    }
    return (all & 0x8080808080808080ULL) == 0;
}

// The characters beyond ASCII that begin in the bytes [at, end).
void countOthers(std::string_view text, std::size_t at, std::size_t end, ScriptCounts& counts)
{
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    for (std::uint64_t word = 0; at + sizeof word <= end; at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        for (std::uint64_t leads = word & (word << 1) & 0x8080808080808080ULL; leads != 0; leads &= leads - 1) { // their two highest bits are set
            countOne(text, at + static_cast<std::size_t>(std::countr_zero(leads)) / 8, counts);
        }
    }
    for (; at < end; ++at) {
        if (static_cast<unsigned char>(text[at]) >= 0xC0) {
            countOne(text, at, counts);
        }
    }
}

// What begins in as many vectors as are counted at once, the last of which may be filled in part; how many bytes these are.
template <std::size_t N>
LUTHIER_WITHIN std::size_t countVectors(std::string_view text, ScriptCounts& counts)
{
    using Vector = Bytes<N>;
    Vector ascii{};
    Vector letters{};
    Vector digits{};
    Vector blanks{};
    Vector other{};
    std::size_t at = 0;
    const std::size_t vectors = std::min(text.size() / N, kMostVectors - 1);
    const std::size_t left = vectors == text.size() / N ? text.size() % N : 0;
    const std::size_t end = vectors * N + left;
    for (; at < end; at += N) {
        Vector x;
        if (at + N <= text.size()) {
            std::memcpy(&x, text.data() + at, N);
        } else { // filled with blanks
            std::memset(&x, ' ', N);
            std::memcpy(&x, text.data() + at, left);
        }
        // A comparison gives 255 where it holds, which is -1. None of these holds for a byte above ASCII.
        const Vector space = Vector(x == ' ') | Vector(x - 0x09 < 5);
        ascii -= Vector(x < 0x80);
        letters -= Vector((x | 0x20) - 'a' < 26);
        digits -= Vector(x - '0' < 10);
        blanks -= space;
        other -= (Vector(x < ' ') | Vector(x == 0x7F)) & ~space;
        if (!isAscii<N>(x)) {
            countOthers(text, at, std::min(at + N, end), counts);
        }
    }
    const std::int64_t kinds[] = {sumOf<N>(letters), sumOf<N>(digits), sumOf<N>(blanks), sumOf<N>(other)};
    counts[0] += kinds[0];
    counts[kDigits] += kinds[1];
    counts[kBlanks] += kinds[2] - static_cast<std::int64_t>(left > 0 ? N - left : 0);
    counts[kOther] += kinds[3];
    counts[kPunctuation] += sumOf<N>(ascii) - kinds[0] - kinds[1] - kinds[2] - kinds[3];
    return end;
}

} // namespace

LUTHIER_WIDEST
void countScripts(std::string_view text, ScriptCounts& counts)
{
    for (std::size_t at = 0; at < text.size();) {
        at += countVectors<kMany>(text.substr(at), counts);
    }
}

std::size_t mainScript(const ScriptCounts& counts)
{
    const auto* most = std::max_element(counts.begin(), counts.begin() + kDigits);
    return *most == 0 ? std::string_view::npos : static_cast<std::size_t>(most - counts.begin());
}

} // namespace luthier::data
