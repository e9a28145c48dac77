// SPDX-License-Identifier: GPL-3.0-or-later
// Printing and comparing, as Python does.
#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"
#include "core/text/jinja/values/value.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace luthier::text::jinja {

namespace {

bool isPrintable(char32_t c)
{
    struct Range {
        char32_t first;
        char32_t last;
    };
    static constexpr Range kHidden[] = {
        {0, 0x1F},         {0x7F, 0xA0},      {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
        {0x6DD, 0x6DD},    {0x70F, 0x70F},    {0x1680, 0x1680},   {0x180E, 0x180E},   {0x2000, 0x200F},
        {0x2028, 0x202F},  {0x205F, 0x206F},  {0x3000, 0x3000},   {0xD800, 0xF8FF},   {0xFEFF, 0xFEFF},
        {0xFFF0, 0xFFFB},  {0xFFFE, 0xFFFF},  {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF},
    };
    for (const auto& range : kHidden) {
        if (c >= range.first && c <= range.last) {
            return false;
        }
    }
    return true;
}

std::string textRepr(const std::string& bytes)
{
    const bool useDouble = bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos;
    const char quote = useDouble ? '"' : '\'';
    std::string out(1, quote);
    allocate(bytes.size() * 5);
    for (const char32_t c : toCodePoints(bytes)) {
        char buffer[16];
        if (c == static_cast<char32_t>(quote) || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        } else if (isPrintable(c)) {
            appendUtf8(out, c);
        } else {
            const char* format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
            std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(c));
            out += buffer;
        }
    }
    return out + quote;
}

std::string listRepr(const List& list, int depth)
{
    std::string out = list.tuple ? "(" : "[";
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        out += (i == 0 ? "" : ", ") + repr(list.items[i], depth + 1);
    }
    allocate(out.size());
    out += list.tuple && list.items.size() == 1 ? "," : "";
    return out + (list.tuple ? ")" : "]");
}

std::string dictRepr(const Dict& dict, int depth)
{
    std::string out = dict.isNamespace ? "<Namespace {" : "{";
    for (std::size_t i = 0; i < dict.items.size(); ++i) {
        out += (i == 0 ? "" : ", ") + repr(dict.items[i].first, depth + 1) + ": "
               + repr(dict.items[i].second, depth + 1);
    }
    allocate(out.size());
    return out + (dict.isNamespace ? "}>" : "}");
}

} // namespace

std::string floatRepr(double value)
{
    if (std::isnan(value)) {
        return "nan";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-inf" : "inf";
    }
    char buffer[40];
    const double size = std::fabs(value);
    const bool scientific = size != 0 && (size < 1e-4 || size >= 1e16);
    const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
    std::string out(buffer, end);
    return scientific || out.find('.') != std::string::npos ? out : out + ".0";
}

std::string repr(const Value& value, int depth)
{
    if (depth > kDeepest + 8) {
        fail("a value contains itself and cannot be printed");
    }
    spend(1);
    if (value.isUndefined()) {
        return "Undefined";
    }
    if (value.isNone()) {
        return "None";
    }
    if (value.isBool()) {
        return value.integer() != 0 ? "True" : "False";
    }
    if (value.isInt()) {
        return std::to_string(value.integer());
    }
    if (value.isFloat()) {
        return floatRepr(value.real());
    }
    if (value.isText()) {
        return textRepr(value.bytes());
    }
    if (value.isList()) {
        return listRepr(value.list(), depth);
    }
    if (value.isDict()) {
        return dictRepr(value.dict(), depth);
    }
    if (const auto* function = value.function(); function != nullptr) {
        return "<function " + (*function)->name + ">";
    }
    const auto& loop = *value.loop();
    return "<LoopContext " + std::to_string(loop->index + 1) + "/" + std::to_string(loop->items->items.size()) + ">";
}

Text str(const Value& value)
{
    if (value.isText()) {
        return value.text();
    }
    Text out{value.isUndefined() ? std::string() : repr(value), {}};
    inherit(out, value);
    return out;
}

bool equal(const Value& a, const Value& b)
{
    spend(a.isText() && b.isText() && a.bytes().size() == b.bytes().size() ? 1 + a.bytes().size() / 64 : 1);
    if (a.isNumber() && b.isNumber()) {
        return a.isFloat() || b.isFloat() ? a.real() == b.real() : a.integer() == b.integer();
    }
    if (a.state().index() != b.state().index()) {
        return false;
    }
    if (a.isUndefined() || a.isNone()) {
        return true;
    }
    if (a.isText()) {
        return a.bytes() == b.bytes();
    }
    if (a.isList()) {
        const auto& x = a.list();
        const auto& y = b.list();
        if (&x == &y) {
            return true;
        }
        bool same = x.tuple == y.tuple && x.items.size() == y.items.size();
        for (std::size_t i = 0; same && i < x.items.size(); ++i) {
            same = equal(x.items[i], y.items[i]);
        }
        return same;
    }
    if (a.isDict()) {
        const auto& x = a.dict();
        const auto& y = b.dict();
        if (&x == &y || x.isNamespace || y.isNamespace) {
            return &x == &y;
        }
        bool same = x.items.size() == y.items.size();
        for (std::size_t i = 0; same && i < x.items.size(); ++i) {
            const auto* other = y.find(x.items[i].first);
            same = other != nullptr && equal(x.items[i].second, *other);
        }
        return same;
    }
    return a.function() != nullptr ? *a.function() == *b.function() : *a.loop() == *b.loop();
}

int compare(const Value& a, const Value& b, const char* operation)
{
    spend(1);
    if (a.isNumber() && b.isNumber()) {
        if (a.isFloat() || b.isFloat()) {
            return a.real() < b.real() ? -1 : a.real() > b.real() ? 1 : a.real() == b.real() ? 0 : 2;
        }
        return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
    }
    if (a.isText() && b.isText()) {
        return a.bytes().compare(b.bytes());
    }
    if (a.isList() && b.isList() && a.list().tuple == b.list().tuple) {
        const auto& x = a.list().items;
        const auto& y = b.list().items;
        for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
            if (!equal(x[i], y[i])) {
                return compare(x[i], y[i], operation);
            }
        }
        return x.size() < y.size() ? -1 : x.size() > y.size() ? 1 : 0;
    }
    if (a.isUndefined() || b.isUndefined()) {
        fail(a.isUndefined() ? a.why() : b.why());
    }
    fail(std::string("'") + operation + "' not supported between instances of '" + a.typeName() + "' and '"
         + b.typeName() + "'");
}

bool contains(const Value& container, const Value& item)
{
    if (container.isText()) {
        if (!item.isText()) {
            fail(std::string("'in <string>' requires string as left operand, not ") + item.typeName());
        }
        spend(container.bytes().size() / 16);
        return container.bytes().find(item.bytes()) != std::string::npos;
    }
    if (container.isMapping()) {
        return container.dict().find(item) != nullptr;
    }
    if (container.isList()) {
        for (const auto& one : container.list().items) {
            if (equal(one, item)) {
                return true;
            }
        }
        return false;
    }
    if (container.isUndefined()) {
        return false;
    }
    fail(std::string("argument of type '") + container.typeName() + "' is not iterable");
}

} // namespace luthier::text::jinja
