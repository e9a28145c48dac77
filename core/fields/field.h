// SPDX-License-Identifier: GPL-3.0-or-later
// Field: one setting, declared once: key, label, help, range, choices, and how to get and set it.
// Forms, JSON, flags, diffs and undo are derived from tables of these.
//
//   struct LoraSettings { std::int64_t rank = 16; };
//   const std::vector<Field>& fields = ... { field<&LoraSettings::rank>("rank", "Rank", "Width of ...", {.low = 1, .high = 1024}) };
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <variant>
#include <vector>

namespace luthier::fields {

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool lowOpen = false; // low itself is not allowed
};

struct Choice {
    std::string id;    // stored, never translated
    std::string label; // English source string
    bool offered = true; // false: read and written as ever (old files hold it), but no form and no help shows it
};

struct Field {
    std::string key;   // stable, snake_case, unique inside its part
    std::string label; // English source string, translated by the window
    std::string help;  // one sentence: what it does, the usual value
    Range range;
    std::vector<Choice> choices; // empty: free value
    bool advanced = false;       // folded away at first
    std::string unit;            // "tokens", "%", "" ...

    // Of the object whose table this is: the struct with the member, or what holds a Section of that struct.
    Value get(const void* object) const { return read(seen ? seen(object) : object); }
    void set(void* object, const Value& value) const { write(changed ? changed(object) : object, value); } // of the member's type

    Value (*read)(const void* owner) = nullptr;
    void (*write)(void* owner, const Value& value) = nullptr;
    const std::type_info* owner = nullptr;           // the struct with the member
    const void* (*seen)(const void* whole) = nullptr; // the owner inside of what holds it; null: it is the object itself
    void* (*changed)(void* whole) = nullptr;
};

struct FieldExtra {
    std::vector<Choice> choices = {};
    bool advanced = false;
    std::string unit = {};
};

namespace detail {
template <class>
struct Member;
template <class T, class M>
struct Member<M T::*> {
    using Object = T;
    using Type = M;
};
} // namespace detail

template <auto Pointer>
Field field(std::string key, std::string label, std::string help, Range range = {}, FieldExtra extra = {})
{
    using Object = typename detail::Member<decltype(Pointer)>::Object;
    using Type = typename detail::Member<decltype(Pointer)>::Type;
    static_assert(std::is_constructible_v<Value, Type>, "a setting is bool, int64, double, string or a list of strings");
    return {std::move(key), std::move(label), std::move(help), range, std::move(extra.choices), extra.advanced,
            std::move(extra.unit),
            [](const void* owner) { return Value(static_cast<const Object*>(owner)->*Pointer); },
            [](void* owner, const Value& value) { static_cast<Object*>(owner)->*Pointer = std::get<Type>(value); },
            &typeid(Object)};
}

} // namespace luthier::fields
