// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes and items: a.b looks for a method first, then for a key; a['b'] the other way round.
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/builtins/methods.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace {

Value dictItems(Engine&, const Value& self, Arguments& args)
{
    const Bound none("items", args, {});
    std::vector<Value> out;
    for (const auto& [key, value] : self.dict().items) {
        spend(1);
        out.push_back(Value::list({key, value}, true));
    }
    return Value::list(std::move(out));
}

template <bool wantKeys>
Value dictPart(Engine&, const Value& self, Arguments& args)
{
    const Bound none("keys", args, {});
    std::vector<Value> out;
    for (const auto& [key, value] : self.dict().items) {
        out.push_back(wantKeys ? key : value);
    }
    return Value::list(std::move(out));
}

Value dictGet(Engine&, const Value& self, Arguments& args)
{
    const Bound in("get", args, {"key", "default"});
    const auto* found = self.dict().find(in.at(0));
    return found != nullptr ? *found : in.value(1, Value(None{}));
}

Value dictCopy(Engine&, const Value& self, Arguments&)
{
    allocate(self.dict().items.size() * 2 * sizeof(Value));
    return Value(std::make_shared<Dict>(self.dict()));
}

Value listCount(Engine&, const Value& self, Arguments& args)
{
    const Bound in("count", args, {"value"});
    const auto& items = self.list().items;
    return Value(static_cast<std::int64_t>(
        std::count_if(items.begin(), items.end(), [&](const auto& one) { return equal(one, in.at(0)); })));
}

Value listIndex(Engine&, const Value& self, Arguments& args)
{
    const Bound in("index", args, {"value"});
    const auto& items = self.list().items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (equal(items[i], in.at(0))) {
            return Value(static_cast<std::int64_t>(i));
        }
    }
    fail(repr(in.at(0)) + " is not in list");
}

Value listCopy(Engine&, const Value& self, Arguments&)
{
    return Value::list(iterate(self), self.list().tuple);
}

constexpr MethodRow kDictMethods[] = {
    {"items", dictItems}, {"keys", dictPart<true>}, {"values", dictPart<false>}, {"get", dictGet}, {"copy", dictCopy},
};
constexpr MethodRow kListMethods[] = {{"count", listCount}, {"index", listIndex}, {"copy", listCopy}};

constexpr std::string_view kRefused[] = {"append", "clear", "extend", "insert", "pop", "popitem", "remove",
                                         "reverse", "setdefault", "sort", "update"};

Value cycle(Engine&, const std::shared_ptr<Loop>& loop, Arguments& args)
{
    if (args.positional.empty()) {
        fail("no items for cycling given");
    }
    return args.positional[loop->index % args.positional.size()];
}

Value hasChanged(Engine&, const std::shared_ptr<Loop>& loop, Arguments& args)
{
    auto now = Value::list(args.positional, true);
    const bool differs = !loop->hasChanged || !equal(loop->lastChanged, now);
    loop->hasChanged = true;
    loop->lastChanged = std::move(now);
    return Value(differs);
}

Value ofLoop(const std::shared_ptr<Loop>& loop, const std::string& name)
{
    const auto& items = loop->items->items;
    const auto index = static_cast<std::int64_t>(loop->index);
    const auto size = static_cast<std::int64_t>(items.size());
    struct Row {
        std::string_view name;
        std::int64_t value;
    };
    const Row rows[] = {{"index", index + 1}, {"index0", index}, {"length", size}, {"revindex", size - index},
                        {"revindex0", size - index - 1}, {"depth", loop->level + 1}, {"depth0", loop->level}};
    for (const auto& row : rows) {
        if (row.name == name) {
            return Value(row.value);
        }
    }
    if (name == "first" || name == "last") {
        return Value(name == "first" ? index == 0 : index + 1 == size);
    }
    if (name == "previtem" || name == "nextitem") {
        const auto at = name == "previtem" ? index - 1 : index + 1;
        return at >= 0 && at < size ? items[static_cast<std::size_t>(at)]
                                    : Value::undefined("there is no " + std::string(name == "previtem" ? "previous" : "next")
                                                       + " item");
    }
    if (name == "cycle" || name == "changed") {
        auto function = std::make_shared<Function>();
        function->name = name;
        const std::weak_ptr<Loop> held = loop;
        auto* const act = name == "cycle" ? &cycle : &hasChanged;
        function->call = [held, act](Engine& engine, Arguments& args) {
            const auto strong = held.lock();
            return strong != nullptr ? act(engine, strong, args) : Value();
        };
        return Value(std::shared_ptr<const Function>(std::move(function)));
    }
    return Value::undefined("'loop' has no attribute '" + name + "'");
}

