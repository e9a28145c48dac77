// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/format.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"
#include "core/text/jinja/values/strings.h"

#include <charconv>
#include <cstdio>

namespace luthier::text::jinja {

namespace {

constexpr int kWidest = 10000;

struct Spec {
    std::string fill = " ";
    char align = '\0'; // < > ^ =
    char sign = '-';
    bool alternate = false;
    bool group = false;
    int width = 0;
    int precision = -1;
    char type = '\0';
};

int readCount(std::string_view text, std::size_t& at)
{
    int out = 0;
    for (; at < text.size() && isDigit(static_cast<unsigned char>(text[at])); ++at) {
        out = out * 10 + (text[at] - '0');
        if (out > kWidest) {
            fail("a format asks for more than " + std::to_string(kWidest) + " characters");
        }
    }
    return out;
}

std::string digits(const Value& value, const Spec& spec)
{
    char buffer[kWidest + 400];
    if (spec.type == 'd' || spec.type == 'i' || spec.type == 'u' || (spec.type == '\0' && !value.isFloat())) {
        if (!value.isNumber()) {
            fail(std::string("%d format: a real number is required, not ") + value.typeName());
        }
        return std::to_string(value.isFloat() ? static_cast<std::int64_t>(value.real()) : value.integer());
    }
    if (spec.type == 'x' || spec.type == 'X' || spec.type == 'o' || spec.type == 'b') {
        if (!value.isNumber() || value.isFloat()) {
            fail(std::string("%x format: an integer is required, not ") + value.typeName());
        }
        const auto number = value.integer();
        const int base = spec.type == 'o' ? 8 : spec.type == 'b' ? 2 : 16;
        const auto size = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
        std::string out(buffer, std::to_chars(buffer, buffer + sizeof buffer, size, base).ptr);
        out = spec.type == 'X' ? upper(out) : out;
        return (number < 0 ? "-" : "") + (spec.alternate ? std::string("0") + spec.type : std::string()) + out;
    }
    if (!value.isNumber()) {
        fail(std::string("must be real number, not ") + value.typeName());
    }
    if (spec.type == '\0') {
        return floatRepr(value.real());
    }
    const double number = spec.type == '%' ? value.real() * 100 : value.real();
    const char format[] = {'%', '.', '*', spec.type == '%' ? 'f' : spec.type, '\0'};
    std::snprintf(buffer, sizeof buffer, format, spec.precision < 0 ? 6 : spec.precision, number);
    return buffer + std::string(spec.type == '%' ? "%" : "");
}

std::string grouped(const std::string& number)
{
    const auto end = number.find_first_of(".e%");
    std::string out = number.substr(0, end);
    const auto first = out.starts_with('-') ? 1U : 0U;
    for (auto at = out.size(); at > first + 3;) {
        at -= 3;
        out.insert(at, ",");
    }
    return out + (end == std::string::npos ? "" : number.substr(end));
}

std::string number(const Value& value, const Spec& spec)
{
    auto out = digits(value, spec);
    out = spec.group ? grouped(out) : out;
    if (!out.starts_with('-') && spec.sign != '-') {
        out.insert(0, 1, spec.sign);
    }
    const auto missing = static_cast<std::size_t>(spec.width) - std::min<std::size_t>(spec.width, out.size());
    if (spec.align == '=') {
        const bool hasSign = !out.empty() && !isDigit(static_cast<unsigned char>(out[0]));
        out.insert(hasSign ? 1 : 0, std::string(missing, '0'));
    }
    return out;
}

Text written(const Value& value, Spec spec)
{
    const bool isText = spec.type == 's' || spec.type == 'r' || spec.type == 'a'
                        || (spec.type == '\0' && !value.isNumber());
    const bool isBool = spec.type == '\0' && value.isBool();
    Text out;
    if (spec.type == 'c') {
        if (value.isText()) {
            out = value.text();
        } else {
            appendUtf8(out.bytes, static_cast<char32_t>(value.isNumber() ? value.integer() : 0xFFFD));
        }
    } else if (isText || isBool) {
        out = spec.type == 'r' || spec.type == 'a' ? Text{repr(value), {}} : str(value);
        if (spec.precision >= 0) {
            out = out.slice(0, byteOf(out.bytes, static_cast<std::size_t>(spec.precision)));
        }
    } else {
        out.bytes = number(value, spec);
    }
    const char align = spec.align != '\0' ? spec.align : isText || isBool ? '<' : '>';
    if (align == '^') {
        const auto missing = std::max<std::int64_t>(spec.width - static_cast<std::int64_t>(countCharacters(out.bytes)), 0);
        out = pad(out, spec.width - missing + missing / 2, spec.fill, Side::Right);
    }
    return pad(out, spec.width, spec.fill, align == '<' || align == '^' ? Side::Left : Side::Right);
}

Spec bracesSpec(std::string_view text)
{
    Spec spec;
    std::size_t at = 0;
    static constexpr std::string_view kAligns = "<>^=";
    const auto first = text.empty() ? 0 : static_cast<std::size_t>(decodeAt(text, 0).length);
    if (first < text.size() && kAligns.find(text[first]) != std::string_view::npos) {
        spec.fill = std::string(text.substr(0, first));
        spec.align = text[first];
        at = first + 1;
    } else if (!text.empty() && kAligns.find(text[0]) != std::string_view::npos) {
        spec.align = text[at++];
    }
    const auto sees = [&](char c) { return at < text.size() && text[at] == c && ++at > 0; };
    spec.sign = sees('+') ? '+' : sees(' ') ? ' ' : (sees('-'), '-');
    spec.alternate = sees('#');
    if (sees('0') && spec.align == '\0') {
        spec.align = '=';
    }
    spec.width = readCount(text, at);
    spec.group = sees(',');
    if (sees('.')) {
        spec.precision = readCount(text, at);
    }
    spec.type = at < text.size() ? text[at++] : '\0';
    if (at != text.size() || std::string_view(std::string_view("\0sdfFeEgGxXobc%", 15)).find(spec.type) == std::string_view::npos) {
        fail("the format \"" + std::string(text) + "\" is not understood");
    }
    return spec;
}

// What "%" takes its values from: a tuple one by one, a dict by name, or the one value itself.
class PercentValues {
public:
    explicit PercentValues(const Value& values) : m_values(values), m_several(values.isList() && values.list().tuple) {}

