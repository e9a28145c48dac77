// SPDX-License-Identifier: GPL-3.0-or-later
// Arithmetic and slices, as Python does them; whole numbers have 64 bits here and say so when they do not suffice.
#include "core/text/characters/utf8.h"
#include "core/text/jinja/engine.h"
#include "core/text/jinja/values/format.h"

#include <algorithm>
#include <cmath>

namespace luthier::text::jinja {

namespace {

[[noreturn]] void unsupported(const std::string& operation, const Value& a, const Value& b)
{
    if (a.isUndefined() || b.isUndefined()) {
        fail(a.isUndefined() ? a.why() : b.why());
    }
    if (operation == "+" && a.isText()) {
        fail(std::string("can only concatenate str (not \"") + b.typeName() + "\") to str");
    }
    fail("unsupported operand type(s) for " + operation + ": '" + a.typeName() + "' and '" + b.typeName() + "'");
}

// By reference: the sum is written while the other argument is evaluated.
std::int64_t checked(bool overflow, const std::int64_t& value)
{
    if (overflow) {
        fail("a whole number grew past 64 bits");
    }
    return value;
}

std::int64_t floorDivide(std::int64_t a, std::int64_t b)
{
    checked(a == INT64_MIN && b == -1, 0);
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t wholePower(std::int64_t base, std::int64_t exponent)
{
    std::int64_t out = 1;
    for (; exponent > 0; --exponent) {
        spend(1);
        std::int64_t next = 0;
        checked(__builtin_mul_overflow(out, base, &next), 0);
        if (next == out) {
            return out;
        }
        out = next;
    }
    return out;
}

Value whole(char op, std::int64_t a, std::int64_t b)
{
    std::int64_t out = 0;
    switch (op) {
    case '+':
        return Value(checked(__builtin_add_overflow(a, b, &out), out));
    case '-':
        return Value(checked(__builtin_sub_overflow(a, b, &out), out));
    case '*':
        return Value(checked(__builtin_mul_overflow(a, b, &out), out));
    case '%':
        return Value(b == -1 ? 0 : a - floorDivide(a, b) * b);
    default:
        return Value(floorDivide(a, b));
    }
}

double realModulo(double a, double b)
{
    const double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Value arithmetic(const std::string& op, const Value& a, const Value& b)
{
    const bool isReal = a.isFloat() || b.isFloat();
    if ((op[0] == '/' || op == "%") && b.real() == 0) {
        fail("division by zero");
    }
    if (op == "**") {
        const bool isWhole = !isReal && b.integer() >= 0;
        if (a.real() == 0 && b.real() < 0) {
            fail("zero cannot be raised to a negative power");
        }
        return isWhole && std::llabs(a.integer()) <= 1 && b.integer() > 2
                   ? Value(a.integer() < 0 && b.integer() % 2 == 0 ? std::int64_t{1} : a.integer())
               : isWhole ? Value(wholePower(a.integer(), b.integer()))
                         : Value(std::pow(a.real(), b.real()));
    }
    if (op == "/") {
        return Value(a.real() / b.real());
    }
    if (!isReal) {
        return whole(op == "//" ? 'f' : op[0], a.integer(), b.integer());
    }
    return op == "+"    ? Value(a.real() + b.real())
           : op == "-"  ? Value(a.real() - b.real())
           : op == "*"  ? Value(a.real() * b.real())
           : op == "//" ? Value(std::floor(a.real() / b.real()))
                        : Value(realModulo(a.real(), b.real()));
}

Value repeat(const Value& subject, std::int64_t times)
{
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    const auto size = subject.isText() ? subject.bytes().size() : subject.list().items.size() * sizeof(Value);
    if (size > 0 && count > kMostBytes / size) {
        allocate(kMostBytes + 1);
    }
    Text text;
    std::vector<Value> items;
    for (std::size_t i = 0; i < (size > 0 ? count : 0); ++i) {
        if (subject.isText()) {
            text.append(subject.text());
        } else {
            spend(1);
            const auto& more = subject.list().items;
            items.insert(items.end(), more.begin(), more.end());
        }
    }
    return subject.isText() ? Value(std::move(text)) : Value::list(std::move(items), subject.list().tuple);
}

Value joined(const Value& a, const Value& b)
{
    if (a.isText()) {
        auto out = a.text();
        allocate(out.bytes.size());
        out.append(b.text());
        return Value(std::move(out));
    }
    auto items = iterate(a);
    const auto& more = b.list().items;
    items.insert(items.end(), more.begin(), more.end());
    return Value::list(std::move(items), a.list().tuple);
}

bool isPlainList(const Value& value)
{
    return value.isList() && !value.list().lazy;
}

} // namespace

Value binary(const std::string& operation, const Value& a, const Value& b)
{
    if (a.isNumber() && b.isNumber()) {
        return arithmetic(operation, a, b);
    }
    if (operation == "+" && ((a.isText() && b.isText())
                             || (isPlainList(a) && isPlainList(b) && a.list().tuple == b.list().tuple))) {
        return joined(a, b);
    }
    if (operation == "*") {
        const auto& subject = a.isNumber() ? b : a;
        const auto& times = a.isNumber() ? a : b;
        if ((subject.isText() || isPlainList(subject)) && times.isNumber() && !times.isFloat()) {
            return repeat(subject, times.integer());
        }
    }
    if (operation == "%" && a.isText()) {
        return Value(formatPercent(a.text(), b));
    }
    unsupported(operation, a, b);
}

Value negative(const Value& value)
{
    if (value.isFloat()) {
        return Value(-value.real());
    }
    if (value.isNumber()) {
        return whole('-', 0, value.integer());
    }
    fail(value.isUndefined() ? value.why() : std::string("bad operand type for unary -: '") + value.typeName() + "'");
}

Value slice(const Value& subject, const Value& start, const Value& stop, const Value& step)
{
    if (subject.isUndefined()) {
        fail(subject.why());
    }
    if (!subject.isText() && !isPlainList(subject)) {
        return Value::undefined(std::string("a value of type ") + subject.typeName() + " cannot be sliced");
    }
    for (const auto* bound : {&start, &stop, &step}) {
        if (!bound->isNone() && (!bound->isNumber() || bound->isFloat())) {
            return Value::undefined("the bounds of a slice must be whole numbers");
        }
    }
    const auto items = iterate(subject);
    const auto size = static_cast<std::int64_t>(items.size());
    const auto by = step.isNone() ? 1 : step.integer();
    if (by == 0) {
        fail("the step of a slice cannot be zero");
    }
    const std::int64_t low = by > 0 ? 0 : -1;
    const std::int64_t high = by > 0 ? size : size - 1;
    const auto place = [&](const Value& bound, std::int64_t otherwise) {
        return bound.isNone() ? otherwise
                              : std::clamp(bound.integer() < 0 ? bound.integer() + size : bound.integer(), low, high);
    };
    const auto end = place(stop, by > 0 ? high : low);
    std::vector<Value> chosen;
    for (auto at = place(start, by > 0 ? low : high); by > 0 ? at < end : at > end;) {
        chosen.push_back(items[static_cast<std::size_t>(at)]);
        if (__builtin_add_overflow(at, by, &at)) {
            break;
        }
    }
    if (!subject.isText()) {
        return Value::list(std::move(chosen), subject.list().tuple);
    }
    Text out;
    for (const auto& one : chosen) {
        out.append(one.text());
    }
    return Value(std::move(out));
}

} // namespace luthier::text::jinja
