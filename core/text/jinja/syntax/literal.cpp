// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/syntax/literal.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/value.h"

#include <algorithm>
#include <charconv>

namespace luthier::text::jinja {

namespace {

[[noreturn]] void stop(const LexToken& token, const std::string& message)
{
    throw Problem{message, token.line, false};
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::size_t digits(std::string_view text, std::size_t at)
{
    while (at < text.size() && (isDigit(text[at]) || (text[at] == '_' && at + 1 < text.size() && isDigit(text[at + 1])))) {
        ++at;
    }
    return at;
}

std::size_t escape(const LexToken& token, std::string_view body, std::size_t at, std::string& out)
{
    struct Row {
        char name;
        char value;
    };
    static constexpr Row kSimple[] = {{'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'\\', '\\'}, {'\'', '\''},
                                      {'"', '"'},  {'a', '\a'}, {'b', '\b'}, {'f', '\f'},  {'v', '\v'}};
    const char c = body[at + 1];
    for (const auto& row : kSimple) {
        if (row.name == c) {
            out += row.value;
            return at + 2;
        }
    }
    if (c == '\n') {
        return at + 2;
    }
    const std::size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t value = 0;
    if (width > 0) {
        const auto hex = body.substr(std::min(at + 2, body.size()), width);
        const auto result = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
        if (hex.size() != width || result.ptr != hex.data() + width || value > 0x10FFFF) {
            stop(token, "a string holds a broken \\" + std::string(1, c) + " escape");
        }
        appendUtf8(out, value >= 0xD800 && value <= 0xDFFF ? 0xFFFD : value);
        return at + 2 + width;
    }
    if (c >= '0' && c <= '7') {
        std::size_t length = 0;
        while (length < 3 && at + 1 + length < body.size() && body[at + 1 + length] >= '0' && body[at + 1 + length] <= '7') {
            value = value * 8 + static_cast<std::uint32_t>(body[at + 1 + length] - '0');
            ++length;
        }
        appendUtf8(out, value);
        return at + 1 + length;
    }
    out += '\\';
    return at + 1;
}

} // namespace

std::size_t readNumber(std::string_view text, LexToken& token)
{
    auto end = digits(text, 0);
    bool isFloat = false;
    if (end + 1 < text.size() && text[end] == '.' && isDigit(text[end + 1])) {
        isFloat = true;
        end = digits(text, end + 1);
    }
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
        const std::size_t sign = end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-') ? 1 : 0;
        if (end + 1 + sign < text.size() && isDigit(text[end + 1 + sign])) {
            isFloat = true;
            end = digits(text, end + 1 + sign);
        }
    }
    std::string plain(text.substr(0, end));
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    token.kind = isFloat ? TokenKind::Float : TokenKind::Integer;
    const auto* last = plain.data() + plain.size();
    const auto problem = isFloat ? std::from_chars(plain.data(), last, token.real).ec
                                 : std::from_chars(plain.data(), last, token.integer).ec;
    if (problem != std::errc{}) {
        stop(token, "the number " + plain.substr(0, 40) + " is too large");
    }
    return end;
}

std::size_t readString(std::string_view text, LexToken& token)
{
    const char quote = text[0];
    std::size_t end = 1;
    while (end < text.size() && text[end] != quote) {
        end += text[end] == '\\' ? 2 : 1;
    }
    if (end >= text.size()) {
        stop(token, "a string is opened but never closed");
    }
    const auto body = text.substr(1, end - 1);
    std::string value;
    for (std::size_t at = 0; at < body.size();) {
        if (body[at] == '\\' && at + 1 < body.size()) {
            at = escape(token, body, at, value);
        } else {
            value += body[at++];
        }
    }
    token.kind = TokenKind::String;
    token.text = std::move(value);
    return end + 1;
}

} // namespace luthier::text::jinja
