// SPDX-License-Identifier: GPL-3.0-or-later
// JsonPart: one object of a tokenizer.json with the key it stands under, so that every complaint names its place.
//
// Threads: plain data; the JSON must outlive it.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace luthier::text {

inline constexpr std::size_t kMostParts = 64;          // of one kind, all levels together
inline constexpr std::size_t kLongestPartText = 65536; // bytes of a string inside a part

class JsonPart {
public:
    JsonPart(const Json& value, std::string key) : m_value(value), m_key(std::move(key)) {}

    const std::string& key() const { return m_key; }
    bool isObject() const { return m_value.is_object(); }
    std::string type() const { return text("type").value_or(""); }
    const Json* find(const char* name) const
    {
        const auto found = m_value.is_object() ? m_value.find(name) : m_value.end();
        return found == m_value.end() || found->is_null() ? nullptr : &*found;
    }
    bool flag(const char* name, bool otherwise) const
    {
        const auto* value = find(name);
        return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
    }
    std::optional<std::string> text(const char* name) const
    {
        const auto* value = find(name);
        const bool good = value != nullptr && value->is_string()
                          && value->get_ref<const std::string&>().size() <= kLongestPartText;
        return good ? std::optional(value->get<std::string>()) : std::nullopt;
    }
    Error wrong(const std::string& what) const { return Error{m_key + ": " + what}; }
    Error unknownType(const std::string& known) const
    {
        return type().empty() ? wrong("an object with \"type\" is expected")
                              : Error{m_key + ".type: \"" + type() + "\" is not supported; supported are " + known};
    }

    // The pattern of Split and Replace: {"String": ...} or {"Regex": ...}.
    struct Pattern {
        std::string text;
        bool isRegex = false;
    };
    Result<Pattern> pattern() const
    {
        const auto* value = find("pattern");
        if (value != nullptr && value->is_string()) {
            return Pattern{value->get<std::string>(), false};
        }
        for (const bool isRegex : {false, true}) {
            const char* name = isRegex ? "Regex" : "String";
            if (value != nullptr && value->is_object() && value->contains(name) && (*value)[name].is_string()) {
                return Pattern{(*value)[name].get<std::string>(), isRegex};
            }
        }
        return Error{m_key + ".pattern: expected {\"String\": text} or {\"Regex\": pattern}"};
    }

    // The parts of a list, at most kMostParts.
    Result<std::vector<JsonPart>> parts(const char* name) const
    {
        const auto* list = find(name);
        if (list == nullptr || !list->is_array() || list->size() > kMostParts) {
            return Error{m_key + "." + name + ": expected a list of at most " + std::to_string(kMostParts) + " objects"};
        }
        std::vector<JsonPart> out;
        for (std::size_t i = 0; i < list->size(); ++i) {
            out.emplace_back((*list)[i], m_key + "." + name + "[" + std::to_string(i) + "]");
        }
        return out;
    }

private:
    const Json& m_value;
    std::string m_key;
};

// Steps of a component that is one part or a "Sequence" of them under `listKey`, made by the rows {type, make} of its
// table, at most kMostParts. A type without a row is an error that names the rows.
template <class Step, class Rows>
Result<void> collectSteps(const JsonPart& part, const char* listKey, const Rows& rows, std::vector<Step>& steps)
{
    if (part.type() == "Sequence") {
        auto parts = part.parts(listKey);
        if (!parts) {
            return parts.error();
        }
        for (const auto& inner : *parts) {
            if (auto added = collectSteps(inner, listKey, rows, steps); !added) {
                return added;
            }
        }
        return {};
    }
    std::string known = "Sequence";
    for (const auto& row : rows) {
        known += std::string(", ") + row.type;
        if (part.type() == row.type) {
            auto step = row.make(part);
            if (!step) {
                return step.error();
            }
            if (steps.size() >= kMostParts) {
                return part.wrong("more than " + std::to_string(kMostParts) + " steps");
            }
            steps.push_back(std::move(*step));
            return {};
        }
    }
    return part.unknownType(known);
}

} // namespace luthier::text
