// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/utf8.h"
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/builtins/methods.h"
#include "core/text/jinja/values/format.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace string_methods {
namespace {

using Args = Arguments;

template <std::string (*change)(std::string_view)>
Value mapped(Engine&, const Value& self, Args& args)
{
    const Bound none("the method", args, {});
    return Value(changed(change(self.bytes()), self.text()));
}

template <Side side>
Value stripped(Engine&, const Value& self, Args& args)
{
    const Bound in("strip", args, {"chars"});
    return Value(strip(self.text(), side, in.isNone(0) ? std::nullopt : std::optional(in.bytes(0, {}))));
}

template <bool fromRight>
Value split(Engine&, const Value& self, Args& args)
{
    const Bound in("split", args, {"sep", "maxsplit"});
    const auto most = in.integer(1, -1);
    return Value::list(in.isNone(0) ? splitAtSpace(self.text(), most, fromRight)
                                    : splitAt(self.text(), in.bytes(0, {}), most, fromRight));
}

template <bool fromRight>
Value partition(Engine&, const Value& self, Args& args)
{
    const Bound in("partition", args, {"sep"});
    const Text separator{in.at(0).isText() ? in.at(0).bytes() : in.bytes(0, {}), {}};
    auto parts = splitAt(self.text(), separator.bytes, 1, fromRight);
    const bool found = parts.size() == 2;
    const Value empty(std::string{});
    if (!found) {
        return Value::list(fromRight ? std::vector{empty, empty, parts[0]} : std::vector{parts[0], empty, empty}, true);
    }
    return Value::list({parts[0], Value(separator), parts[1]}, true);
}

Value lines(Engine&, const Value& self, Args& args)
{
    return Value::list(splitLines(self.text(), Bound("splitlines", args, {"keepends"}).truth(0, false)));
}

Value replaced(Engine&, const Value& self, Args& args)
{
    const Bound in("replace", args, {"old", "new", "count"});
    in.at(0);
    in.bytes(1, {});
    return Value(replace(self.text(), in.bytes(0, {}), in.at(1).text(), in.integer(2, -1)));
}

Value joinOf(Engine&, const Value& self, Args& args)
{
    const auto parts = iterate(Bound("join", args, {"iterable"}).at(0));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].isText()) {
            fail("sequence item " + std::to_string(i) + ": expected str instance, " + parts[i].typeName() + " found");
        }
    }
    return Value(join(self.text(), parts));
}

template <bool atEnd>
Value startsOrEnds(Engine&, const Value& self, Args& args)
{
    const Bound in("startswith", args, {"prefix", "start", "end"});
    auto subject = self;
    if (in.has(1)) {
        subject = slice(self, *&in.at(1), in.value(2, Value(None{})), Value(None{}));
    }
    const auto& sought = in.at(0);
    const auto options = sought.isList() ? sought.list().items : std::vector{sought};
    for (const auto& one : options) {
        if (!one.isText()) {
            fail(one.isUndefined() ? one.why() : std::string("startswith first arg must be str or a tuple of str, not ")
                                                     + one.typeName());
        }
        if (atEnd ? subject.bytes().ends_with(one.bytes()) : subject.bytes().starts_with(one.bytes())) {
            return Value(true);
        }
    }
    return Value(false);
}

template <bool fromRight, bool mustFind>
Value find(Engine&, const Value& self, Args& args)
{
    const Bound in("find", args, {"sub", "start", "end"});
    in.at(0);
    const auto part = slice(self, in.value(1, Value(None{})), in.value(2, Value(None{})), Value(None{}));
    const auto sought = in.bytes(0, {});
    spend(part.bytes().size() / 8);
    const auto at = fromRight ? part.bytes().rfind(sought) : part.bytes().find(sought);
    if (at == std::string::npos) {
        if (mustFind) {
            fail("substring not found");
        }
        return Value(std::int64_t{-1});
    }
    const auto size = static_cast<std::int64_t>(countCharacters(self.bytes()));
    auto start = in.isNone(1) ? 0 : in.integer(1, 0);
    start = std::max<std::int64_t>(start < 0 ? start + size : start, 0);
    return Value(start + static_cast<std::int64_t>(countCharacters(std::string_view(part.bytes()).substr(0, at))));
}

Value count(Engine&, const Value& self, Args& args)
{
    const Bound in("count", args, {"sub", "start", "end"});
    in.at(0);
    const auto part = slice(self, in.value(1, Value(None{})), in.value(2, Value(None{})), Value(None{}));
    const auto sought = in.bytes(0, {});
    if (sought.empty()) {
        return Value(static_cast<std::int64_t>(countCharacters(part.bytes()) + 1));
    }
    return Value(static_cast<std::int64_t>(splitAt(part.text(), sought, -1, false).size()) - 1);
}