    const Value& next()
    {
        if (m_used >= (m_several ? m_values.list().items.size() : 1)) {
            fail("not enough arguments for format string");
        }
        return m_several ? m_values.list().items[m_used++] : (++m_used, m_values);
    }

    // At the "(" of "%(name)s"; moves behind the ")".
    const Value& named(std::string_view text, std::size_t& at) const
    {
        const auto close = std::min(text.find(')', at), text.size());
        const auto name = text.substr(at + 1, close - at - 1);
        const auto* found = m_values.isMapping() ? m_values.dict().find(name) : nullptr;
        if (found == nullptr) {
            fail("a format names \"" + std::string(name.substr(0, 60)) + "\", which is not given");
        }
        at = close + 1;
        return *found;
    }

    void finish() const
    {
        if (m_several && m_used < m_values.list().items.size()) {
            fail("not all arguments converted during string formatting");
        }
    }

private:
    const Value& m_values;
    bool m_several = false;
    std::size_t m_used = 0;
};

Spec percentSpec(std::string_view text, std::size_t& at)
{
    Spec spec;
    for (; at < text.size() && std::string_view("#0- +").find(text[at]) != std::string_view::npos; ++at) {
        spec.alternate = spec.alternate || text[at] == '#';
        spec.align = text[at] == '-' ? '<' : text[at] == '0' && spec.align == '\0' ? '=' : spec.align;
        spec.sign = text[at] == '+' ? '+' : text[at] == ' ' && spec.sign == '-' ? ' ' : spec.sign;
    }
    spec.width = readCount(text, at);
    if (at < text.size() && text[at] == '.') {
        spec.precision = readCount(text, ++at);
    }
    spec.type = at < text.size() ? text[at++] : '\0';
    if (spec.type == '\0' || std::string_view("srdiufFeEgGxXoc%a").find(spec.type) == std::string_view::npos) {
        fail("unsupported format character in \"" + std::string(text.substr(0, 60)) + '"');
    }
    if (std::string_view("srac").find(spec.type) != std::string_view::npos && spec.align != '<') {
        spec.align = '>';
    }
    return spec;
}

// The value of a field "name" or "0" or "" of str.format.
const Value& fieldValue(std::string_view name, const Arguments& arguments, std::size_t& used)
{
    std::size_t index = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), index);
    if (name.empty() || (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size())) {
        index = name.empty() ? used++ : index;
        if (index < arguments.positional.size()) {
            return arguments.positional[index];
        }
    }
    for (const auto& [key, value] : arguments.named) {
        if (key == name) {
            return value;
        }
    }
    fail("a format names \"" + std::string(name.substr(0, 60)) + "\", which is not given");
}

} // namespace

Text formatPercent(const Text& format, const Value& values)
{
    Text out;
    PercentValues in(values);
    const std::string_view text = format.bytes;
    for (std::size_t begin = 0; begin < text.size();) {
        auto at = std::min(text.find('%', begin), text.size());
        out.append(format.slice(begin, at));
        if (at == text.size()) {
            break;
        }
        spend(1);
        const Value* named = ++at < text.size() && text[at] == '(' ? &in.named(text, at) : nullptr;
        const auto spec = percentSpec(text, at);
        if (spec.type == '%') {
            out.append(std::string_view("%"));
        } else {
            out.append(written(named != nullptr ? *named : in.next(), spec));
        }
        begin = at;
    }
    in.finish();
    return out;
}

Text formatBraces(const Text& format, const Arguments& arguments)
{
    Text out;
    const std::string_view text = format.bytes;
    std::size_t used = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto at = std::min(text.find_first_of("{}", begin), text.size());
        out.append(format.slice(begin, at));
        if (at == text.size()) {
            break;
        }
        spend(1);
        if (at + 1 < text.size() && text[at + 1] == text[at]) {
            out.append(text.substr(at, 1));
            begin = at + 2;
            continue;
        }
        const auto close = text.find('}', at);
        if (text[at] == '}' || close == std::string_view::npos) {
            fail("a single brace stands in a format string");
        }
        const auto field = text.substr(at + 1, close - at - 1);
        const auto name = field.substr(0, std::min(field.find_first_of(":!"), field.size()));
        auto rest = field.substr(name.size());
        const bool asRepr = rest.starts_with("!r");
        rest = rest.starts_with('!') ? rest.substr(std::min<std::size_t>(2, rest.size())) : rest;
        const auto& value = fieldValue(name, arguments, used);
        const auto spec = bracesSpec(rest.starts_with(':') ? rest.substr(1) : rest);
        out.append(written(asRepr ? Value(repr(value)) : value, spec));
        begin = close + 1;
    }
    return out;
}

} // namespace luthier::text::jinja
