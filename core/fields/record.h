// SPDX-License-Identifier: GPL-3.0-or-later
// Record: an object seen through its table of Fields. Everything that reads or writes settings
// (files, flags, forms, diffs) goes through here, so every value is checked in one place.
//
// A Record does not own the object; both the object and the table must outlive it.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/fields/field.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::fields {

class Record {
public:
    Record(void* object, std::span<const Field> fields) : m_object(object), m_fields(fields) {}

    std::span<const Field> fields() const { return m_fields; }
    const Field* find(std::string_view key) const;

    Value get(const Field& field) const { return field.get(m_object); }

    // Checks type, range and choices. The error names the key, the value and what is allowed.
    Result<void> set(const Field& field, const Value& value);
    Result<void> setFromText(const Field& field, std::string_view text);
    Result<void> setFromJson(const Field& field, const Json& value);

    Json toJson() const;
    // Unknown keys are errors that name the nearest known key. Missing keys keep their value.
    Result<void> fromJson(const Json& object);

private:
    void* m_object;
    std::span<const Field> m_fields;
};

std::string toText(const Value& value); // C locale, shortest form; lists joined with ",", as JSON where an item has a comma
Json toJson(const Value& value);
// "1 to 1024", "above 0", "lora or full"; empty when anything goes.
std::string describeAllowed(const Field& field);
// The candidate with the smallest edit distance to `word`.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace luthier::fields