template <Side side>
Value padded(Engine&, const Value& self, Args& args)
{
    const Bound in("center", args, {"width", "fillchar"});
    in.at(0);
    return Value(pad(self.text(), in.integer(0, 0), in.bytes(1, " "), side));
}

Value zeroFilled(Engine&, const Value& self, Args& args)
{
    const Bound in("zfill", args, {"width"});
    in.at(0);
    const auto& bytes = self.bytes();
    const bool hasSign = bytes.starts_with('-') || bytes.starts_with('+');
    const auto body = self.text().slice(hasSign ? 1 : 0, bytes.size());
    Text out{hasSign ? bytes.substr(0, 1) : std::string(), {}};
    out.append(pad(body, in.integer(0, 0) - (hasSign ? 1 : 0), "0", Side::Right));
    return Value(std::move(out));
}

template <bool atEnd>
Value without(Engine&, const Value& self, Args& args)
{
    const Bound in("removeprefix", args, {"prefix"});
    in.at(0);
    const auto piece = in.bytes(0, {});
    const auto& bytes = self.bytes();
    if (piece.empty() || !(atEnd ? bytes.ends_with(piece) : bytes.starts_with(piece))) {
        return self;
    }
    return Value(atEnd ? self.text().slice(0, bytes.size() - piece.size()) : self.text().slice(piece.size(), bytes.size()));
}

template <bool (*is)(char32_t)>
Value every(Engine&, const Value& self, Args&)
{
    const auto points = toCodePoints(self.bytes());
    spend(points.size() / 16);
    return Value(!points.empty() && std::all_of(points.begin(), points.end(), is));
}

bool isLetterOrDigit(char32_t c)
{
    return isLetter(c) || isDigit(c);
}

bool isAscii(char32_t c)
{
    return c < 0x80;
}

template <bool wantUpper>
Value isCased(Engine&, const Value& self, Args&)
{
    const auto& bytes = self.bytes();
    return Value((wantUpper ? upper(bytes) : lower(bytes)) == bytes && upper(bytes) != lower(bytes));
}

Value isTitled(Engine&, const Value& self, Args&)
{
    return Value(titled(self.bytes()) == self.bytes() && upper(self.bytes()) != lower(self.bytes()));
}

Value formatted(Engine&, const Value& self, Args& args)
{
    return Value(formatBraces(self.text(), args));
}

Value ascii(Engine&, const Value& self, Args&)
{
    const auto& bytes = self.bytes();
    return Value(std::all_of(bytes.begin(), bytes.end(), [](char c) { return isAscii(static_cast<unsigned char>(c)); }));
}

constexpr MethodRow kMethods[] = {
    {"strip", stripped<Side::Both>}, {"lstrip", stripped<Side::Left>}, {"rstrip", stripped<Side::Right>},
    {"split", split<false>}, {"rsplit", split<true>}, {"splitlines", lines}, {"partition", partition<false>},
    {"rpartition", partition<true>}, {"replace", replaced}, {"join", joinOf}, {"startswith", startsOrEnds<false>},
    {"endswith", startsOrEnds<true>}, {"find", find<false, false>}, {"rfind", find<true, false>},
    {"index", find<false, true>}, {"rindex", find<true, true>}, {"count", count}, {"upper", mapped<upper>},
    {"lower", mapped<lower>}, {"casefold", mapped<lower>}, {"capitalize", mapped<capitalized>},
    {"swapcase", mapped<swapped>}, {"title", mapped<titled>}, {"center", padded<Side::Both>},
    {"ljust", padded<Side::Left>}, {"rjust", padded<Side::Right>}, {"zfill", zeroFilled},
    {"removeprefix", without<false>}, {"removesuffix", without<true>}, {"isdigit", every<isDigit>},
    {"isdecimal", every<isDigit>}, {"isnumeric", every<isDigit>}, {"isalpha", every<isLetter>},
    {"isalnum", every<isLetterOrDigit>}, {"isspace", every<isPythonSpace>}, {"isascii", ascii},
    {"isupper", isCased<true>}, {"islower", isCased<false>}, {"istitle", isTitled}, {"format", formatted},
};

} // namespace
} // namespace string_methods

std::span<const MethodRow> stringMethods()
{
    return string_methods::kMethods;
}

} // namespace luthier::text::jinja
