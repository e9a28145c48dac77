// SPDX-License-Identifier: GPL-3.0-or-later
// Filters of strings and numbers.
#include "core/text/characters/utf8.h"
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/builtins/filters.h"
#include "core/text/jinja/values/format.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace luthier::text::jinja {

namespace text_filters {
namespace {

using Args = Arguments;

template <std::string (*change)(std::string_view)>
Value mapped(Engine&, const Value& subject, Args& args)
{
    const Bound none("the filter", args, {});
    const auto text = str(subject);
    return Value(changed(change(text.bytes), text));
}

// Jinja's own: a word begins at the start and after - ( { [ < and white space.
std::string wordTitle(std::string_view text)
{
    std::string out;
    std::string word;
    const auto flush = [&] { out += std::exchange(word, {}); };
    for (const auto c : toCodePoints(text)) {
        const bool parts = isPythonSpace(c) || (c < 0x80 && std::string_view("-({[<").find(static_cast<char>(c)) != std::string_view::npos);
        if (parts) {
            flush();
            appendUtf8(out, c);
        } else {
            std::string letter;
            appendUtf8(letter, c);
            word += word.empty() ? upper(letter) : lower(letter);
        }
    }
    flush();
    return out;
}

Value trim(Engine&, const Value& subject, Args& args)
{
    const Bound in("trim", args, {"chars"});
    return Value(strip(str(subject), Side::Both, in.isNone(0) ? std::nullopt : std::optional(in.bytes(0, {}))));
}

Value replaced(Engine&, const Value& subject, Args& args)
{
    const Bound in("replace", args, {"old", "new", "count"});
    const auto before = str(in.at(0)).bytes;
    return Value(replace(str(subject), before, str(in.at(1)), in.isNone(2) ? -1 : in.integer(2, -1)));
}

Value escaped(Engine&, const Value& subject, Args&)
{
    const auto text = str(subject);
    std::string out;
    for (const char c : text.bytes) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '\'': out += "&#39;"; break;
        case '"': out += "&#34;"; break;
        default: out += c;
        }
    }
    return Value(changed(std::move(out), text));
}

Value indented(Engine&, const Value& subject, Args& args)
{
    const Bound in("indent", args, {"width", "first", "blank"});
    if (!subject.isText()) {
        fail(subject.isUndefined() ? subject.why() : "indent needs a string, not " + std::string(subject.typeName()));
    }
    const bool isText = in.has(0) && in.at(0).isText();
    const Text margin = isText ? in.at(0).text() : pad({}, isText ? 0 : in.integer(0, 4), " ", Side::Left);
    auto whole = subject.text();
    whole.append(std::string_view("\n"));
    const auto lines = splitLines(whole, false);
    Text out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        spend(1);
        if (i > 0) {
            out.append(std::string_view("\n"));
        }
        if (i == 0 ? in.truth(1, false) : in.truth(2, false) || !lines[i].bytes().empty()) {
            out.append(margin);
        }
        out.append(lines[i].text());
    }
    return Value(std::move(out));
}

Value centered(Engine&, const Value& subject, Args& args)
{
    return Value(pad(str(subject), Bound("center", args, {"width"}).integer(0, 80), " ", Side::Both));
}

Value truncated(Engine&, const Value& subject, Args& args)
{
    const Bound in("truncate", args, {"length", "killwords", "end", "leeway"});
    const auto text = str(subject);
    const auto most = in.integer(0, 255);
    const auto end = in.bytes(2, "...");
    const auto room = most - static_cast<std::int64_t>(countCharacters(end));
    if (room < 0) {
        fail("truncate() needs a length of at least its end's");
    }
    if (static_cast<std::int64_t>(countCharacters(text.bytes)) <= most + (in.isNone(3) ? 5 : in.integer(3, 5))) {
        return Value(text);
    }
    auto out = text.slice(0, byteOf(text.bytes, static_cast<std::size_t>(room)));
    if (!in.truth(1, false)) {
        out = splitAt(out, " ", 1, true).front().text();
    }
    out.append(std::string_view(end));
    return Value(std::move(out));
}

Value wordCount(Engine&, const Value& subject, Args&)
{
    std::int64_t count = 0;
    bool inside = false;
    for (const auto c : toCodePoints(str(subject).bytes)) {
        const bool isWord = c == '_' || isLetter(c) || isDigit(c);
        count += isWord && !inside ? 1 : 0;
        inside = isWord;
    }
    return Value(count);
}

Value formatted(Engine&, const Value& subject, Args& args)
{
    if (args.named.empty()) {
        return Value(formatPercent(str(subject), Value::list(args.positional, true)));
    }
    auto dict = std::make_shared<Dict>();
    for (const auto& [name, value] : args.named) {
        dict->set(Value(name), value);
    }
    return Value(formatPercent(str(subject), Value(std::move(dict))));
}

// What float("...") reads; empty when it does not.
std::optional<double> readReal(const std::string& text)
{
    const auto bytes = strip(Text{text, {}}, Side::Both, std::nullopt).bytes;
    const auto plain = bytes.starts_with('+') ? bytes.substr(1) : bytes;
    double out = 0;
    const auto [end, problem] = std::from_chars(plain.data(), plain.data() + plain.size(), out);
    const bool isWhole = problem == std::errc{} && end == plain.data() + plain.size() && !plain.empty();
    return isWhole ? std::optional(out) : std::nullopt;
}

