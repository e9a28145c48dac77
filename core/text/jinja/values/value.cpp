// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/value.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"

#include <algorithm>

namespace luthier::text::jinja {

void fail(const std::string& message)
{
    throw Problem{message, 0, false};
}

void Text::append(const Text& other)
{
    allocate(other.runs.size() * sizeof(Run));
    const auto shift = bytes.size();
    append(std::string_view(other.bytes));
    for (auto run : other.runs) {
        run.begin += shift;
        run.end += shift;
        runs.push_back(run);
    }
}

void Text::append(std::string_view plain)
{
    allocate(plain.size());
    if (bytes.size() + plain.size() > kLongestText) {
        fail("the template wrote more than " + std::to_string(kLongestText >> 20) + " MiB and was stopped");
    }
    bytes += plain;
}

void Text::mark(std::size_t begin, Source source, int message)
{
    allocate(sizeof(Run));
    runs.push_back({begin, bytes.size(), source, message});
}

Text Text::slice(std::size_t begin, std::size_t end) const
{
    allocate(end - begin + runs.size() * sizeof(Run));
    Text out{bytes.substr(begin, end - begin), {}};
    for (auto run : runs) {
        if (run.begin > end || run.end < begin) {
            continue;
        }
        const bool wasEmpty = run.begin == run.end;
        run.begin = std::max(run.begin, begin) - begin;
        run.end = std::min(run.end, end) - begin;
        // A neighbour that is only touched left nothing here, unless all that was here is gone.
        if (run.begin < run.end || wasEmpty || out.bytes.empty()) {
            out.runs.push_back(run);
        }
    }
    return out;
}

Value Value::undefined(std::string why)
{
    Value value;
    value.m_state = Undefined{std::make_shared<const std::string>(std::move(why))};
    return value;
}

Value Value::list(std::vector<Value> items, bool tuple)
{
    allocate((items.size() + 1) * sizeof(Value));
    auto list = std::make_shared<List>();
    for (const auto& item : items) {
        list->depth = std::max(list->depth, item.depth() + 1);
    }
    if (list->depth > kDeepest) {
        fail("lists are nested deeper than " + std::to_string(kDeepest) + " levels");
    }
    list->items = std::move(items);
    list->tuple = tuple;
    return Value(std::move(list));
}

Value Value::lazy(std::vector<Value> items)
{
    auto value = list(std::move(items));
    value.list().lazy = true;
    return value;
}

bool Value::isMapping() const
{
    return isDict() && !dict().isNamespace;
}

bool Value::isCallable() const
{
    return function() != nullptr || loop() != nullptr;
}

const std::shared_ptr<const Function>* Value::function() const
{
    return std::get_if<std::shared_ptr<const Function>>(&m_state);
}

const std::shared_ptr<Loop>* Value::loop() const
{
    return std::get_if<std::shared_ptr<Loop>>(&m_state);
}

std::int64_t Value::integer() const
{
    return isBool() ? std::get<bool>(m_state) : std::get<std::int64_t>(m_state);
}

double Value::real() const
{
    return isFloat() ? std::get<double>(m_state) : static_cast<double>(integer());
}

const std::string& Value::why() const
{
    static const std::string kUnnamed = "the value is undefined";
    const auto* state = std::get_if<Undefined>(&m_state);
    return state != nullptr && state->why ? *state->why : kUnnamed;
}

bool Value::truth() const
{
    if (isUndefined() || isNone()) {
        return false;
    }
    if (isNumber()) {
        return real() != 0;
    }
    if (isText()) {
        return !bytes().empty();
    }
    if (isList()) {
        return list().lazy || !list().items.empty();
    }
    return !isMapping() || !dict().items.empty();
}

int Value::depth() const
{
    return isList() ? list().depth : isDict() ? dict().depth : 0;
}

const char* Value::typeName() const
{
    static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int", "float", "str", "list",
                                             "dict", "function", "LoopContext"};
    if (isList() && (list().tuple || list().lazy)) {
        return list().tuple ? "tuple" : "generator";
    }
    if (isDict() && dict().isNamespace) {
        return "Namespace";
    }
    return kNames[m_state.index()];
}

const Value* Dict::find(const Value& key) const
{
    spend(items.size() / 16);
    for (const auto& [name, value] : items) {
        if (equal(name, key)) {
            return &value;
        }
    }
    return nullptr;
}

const Value* Dict::find(std::string_view key) const
{
    spend(items.size() / 16);
    for (const auto& [name, value] : items) {
        if (name.isText() && name.bytes() == key) {
            return &value;
        }
    }
    return nullptr;
}

void Dict::set(Value key, Value value)
{
    if (key.isList() || key.isDict() || key.isUndefined()) {
        if (!key.isList() || !key.list().tuple) {
            fail(std::string("a value of type ") + key.typeName() + " cannot be a key of a dict");
        }
    }
    depth = std::max(depth, std::max(key.depth(), value.depth()) + 1);
    if (depth > kDeepest) {
        fail("values are nested deeper than " + std::to_string(kDeepest) + " levels");
    }
    if (const auto* old = find(key); old != nullptr) {
        *const_cast<Value*>(old) = std::move(value);
        return;
    }
    items.emplace_back(std::move(key), std::move(value));
}

void inherit(Text& text, const Value& from)
{
    inheritFrom(text, 0, from);
}

void inheritFrom(Text& text, std::size_t begin, const Value& from)
{
    if (from.isList() && from.list().message >= 0) {
        text.mark(begin, from.list().source, from.list().message);
    } else if (from.isDict() && from.dict().message >= 0) {
        text.mark(begin, from.dict().source, from.dict().message);
    } else if (from.isText()) {
        for (const auto& run : from.text().runs) {
            text.mark(begin, run.source, run.message);
        }
    }
}

std::vector<Value> iterate(const Value& value)
{
    if (value.isUndefined()) {
        return {};
    }
    spend(1);
    if (value.isList()) {
        spend(value.list().items.size() / 8);
        allocate(value.list().items.size() * sizeof(Value));
        return value.list().items;
    }
    std::vector<Value> out;
    if (value.isMapping()) {
        for (const auto& [key, item] : value.dict().items) {
            out.push_back(key);
        }
        return out;
    }
    if (value.isText()) {
        const auto& text = value.text();
        spend(text.bytes.size());
        for (std::size_t at = 0; at < text.bytes.size();) {
            const auto step = static_cast<std::size_t>(decodeAt(text.bytes, at).length);
            out.emplace_back(text.slice(at, at + step));
            at += step;
        }
        return out;
    }
    fail(std::string("a value of type ") + value.typeName() + " cannot be looped over");
}

std::size_t length(const Value& value)
{
    if (value.isUndefined()) {
        return 0;
    }
    if (value.isList() && !value.list().lazy) {
        return value.list().items.size();
    }
    if (value.isMapping()) {
        return value.dict().items.size();
    }
    if (value.isText()) {
        std::size_t count = 0;
        spend(value.bytes().size() / 64);
        for (const char c : value.bytes()) {
            count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
        }
        return count;
    }
    if (const auto* loop = value.loop(); loop != nullptr) {
        return (*loop)->items->items.size();
    }
    fail(std::string("a value of type ") + value.typeName() + " has no length");
}

bool isPythonSpace(char32_t value)
{
    return isSpace(value) || (value >= 0x1C && value <= 0x1F);
}

} // namespace luthier::text::jinja
