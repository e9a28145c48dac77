// SPDX-License-Identifier: GPL-3.0-or-later
// Filters of lists and dicts that order, count and cut.
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/builtins/filters.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace list_filters {
namespace {

using Args = Arguments;

struct Keyed {
    Value key;
    Value item;
};

// Items with what they are ordered by: an attribute, several ("a,b"), or themselves.
std::vector<Keyed> keyed(Engine& engine, const Value& subject, const Bound& in, std::size_t attribute,
                         bool caseSensitive, const Value* otherwise = nullptr)
{
    std::vector<Keyed> out;
    std::vector<Value> paths;
    if (!in.isNone(attribute)) {
        const auto& named = in.at(attribute);
        paths = named.isText() ? splitAt(named.text(), ",", -1, false) : std::vector{named};
    }
    for (auto& item : iterate(subject)) {
        std::vector<Value> keys;
        for (const auto& one : paths) {
            keys.push_back(folded(path(engine, item, one, otherwise), caseSensitive));
        }
        auto key = keys.empty() ? folded(item, caseSensitive) : keys.size() == 1 ? keys[0] : Value::list(keys);
        out.push_back({std::move(key), std::move(item)});
    }
    return out;
}

void order(std::vector<Keyed>& rows, bool reverse)
{
    std::stable_sort(rows.begin(), rows.end(), [reverse](const auto& a, const auto& b) {
        return reverse ? compare(b.key, a.key, "<") < 0 : compare(a.key, b.key, "<") < 0;
    });
}

std::vector<Value> itemsOf(const std::vector<Keyed>& rows)
{
    std::vector<Value> out;
    for (const auto& row : rows) {
        out.push_back(row.item);
    }
    return out;
}

Value sorted(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("sort", args, {"reverse", "case_sensitive", "attribute"});
    auto rows = keyed(engine, subject, in, 2, in.truth(1, false));
    order(rows, in.truth(0, false));
    return Value::list(itemsOf(rows));
}

Value unique(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("unique", args, {"case_sensitive", "attribute"});
    std::vector<Keyed> seen;
    for (auto& row : keyed(engine, subject, in, 1, in.truth(0, false))) {
        if (std::none_of(seen.begin(), seen.end(), [&](const auto& one) { return equal(one.key, row.key); })) {
            seen.push_back(std::move(row));
        }
    }
    return Value::lazy(itemsOf(seen));
}

template <bool wantLargest>
Value extreme(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("min", args, {"case_sensitive", "attribute"});
    const auto rows = keyed(engine, subject, in, 1, in.truth(0, false));
    if (rows.empty()) {
        return Value::undefined("No aggregated item, sequence was empty.");
    }
    const auto* best = &rows[0];
    for (const auto& row : rows) {
        const int sign = compare(row.key, best->key, wantLargest ? ">" : "<");
        best = (wantLargest ? sign > 0 : sign < 0) ? &row : best;
    }
    return best->item;
}

Value groups(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("groupby", args, {"attribute", "default", "case_sensitive"});
    const bool caseSensitive = in.truth(2, false);
    const auto* otherwise = in.isNone(1) ? nullptr : &in.at(1);
    in.at(0);
    auto rows = keyed(engine, subject, in, 0, caseSensitive, otherwise);
    order(rows, false);
    std::vector<Value> out;
    for (std::size_t i = 0; i < rows.size();) {
        std::vector<Value> members;
        const auto first = i;
        for (; i < rows.size() && equal(rows[i].key, rows[first].key); ++i) {
            members.push_back(rows[i].item);
        }
        auto name = path(engine, rows[first].item, in.at(0), otherwise);
        out.push_back(Value::list({std::move(name), Value::list(std::move(members))}, true));
    }
    return Value::list(std::move(out));
}

Value dictSorted(Engine&, const Value& subject, Args& args)
{
    const Bound in("dictsort", args, {"case_sensitive", "by", "reverse"});
    const auto by = in.bytes(1, "key");
    if (by != "key" && by != "value") {
        fail("You can only sort by either \"key\" or \"value\"");
    }
    if (!subject.isMapping()) {
        fail(subject.isUndefined() ? subject.why() : std::string("dictsort needs a dict, not ") + subject.typeName());
    }
    std::vector<Keyed> rows;
    for (const auto& [key, value] : subject.dict().items) {
        rows.push_back({folded(by == "key" ? key : value, in.truth(0, false)), Value::list({key, value}, true)});
    }
    order(rows, in.truth(2, false));
    return Value::list(itemsOf(rows));
}

Value first(Engine&, const Value& subject, Args&)
{
    const auto items = iterate(subject);
    return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

Value last(Engine&, const Value& subject, Args&)
{
    if (subject.isList() && subject.list().lazy) {
        fail("'generator' object is not reversible");
    }
    const auto items = iterate(subject);
    return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value reversed(Engine&, const Value& subject, Args&)
{
    auto items = iterate(subject);
    std::reverse(items.begin(), items.end());
    return subject.isText() ? Value(join({}, items)) : Value::lazy(std::move(items));
}

Value joined(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("join", args, {"d", "attribute"});
    auto items = iterate(subject);
    if (!in.isNone(1)) {
        for (auto& item : items) {
            item = path(engine, item, in.at(1));
        }
    }
    return Value(join(in.has(0) ? str(in.at(0)) : Text{}, items));
}

Value sum(Engine& engine, const Value& subject, Args& args)
{
    const Bound in("sum", args, {"attribute", "start"});
    auto total = in.value(1, Value(std::int64_t{0}));
    for (const auto& item : iterate(subject)) {
        total = binary("+", total, in.isNone(0) ? item : path(engine, item, in.at(0)));
    }
    return total;
}

Value batch(Engine&, const Value& subject, Args& args)
{
    const Bound in("batch", args, {"linecount", "fill_with"});
    in.at(0);
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(in.integer(0, 1), 1));
    std::vector<Value> out;
    std::vector<Value> row;
    for (auto& item : iterate(subject)) {
        if (row.size() == size) {
            out.push_back(Value::list(std::exchange(row, {})));
        }
        row.push_back(std::move(item));
    }
    if (!row.empty()) {
        if (!in.isNone(1)) {
            allocate(size > kMostBytes ? size : size * sizeof(Value));
            row.resize(std::max(size, row.size()), in.at(1));
        }
        out.push_back(Value::list(std::move(row)));
    }
    return Value::lazy(std::move(out));
}

Value columns(Engine&, const Value& subject, Args& args)
{
    const Bound in("slice", args, {"slices", "fill_with"});
    in.at(0);
    const auto items = iterate(subject);
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(in.integer(0, 1), 1, 100000));
    const auto size = items.size() / count;
    const auto longer = items.size() % count;
    std::vector<Value> out;
    for (std::size_t i = 0, at = 0; i < count; ++i) {
        const auto end = at + size + (i < longer ? 1 : 0);
        std::vector<Value> part(items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(end));
        if (!in.isNone(1) && i >= longer && longer > 0) {
            part.push_back(in.at(1));
        }
        out.push_back(Value::list(std::move(part)));
        at = end;
    }
    return Value::lazy(std::move(out));
}

constexpr FilterRow kFilters[] = {
    {"sort", sorted}, {"unique", unique}, {"min", extreme<false>}, {"max", extreme<true>}, {"groupby", groups},
    {"dictsort", dictSorted}, {"first", first}, {"last", last}, {"reverse", reversed}, {"join", joined},
    {"sum", sum}, {"batch", batch}, {"slice", columns},
};

} // namespace
} // namespace list_filters

std::span<const FilterRow> listFilters()
{
    return list_filters::kFilters;
}

} // namespace luthier::text::jinja
