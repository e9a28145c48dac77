// SPDX-License-Identifier: GPL-3.0-or-later
// Tests: what may stand after "is".
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/builtins/filters.h"
#include "core/text/jinja/engine.h"
#include "core/text/jinja/values/strings.h"

namespace luthier::text::jinja {

namespace {

struct TestRow {
    std::string_view name;
    bool (*holds)(const Value& subject, const Bound& in);
    bool takesOther = false; // one argument
};

std::int64_t whole(const Value& value)
{
    if (!value.isNumber()) {
        fail(value.isUndefined() ? value.why() : "a number is needed, not " + std::string(value.typeName()));
    }
    return value.isFloat() ? static_cast<std::int64_t>(value.real()) : value.integer();
}

bool same(const Value& a, const Value& b)
{
    const bool isObject = a.isList() || a.isDict();
    if (a.state().index() != b.state().index()) {
        return false;
    }
    return isObject ? (a.isList() ? &a.list() == &b.list() : &a.dict() == &b.dict()) : equal(a, b);
}

bool isCased(const Value& value, bool wantUpper)
{
    const auto text = str(value).bytes;
    return (wantUpper ? upper(text) : lower(text)) == text && upper(text) != lower(text);
}

bool ordered(const Value& a, const Value& b, const char* op)
{
    const int order = compare(a, b, op);
    return op[0] == '<' ? order < 0 || (op[1] == '=' && order == 0) : order > 0 || (op[1] == '=' && order == 0);
}

bool isIterable(const Value& v)
{
    return v.isUndefined() || v.isText() || v.isList() || v.isMapping() || v.loop() != nullptr;
}

bool isSequence(const Value& v)
{
    return v.isText() || v.isMapping() || v.isUndefined() || (v.isList() && !v.list().lazy);
}

constexpr TestRow kTests[] = {
    {"defined", [](const Value& v, const Bound&) { return !v.isUndefined(); }},
    {"undefined", [](const Value& v, const Bound&) { return v.isUndefined(); }},
    {"none", [](const Value& v, const Bound&) { return v.isNone(); }},
    {"boolean", [](const Value& v, const Bound&) { return v.isBool(); }},
    {"true", [](const Value& v, const Bound&) { return v.isBool() && v.truth(); }},
    {"false", [](const Value& v, const Bound&) { return v.isBool() && !v.truth(); }},
    {"integer", [](const Value& v, const Bound&) { return v.isInt(); }},
    {"float", [](const Value& v, const Bound&) { return v.isFloat(); }},
    {"number", [](const Value& v, const Bound&) { return v.isNumber(); }},
    {"string", [](const Value& v, const Bound&) { return v.isText(); }},
    {"mapping", [](const Value& v, const Bound&) { return v.isMapping(); }},
    {"sequence", [](const Value& v, const Bound&) { return isSequence(v); }},
    {"iterable", [](const Value& v, const Bound&) { return isIterable(v); }},
    {"callable", [](const Value& v, const Bound&) { return v.isCallable(); }},
    {"escaped", [](const Value&, const Bound&) { return false; }},
    {"odd", [](const Value& v, const Bound&) { return whole(v) % 2 != 0; }},
    {"even", [](const Value& v, const Bound&) { return whole(v) % 2 == 0; }},
    {"lower", [](const Value& v, const Bound&) { return isCased(v, false); }},
    {"upper", [](const Value& v, const Bound&) { return isCased(v, true); }},
    {"divisibleby",
     [](const Value& v, const Bound& in) {
         if (whole(in.at(0)) == 0) {
             fail("division by zero");
         }
         return whole(in.at(0)) == -1 || whole(v) % whole(in.at(0)) == 0;
     }, true},
    {"sameas", [](const Value& v, const Bound& in) { return same(v, in.at(0)); }, true},
    {"in", [](const Value& v, const Bound& in) { return contains(in.at(0), v); }, true},
    {"==", [](const Value& v, const Bound& in) { return equal(v, in.at(0)); }, true},
    {"eq", [](const Value& v, const Bound& in) { return equal(v, in.at(0)); }, true},
    {"equalto", [](const Value& v, const Bound& in) { return equal(v, in.at(0)); }, true},
    {"!=", [](const Value& v, const Bound& in) { return !equal(v, in.at(0)); }, true},
    {"ne", [](const Value& v, const Bound& in) { return !equal(v, in.at(0)); }, true},
    {">", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), ">"); }, true},
    {"gt", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), ">"); }, true},
    {"greaterthan", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), ">"); }, true},
    {">=", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), ">="); }, true},
    {"ge", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), ">="); }, true},
    {"<", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), "<"); }, true},
    {"lt", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), "<"); }, true},
    {"lessthan", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), "<"); }, true},
    {"<=", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), "<="); }, true},
    {"le", [](const Value& v, const Bound& in) { return ordered(v, in.at(0), "<="); }, true},
};

} // namespace

bool isTest(std::string_view name)
{
    for (const auto& row : kTests) {
        if (row.name == name) {
            return true;
        }
    }
    return name == "filter" || name == "test";
}

bool Engine::test(const std::string& name, const Value& subject, Arguments& arguments)
{
    for (const auto& row : kTests) {
        if (row.name == name) {
            const Bound in = row.takesOther ? Bound(name, arguments, {"other"}) : Bound(name, arguments, {});
            return row.holds(subject, in);
        }
    }
    if (name == "filter" || name == "test") {
        const auto sought = str(subject).bytes;
        return name == "test" ? isTest(sought) : isFilter(sought);
    }
    fail("No test named '" + name + "'.");
}

} // namespace luthier::text::jinja