std::optional<std::int64_t> readWhole(const std::string& text, int base)
{
    auto bytes = strip(Text{text, {}}, Side::Both, std::nullopt).bytes;
    bytes.erase(std::remove(bytes.begin(), bytes.end(), '_'), bytes.end());
    const bool negative = bytes.starts_with('-');
    bytes = negative || bytes.starts_with('+') ? bytes.substr(1) : bytes;
    const char mark = base == 16 ? 'x' : base == 8 ? 'o' : base == 2 ? 'b' : '\0';
    if (mark != '\0' && bytes.size() > 2 && bytes[0] == '0' && (bytes[1] | 0x20) == mark) {
        bytes = bytes.substr(2);
    }
    std::int64_t out = 0;
    const auto [end, problem] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), out, base);
    const bool isWhole = problem == std::errc{} && end == bytes.data() + bytes.size() && !bytes.starts_with('-');
    return isWhole ? std::optional(negative ? -out : out) : std::nullopt;
}

Value toInt(Engine&, const Value& subject, Args& args)
{
    const Bound in("int", args, {"default", "base"});
    if (subject.isUndefined()) {
        fail(subject.why());
    }
    std::optional<double> real;
    if (subject.isText()) {
        const auto base = in.integer(1, 10);
        const auto whole = readWhole(subject.bytes(), static_cast<int>(std::clamp<std::int64_t>(base, 2, 36)));
        if (whole) {
            return Value(*whole);
        }
        real = readReal(subject.bytes());
    } else if (subject.isNumber()) {
        if (!subject.isFloat()) {
            return Value(subject.integer());
        }
        real = subject.real();
    }
    const bool fits = real && std::isfinite(*real) && std::fabs(*real) < 9.2e18;
    return fits ? Value(static_cast<std::int64_t>(*real)) : in.value(0, Value(std::int64_t{0}));
}

Value toFloat(Engine&, const Value& subject, Args& args)
{
    const Bound in("float", args, {"default"});
    if (subject.isUndefined()) {
        fail(subject.why());
    }
    const auto real = subject.isText()     ? readReal(subject.bytes())
                      : subject.isNumber() ? std::optional(subject.real())
                                           : std::nullopt;
    return real ? Value(*real) : in.value(0, Value(0.0));
}

Value absolute(Engine&, const Value& subject, Args&)
{
    if (!subject.isNumber()) {
        fail(subject.isUndefined() ? subject.why()
                                   : std::string("bad operand type for abs(): '") + subject.typeName() + "'");
    }
    return subject.isFloat()         ? Value(std::fabs(subject.real()))
           : subject.integer() < 0   ? negative(subject)
                                     : Value(subject.integer());
}

// Halves go to the even side, and decimals are those of the written number, as Python's round() has it.
double roundTo(double value, int places)
{
    if (!std::isfinite(value) || places > 300) {
        return value;
    }
    if (places <= 0) {
        const double scale = std::pow(10.0, -places);
        return std::nearbyint(value / scale) * scale;
    }
    char buffer[700];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, places).ptr;
    double out = value;
    std::from_chars(buffer, end, out);
    return out;
}

Value rounded(Engine&, const Value& subject, Args& args)
{
    const Bound in("round", args, {"precision", "method"});
    if (!subject.isNumber()) {
        fail(subject.isUndefined() ? subject.why() : std::string("round needs a number, not ") + subject.typeName());
    }
    const auto places = static_cast<int>(std::clamp<std::int64_t>(in.integer(0, 0), -300, 301));
    const auto method = in.bytes(1, "common");
    if (method != "common" && method != "ceil" && method != "floor") {
        fail("method must be common, ceil or floor");
    }
    if (method == "common") {
        return subject.isFloat() ? Value(roundTo(subject.real(), places))
               : places >= 0     ? Value(subject.integer())
                                 : Value(static_cast<std::int64_t>(roundTo(subject.real(), places)));
    }
    const double scale = std::pow(10.0, places);
    const double scaled = subject.real() * scale;
    return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
}

Value urlEncoded(Engine&, const Value& subject, Args&)
{
    static constexpr std::string_view kKept = "-._~/";
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto text = str(subject);
    std::string out;
    for (const char c : text.bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool isPlain = byte < 0x80 && (isLetter(byte) || isDigit(byte));
        if (isPlain || kKept.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return Value(changed(std::move(out), text));
}

constexpr FilterRow kFilters[] = {
    {"trim", trim}, {"upper", mapped<upper>}, {"lower", mapped<lower>}, {"capitalize", mapped<capitalized>},
    {"title", mapped<wordTitle>}, {"replace", replaced}, {"escape", escaped}, {"e", escaped},
    {"forceescape", escaped}, {"indent", indented}, {"center", centered}, {"truncate", truncated},
    {"wordcount", wordCount}, {"format", formatted}, {"int", toInt}, {"float", toFloat}, {"abs", absolute},
    {"round", rounded}, {"urlencode", urlEncoded},
};

} // namespace
} // namespace text_filters

std::span<const FilterRow> textFilters()
{
    return text_filters::kFilters;
}

} // namespace luthier::text::jinja
