// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/utf8.h"

#include <cstring>

namespace luthier::text {

CodePoint decodeAt(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return {first, 1, true};
    }
    const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + static_cast<std::size_t>(length) > text.size()) {
        return {};
    }
    char32_t value = first & (0xFFU >> (length + 1));
    for (int i = 1; i < length; ++i) {
        if ((byte(static_cast<std::size_t>(i)) & 0xC0U) != 0x80U) {
            return {};
        }
        value = (value << 6) | (byte(static_cast<std::size_t>(i)) & 0x3FU);
    }
    static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return {};
    }
    return {value, length, true};
}

void appendUtf8(std::string& out, char32_t value)
{
    if (value < 0x80) {
        out += static_cast<char>(value);
    } else if (value < 0x800) {
        out += static_cast<char>(0xC0 | (value >> 6));
        out += static_cast<char>(0x80 | (value & 0x3F));
    } else if (value < 0x10000) {
        out += static_cast<char>(0xE0 | (value >> 12));
        out += static_cast<char>(0x80 | ((value >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (value & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (value >> 18));
        out += static_cast<char>(0x80 | ((value >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((value >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (value & 0x3F));
    }
}

std::u32string toCodePoints(std::string_view text)
{
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decodeAt(text, at);
        out += point.value;
        at += static_cast<std::size_t>(point.length);
    }
    return out;
}

std::string toUtf8(std::u32string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char32_t value : text) {
        appendUtf8(out, value);
    }
    return out;
}

namespace {

std::size_t asciiEnd(std::string_view text, std::size_t at)
{
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    std::uint64_t words[4];
    for (; at + sizeof words <= text.size(); at += sizeof words) {
        std::memcpy(words, text.data() + at, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & kHighs) != 0) {
            break;
        }
    }
    for (; at + sizeof words[0] <= text.size(); at += sizeof words[0]) { // turns of a chat are short
        std::memcpy(words, text.data() + at, sizeof words[0]);
        if ((words[0] & kHighs) != 0) {
            break;
        }
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) {
        ++at;
    }
    return at;
}

// Bytes of the character beyond ASCII at `at`; 0 when there is none.
std::size_t characterSize(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto goesOn = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const auto left = text.size() - at;
    const unsigned first = byte(0);
    if (first >= 0xC2 && first < 0xE0) {
        return left >= 2 && goesOn(1) ? 2 : 0;
    }
    if (first > 0xE0 && first < 0xF0 && first != 0xED) {
        return left >= 3 && goesOn(1) && goesOn(2) ? 3 : 0;
    }
    const auto point = decodeAt(text, at);
    return point.valid ? static_cast<std::size_t>(point.length) : 0;
}

} // namespace

bool isValidUtf8(std::string_view text)
{
    for (auto at = asciiEnd(text, 0); at < text.size();) {
        const auto size = characterSize(text, at);
        if (size == 0) {
            return false;
        }
        at += size;
        if (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) {
            at = asciiEnd(text, at);
        }
    }
    return true;
}

std::string replaceInvalid(std::string_view text, std::vector<std::int64_t>* origin)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decodeAt(text, at);
        const auto length = static_cast<std::size_t>(point.length);
        const auto piece = point.valid ? text.substr(at, length) : kReplacement;
        out += piece;
        for (std::size_t i = 0; origin != nullptr && i < piece.size(); ++i) {
            origin->push_back(static_cast<std::int64_t>(at + (point.valid ? i : 0)));
        }
        at += length;
    }
    if (origin != nullptr) {
        origin->push_back(static_cast<std::int64_t>(text.size()));
    }
    return out;
}

bool isSpace(char32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680
           || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::size_t skipSpaces(std::string_view text, std::size_t at)
{
    while (at < text.size()) {
        const auto point = decodeAt(text, at);
        if (!isSpace(point.value)) {
            break;
        }
        at += static_cast<std::size_t>(point.length);
    }
    return at;
}

} // namespace luthier::text
