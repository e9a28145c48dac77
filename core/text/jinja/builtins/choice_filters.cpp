// SPDX-License-Identifier: GPL-3.0-or-later
// Filters that pick or change every item: map, select, reject and their forms for attributes.
#include "core/text/jinja/builtins/filters.h"

namespace luthier::text::jinja {

namespace choice_filters {
namespace {

using Args = Arguments;

// The first argument, taken off the others.
Value takeFirst(Args& args, const char* filter, const char* what)
{
    if (args.positional.empty()) {
        fail(std::string(filter) + " needs " + what);
    }
    auto out = args.positional.front();
    args.positional.erase(args.positional.begin());
    return out;
}

Value map(Engine& engine, const Value& subject, Args& args)
{
    std::vector<Value> out;
    if (args.positional.empty() && !args.named.empty()) {
        const Value* attribute = nullptr;
        const Value* otherwise = nullptr;
        for (const auto& [name, value] : args.named) {
            if (name != "attribute" && name != "default") {
                fail("Unexpected keyword argument '" + name + "'");
            }
            (name == "attribute" ? attribute : otherwise) = &value;
        }
        if (attribute == nullptr) {
            fail("map requires a filter argument");
        }
        for (const auto& item : iterate(subject)) {
            out.push_back(path(engine, item, *attribute, otherwise));
        }
        return Value::lazy(std::move(out));
    }
    const auto name = str(takeFirst(args, "map", "a filter argument")).bytes;
    for (const auto& item : iterate(subject)) {
        auto copy = args;
        out.push_back(engine.filter(name, item, copy));
    }
    return Value::lazy(std::move(out));
}

template <bool wanted, bool ofAttribute>
Value choose(Engine& engine, const Value& subject, Args& args)
{
    const auto attribute = ofAttribute ? takeFirst(args, "selectattr", "the name of an attribute") : Value();
    const auto test = args.positional.empty() ? std::string() : str(takeFirst(args, "select", "a test")).bytes;
    std::vector<Value> out;
    for (auto& item : iterate(subject)) {
        spend(1);
        const auto value = ofAttribute ? path(engine, item, attribute) : item;
        auto copy = args;
        if ((test.empty() ? value.truth() : engine.test(test, value, copy)) == wanted) {
            out.push_back(std::move(item));
        }
    }
    return Value::lazy(std::move(out));
}

constexpr FilterRow kFilters[] = {
    {"map", map}, {"select", choose<true, false>}, {"reject", choose<false, false>},
    {"selectattr", choose<true, true>}, {"rejectattr", choose<false, true>},
};

} // namespace
} // namespace choice_filters

std::span<const FilterRow> choiceFilters()
{
    return choice_filters::kFilters;
}

} // namespace luthier::text::jinja
