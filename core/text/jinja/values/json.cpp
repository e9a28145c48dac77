// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/json.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace luthier::text::jinja {

namespace {

void appendEscape(std::string& out, char32_t unit)
{
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(unit));
    out += buffer;
}

std::string quoted(const std::string& text, bool asciiOnly)
{
    static constexpr std::string_view kPlain = "\"\\\n\r\t\f\b";
    static constexpr std::string_view kNames = "\"\\nrtfb";
    allocate(text.size() * 2);
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decodeAt(text, at);
        const auto c = point.value;
        const auto simple = c < 0x80 ? kPlain.find(static_cast<char>(c)) : std::string_view::npos;
        if (simple != std::string_view::npos) {
            out += '\\';
            out += kNames[simple];
        } else if (c < 0x20 || (asciiOnly && c > 0x7E && c < 0x10000)) {
            appendEscape(out, c);
        } else if (asciiOnly && c >= 0x10000) {
            appendEscape(out, 0xD800 + ((c - 0x10000) >> 10));
            appendEscape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            appendUtf8(out, c);
        }
        at += static_cast<std::size_t>(point.length);
    }
    return out + '"';
}

std::string number(double value)
{
    return std::isnan(value) ? "NaN" : std::isinf(value) ? (value < 0 ? "-Infinity" : "Infinity") : floatRepr(value);
}

class Writer {
public:
    Writer(Text& out, const JsonStyle& style) : m_out(out), m_style(style) {}

    // `marked`: what holds the value already says which message it comes from.
    void write(const Value& value, int depth, bool marked)
    {
        spend(1);
        const auto begin = m_out.bytes.size();
        if (value.isList()) {
            list(value.list(), depth, marked || value.list().message >= 0);
        } else if (value.isMapping()) {
            dict(value.dict(), depth, marked || value.dict().message >= 0);
        } else {
            m_out.append(std::string_view(scalar(value)));
        }
        if (!marked) {
            inheritFrom(m_out, begin, value);
        }
    }

private:
    std::string scalar(const Value& value) const
    {
        if (value.isText()) {
            return quoted(value.bytes(), m_style.asciiOnly);
        }
        if (value.isNone() || value.isBool()) {
            return value.isNone() ? "null" : value.integer() != 0 ? "true" : "false";
        }
        if (value.isNumber()) {
            return value.isInt() ? std::to_string(value.integer()) : number(value.real());
        }
        fail(std::string("Object of type ") + value.typeName() + " is not JSON serializable");
    }

    void line(int depth)
    {
        if (m_style.indent) {
            m_out.append(std::string_view("\n"));
            for (int i = 0; i < depth; ++i) {
                m_out.append(std::string_view(*m_style.indent));
            }
        }
    }

    void open(char bracket, int depth)
    {
        if (depth > kDeepest + 8) {
            fail("Circular reference detected");
        }
        m_out.append(std::string_view(&bracket, 1));
    }

    void close(char bracket, int depth, bool empty)
    {
        if (!empty) {
            line(depth);
        }
        m_out.append(std::string_view(&bracket, 1));
    }

    void separate(bool first, int depth)
    {
        if (!first) {
            m_out.append(std::string_view(m_style.itemSeparator));
        }
        line(depth + 1);
    }

    void list(const List& list, int depth, bool marked)
    {
        if (list.lazy) {
            fail("Object of type generator is not JSON serializable");
        }
        open('[', depth);
        for (std::size_t i = 0; i < list.items.size(); ++i) {
            separate(i == 0, depth);
            write(list.items[i], depth + 1, marked);
        }
        close(']', depth, list.items.empty());
    }

    void dict(const Dict& dict, int depth, bool marked)
    {
        std::vector<const std::pair<Value, Value>*> rows;
        for (const auto& row : dict.items) {
            rows.push_back(&row);
        }
        if (m_style.sortKeys) {
            std::stable_sort(rows.begin(), rows.end(),
                             [](const auto* a, const auto* b) { return compare(a->first, b->first, "<") < 0; });
        }
        open('{', depth);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            separate(i == 0, depth);
            const auto& key = rows[i]->first;
            if (key.isList() || key.isDict()) {
                fail(std::string("keys must be str, int, float, bool or None, not ") + key.typeName());
            }
            m_out.append(std::string_view(key.isText() ? scalar(key) : '"' + scalar(key) + '"'));
            m_out.append(std::string_view(m_style.keySeparator));
            write(rows[i]->second, depth + 1, marked);
        }
        close('}', depth, rows.empty());
    }

    Text& m_out;
    const JsonStyle& m_style;
};

} // namespace

Text toJson(const Value& value, const JsonStyle& style)
{
    Text out;
    Writer(out, style).write(value, 0, false);
    return out;
}

} // namespace luthier::text::jinja