// Undefined when there is no such method.
Value method(const Value& self, const std::string& name)
{
    const auto rows = self.isText()      ? stringMethods()
                      : self.isMapping() ? dictMethods()
                      : self.isList() && !self.list().lazy ? listMethods()
                                                           : std::span<const MethodRow>();
    for (const auto& row : rows) {
        if (row.name == name) {
            allocate(sizeof(Function));
            auto function = std::make_shared<Function>();
            function->name = name;
            function->call = [self, act = row.call](Engine& engine, Arguments& args) { return act(engine, self, args); };
            return Value(std::shared_ptr<const Function>(std::move(function)));
        }
    }
    return {};
}

bool isRefused(const Value& self, const std::string& name)
{
    return (self.isMapping() || self.isList())
           && std::find(std::begin(kRefused), std::end(kRefused), name) != std::end(kRefused);
}

Value missing(const Value& self, const std::string& name)
{
    if (name.starts_with("__") || isRefused(self, name)) {
        return Value::undefined("access to attribute '" + name + "' of '" + self.typeName() + "' object is unsafe");
    }
    return Value::undefined("'" + std::string(self.typeName()) + " object' has no attribute '" + name + "'");
}

} // namespace

std::span<const MethodRow> dictMethods()
{
    return kDictMethods;
}

std::span<const MethodRow> listMethods()
{
    return kListMethods;
}

Value Engine::attribute(const Value& subject, const std::string& name)
{
    if (subject.isUndefined()) {
        fail(subject.why());
    }
    if (const auto* loop = subject.loop(); loop != nullptr) {
        return ofLoop(*loop, name);
    }
    if (auto found = method(subject, name); !found.isUndefined()) {
        return found;
    }
    if (subject.isDict() && !isRefused(subject, name)) {
        if (const auto* found = subject.dict().find(std::string_view(name)); found != nullptr) {
            return *found;
        }
    }
    if (subject.isList() && subject.list().tuple && subject.list().items.size() == 2
        && (name == "grouper" || name == "list")) {
        return subject.list().items[name == "list" ? 1 : 0]; // what groupby makes
    }
    return missing(subject, name);
}

Value Engine::item(const Value& subject, const Value& key)
{
    if (subject.isUndefined()) {
        fail(subject.why());
    }
    if (subject.isDict()) {
        if (const auto* found = subject.dict().find(key); found != nullptr) {
            return *found;
        }
    }
    if (key.isText()) {
        auto found = method(subject, key.bytes());
        return !found.isUndefined() ? found : subject.loop() != nullptr ? attribute(subject, key.bytes())
                                                                        : missing(subject, key.bytes());
    }
    const bool isIndex = key.isNumber() && !key.isFloat();
    if (isIndex && ((subject.isList() && !subject.list().lazy) || subject.isText())) {
        const auto size = static_cast<std::int64_t>(length(subject));
        const auto at = key.integer() < 0 ? key.integer() + size : key.integer();
        if (at >= 0 && at < size && subject.isList()) {
            return subject.list().items[static_cast<std::size_t>(at)];
        }
        if (at >= 0 && at < size) {
            const auto& text = subject.text();
            const auto begin = byteOf(text.bytes, static_cast<std::size_t>(at));
            return Value(text.slice(begin, begin + byteOf(std::string_view(text.bytes).substr(begin), 1)));
        }
    }
    return Value::undefined(std::string(subject.typeName()) + " object has no element " + str(key).bytes);
}

} // namespace luthier::text::jinja
