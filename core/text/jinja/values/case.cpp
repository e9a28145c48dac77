// SPDX-License-Identifier: GPL-3.0-or-later
// Upper and lower case for strings.h: the C library's Unicode table, and the letters that become several.
#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"
#include "core/text/jinja/values/strings.h"

#include <clocale>
#include <cwctype>

namespace luthier::text::jinja {

namespace {

// "C.UTF-8" knows every letter and no language; glibc carries it without files.
locale_t unicodeLocale()
{
    static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return kLocale;
}

struct LongRow {
    char32_t letter;
    std::string_view text;
};

constexpr LongRow kLongUpper[] = {
    {0xDF, "SS"}, {0x149, "\xCA\xBCN"}, {0x1F0, "J\xCC\x8C"}, {0xFB00, "FF"}, {0xFB01, "FI"},
    {0xFB02, "FL"}, {0xFB03, "FFI"}, {0xFB04, "FFL"}, {0xFB05, "ST"}, {0xFB06, "ST"}, {0x587, "\xD4\xB5\xD5\x92"},
};

void appendUpper(std::string& out, char32_t c)
{
    for (const auto& row : kLongUpper) {
        if (row.letter == c) {
            out += row.text;
            return;
        }
    }
    appendUtf8(out, upperOf(c));
}

void appendLower(std::string& out, const std::u32string& text, std::size_t at)
{
    const auto c = text[at];
    if (c == 0x130) {
        out += "i\xCC\x87";
    } else if (c == 0x3A3) {
        const bool last = at + 1 >= text.size() || !isLetter(text[at + 1]);
        appendUtf8(out, last && at > 0 && isLetter(text[at - 1]) ? 0x3C2 : 0x3C3);
    } else {
        appendUtf8(out, lowerOf(c));
    }
}

} // namespace

char32_t upperOf(char32_t c)
{
    if (c < 0x80) {
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    }
    return static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), unicodeLocale()));
}

char32_t lowerOf(char32_t c)
{
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicodeLocale()));
}

bool isLetter(char32_t c)
{
    if (c < 0x80) {
        return lowerOf(c) >= 'a' && lowerOf(c) <= 'z';
    }
    return iswalpha_l(static_cast<wint_t>(c), unicodeLocale()) != 0;
}

bool isDigit(char32_t c)
{
    return c >= '0' && c <= '9';
}

std::string upper(std::string_view text)
{
    spend(text.size());
    std::string out;
    for (const auto c : toCodePoints(text)) {
        appendUpper(out, c);
    }
    return out;
}

std::string lower(std::string_view text)
{
    spend(text.size());
    std::string out;
    const auto points = toCodePoints(text);
    for (std::size_t i = 0; i < points.size(); ++i) {
        appendLower(out, points, i);
    }
    return out;
}

std::string capitalized(std::string_view text)
{
    const auto first = byteOf(text, 1);
    return upper(text.substr(0, first)) + lower(text.substr(first));
}

std::string swapped(std::string_view text)
{
    spend(text.size());
    std::string out;
    for (const auto c : toCodePoints(text)) {
        appendUtf8(out, upperOf(c) != c ? upperOf(c) : lowerOf(c));
    }
    return out;
}

std::string titled(std::string_view text)
{
    spend(text.size());
    std::string out;
    const auto points = toCodePoints(text);
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i > 0 && isLetter(points[i - 1])) {
            appendLower(out, points, i);
        } else {
            appendUpper(out, points[i]);
        }
    }
    return out;
}

} // namespace luthier::text::jinja
