// SPDX-License-Identifier: GPL-3.0-or-later
// Filters of any value, and the look-up in all tables.
#include "core/text/jinja/builtins/filters.h"

#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/values/json.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace {

using Args = Arguments;

Value lengthOf(Engine&, const Value& subject, Args&)
{
    return Value(static_cast<std::int64_t>(length(subject)));
}

Value stringOf(Engine&, const Value& subject, Args&)
{
    return subject.isText() ? subject : Value(str(subject));
}

Value unchanged(Engine&, const Value& subject, Args&)
{
    return subject.isText() ? subject : Value(str(subject));
}

Value defaulted(Engine&, const Value& subject, Args& args)
{
    const Bound in("default", args, {"default_value", "boolean"});
    const bool absent = subject.isUndefined() || (in.truth(1, false) && !subject.truth());
    return absent ? in.value(0, Value(std::string{})) : subject;
}

Value attributeOf(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("attr", args, {"name"});
    in.at(0);
    const auto name = in.bytes(0, {});
    if (subject.isMapping()) {
        // Only what Python calls an attribute: a method, not a key.
        const auto found = engine.attribute(subject, name);
        return found.isCallable() ? found : Value::undefined("'dict object' has no attribute '" + name + "'");
    }
    return engine.attribute(subject, name);
}

JsonStyle jsonStyle(const Bound& in)
{
    JsonStyle style;
    style.asciiOnly = in.truth(0, false);
    style.sortKeys = in.truth(3, false);
    if (!in.isNone(1)) {
        if (in.at(1).isText()) {
            style.indent = in.at(1).bytes();
        } else {
            style.indent = std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(in.integer(1, 0), 0, 100)), ' ');
        }
        style.itemSeparator.resize(1);
    }
    if (!in.isNone(2)) {
        const auto pair = iterate(in.at(2));
        if (pair.size() != 2 || !pair[0].isText() || !pair[1].isText()) {
            fail("tojson() needs two strings as separators");
        }
        style.itemSeparator = pair[0].bytes();
        style.keySeparator = pair[1].bytes();
    }
    return style;
}

Value json(Engine&, const Value& subject, Args& args)
{
    const Bound in("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"});
    return Value(toJson(subject, jsonStyle(in)));
}

Value listOf(Engine&, const Value& subject, Args&)
{
    return Value::list(iterate(subject));
}

Value itemsOf(Engine& engine, const Value& subject, Args&)
{
    if (subject.isUndefined()) {
        return Value::lazy({});
    }
    if (!subject.isMapping()) {
        fail("Can only get item pairs from a mapping.");
    }
    Args none;
    return Value::lazy(iterate(engine.call(engine.attribute(subject, "items"), none)));
}

constexpr FilterRow kFilters[] = {
    {"length", lengthOf}, {"count", lengthOf}, {"string", stringOf}, {"safe", unchanged}, {"default", defaulted},
    {"d", defaulted}, {"attr", attributeOf}, {"tojson", json}, {"list", listOf}, {"items", itemsOf},
};

const FilterRow* findFilter(std::string_view name)
{
    for (const auto rows : {valueFilters(), textFilters(), listFilters(), choiceFilters()}) {
        for (const auto& row : rows) {
            if (row.name == name) {
                return &row;
            }
        }
    }
    return nullptr;
}

} // namespace

std::span<const FilterRow> valueFilters()
{
    return kFilters;
}

bool isFilter(std::string_view name)
{
    return findFilter(name) != nullptr;
}

Value folded(const Value& value, bool caseSensitive)
{
    return caseSensitive || !value.isText() ? value : Value(changed(lower(value.bytes()), value.text()));
}

Value path(Engine& engine, const Value& subject, const Value& attribute, const Value* otherwise)
{
    spend(1);
    if (!attribute.isText()) {
        auto found = engine.item(subject, attribute);
        return found.isUndefined() && otherwise != nullptr ? *otherwise : found;
    }
    Value at = subject;
    for (const auto& part : splitAt(Text{attribute.bytes(), {}}, ".", -1, false)) {
        const auto& name = part.bytes();
        const bool isIndex = !name.empty() && name.size() < 10 && std::all_of(name.begin(), name.end(), [](char c) {
            return c >= '0' && c <= '9';
        });
        at = engine.item(at, isIndex ? Value(static_cast<std::int64_t>(std::stoll(name))) : part);
        if (at.isUndefined() && otherwise != nullptr) {
            at = *otherwise;
        }
    }
    return at;
}

Value Engine::filter(const std::string& name, const Value& subject, Arguments& arguments)
{
    spend(1);
    const auto* row = findFilter(name);
    if (row == nullptr) {
        fail("No filter named '" + name + "'.");
    }
    return row->apply(*this, subject, arguments);
}

} // namespace luthier::text::jinja
