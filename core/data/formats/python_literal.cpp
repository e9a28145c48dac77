// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/python_literal.h"

#include "core/data/ascii_space.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

namespace luthier::data {

namespace {

constexpr int kDeepest = 64;

// A reader of one text; every step says false where the text is no literal.
class Reader {
public:
    explicit Reader(std::string_view text) : m_text(text) {}

    bool whole(Json& value)
    {
        skipSpace();
        return m_at < m_text.size() && (m_text[m_at] == '[' || m_text[m_at] == '{' || m_text[m_at] == '(') && read(value, 0)
               && (skipSpace(), m_at == m_text.size());
    }

private:
    bool at(char sign) const { return m_at < m_text.size() && m_text[m_at] == sign; }
    bool takeWord(std::string_view word)
    {
        if (!m_text.substr(m_at).starts_with(word)) {
            return false;
        }
        m_at += word.size();
        return true;
    }
    void skipSpace() { m_at = std::min(m_text.find_first_not_of(kAsciiSpaces, m_at), m_text.size()); }

    bool read(Json& value, int depth);
    bool readItems(Json& list, char close, int depth);
    bool readDict(Json& object, int depth);
    bool readArray(Json& list, int depth);
    bool readText(Json& value);
    bool readEscape(std::string& text);
    bool readNumber(Json& value);
    bool readWord(Json& value);

    std::string_view m_text;
    std::size_t m_at = 0;
};

bool Reader::read(Json& value, int depth)
{
    skipSpace();
    if (depth > kDeepest || m_at == m_text.size()) {
        return false;
    }
    switch (m_text[m_at]) {
    case '[': ++m_at; return readItems(value, ']', depth);
    case '(': ++m_at; return readItems(value, ')', depth);
    case '{': ++m_at; return readDict(value, depth);
    case '\'':
    case '"': return readText(value);
    default: return takeWord("array(") ? readArray(value, depth) : readWord(value) || readNumber(value);
    }
}

// Commas may be missing, as numpy prints its arrays; two of them stand for nothing.
bool Reader::readItems(Json& list, char close, int depth)
{
    list = Json::array();
    for (;;) {
        skipSpace();
        if (at(close)) {
            ++m_at;
            return true;
        }
        Json item;
        if (!read(item, depth + 1)) {
            return false;
        }
        list.push_back(std::move(item));
        skipSpace();
        m_at += at(',') ? 1 : 0;
    }
}

bool Reader::readDict(Json& object, int depth)
{
    object = Json::object();
    for (;;) {
        skipSpace();
        if (at('}')) {
            ++m_at;
            return true;
        }
        Json name;
        if (!read(name, depth + 1) || name.is_structured()) {
            return false;
        }
        skipSpace();
        if (!at(':')) {
            return false; // a set
        }
        ++m_at;
        Json value;
        if (!read(value, depth + 1)) {
            return false;
        }
        object[name.is_string() ? name.get<std::string>() : base::dumpJson(name)] = std::move(value);
        skipSpace();
        if (at(',')) {
            ++m_at;
        } else if (!at('}')) {
            return false;
        }
    }
}

// Behind "array(": the list, and what numpy says of its type.
bool Reader::readArray(Json& list, int depth)
{
    if (!read(list, depth + 1) || !list.is_array()) {
        return false;
    }
    skipSpace();
    if (at(',')) {
        m_at = m_text.find(')', m_at);
        m_at = std::min(m_at, m_text.size());
    }
    if (!at(')')) {
        return false;
    }
    ++m_at;
    return true;
}

bool Reader::readText(Json& value)
{
    const char quote = m_text[m_at++];
    std::string text;
    while (m_at < m_text.size() && m_text[m_at] != quote) {
        const char sign = m_text[m_at++];
        if (sign != '\\') {
            text += sign;
        } else if (!readEscape(text)) {
            return false;
        }
    }
    if (m_at == m_text.size()) {
        return false;
    }
    ++m_at;
    value = std::move(text);
    return true;
}

bool Reader::readEscape(std::string& text)
{
    constexpr std::array kSigns = {std::pair{'n', '\n'}, std::pair{'t', '\t'}, std::pair{'r', '\r'}, std::pair{'a', '\a'},  std::pair{'b', '\b'}, std::pair{'f', '\f'},
                                   std::pair{'v', '\v'}, std::pair{'0', '\0'}, std::pair{'\\', '\\'}, std::pair{'\'', '\''}, std::pair{'"', '"'}};
    if (m_at == m_text.size()) {
        return false;
    }
    const char kind = m_text[m_at++];
    for (const auto& [name, sign] : kSigns) {
        if (kind == name) {
            text += sign;
            return true;
        }
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    std::uint32_t sign = 0;
    const char* begin = m_text.data() + m_at;
    if (digits == 0 || m_at + digits > m_text.size()) {
        return false;
    }
    const auto parsed = std::from_chars(begin, begin + digits, sign, 16);
    if (parsed.ptr != begin + digits || sign > 0x10FFFF || (sign >= 0xD800 && sign < 0xE000)) {
        return false;
    }
    m_at += digits;
    text::appendUtf8(text, sign);
    return true;
}

bool Reader::readWord(Json& value)
{
    if (takeWord("True")) {
        value = true;
    } else if (takeWord("False")) {
        value = false;
    } else if (takeWord("None") || takeWord("nan")) {
        value = nullptr;
    } else {
        return false;
    }
    return true;
}

bool Reader::readNumber(Json& value)
{
    const std::size_t end = std::min(m_text.find_first_not_of("+-0123456789.eE", m_at), m_text.size());
    std::string number(m_text.substr(m_at, end - m_at));
    if (number.ends_with('.')) {
        number += '0'; // numpy's "1."
    }
    auto parsed = base::parseJson(number);
    if (!parsed || !parsed->is_number()) {
        return false;
    }
    m_at = end;
    value = std::move(*parsed);
    return true;
}

} // namespace

std::optional<Json> parsePythonLiteral(std::string_view text)
{
    Json value;
    return Reader(text).whole(value) ? std::optional(std::move(value)) : std::nullopt;
}

} // namespace luthier::data
