// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/field_path.h"

#include "core/base/json_digits.h"

#include <charconv>
#include <optional>

namespace luthier::data {

namespace {

Error leadsNowhere(const std::string& path)
{
    return Error{"there is no field \"" + path + "\" in this row"};
}

// The element of a list, or the member of an object; null: there is none.
Json* step(Json& value, const std::string& name)
{
    if (value.is_object()) {
        const auto found = value.find(name);
        return found == value.end() ? nullptr : &*found;
    }
    std::size_t index = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, index);
    const bool good
        = value.is_array() && parsed.ec == std::errc() && parsed.ptr == end && index < value.size();
    return good ? &value[index] : nullptr;
}

struct Place {
    Json* parent = nullptr;
    std::string name; // of the last step
};

std::optional<Place> placeOf(Json& row, const std::string& path)
{
    Json* at = &row;
    for (std::size_t begin = 0;;) {
        const auto slash = path.find('/', begin);
        const std::string name = path.substr(begin, slash == std::string::npos ? slash : slash - begin);
        if (slash == std::string::npos) {
            return name.empty() || !at->is_structured() ? std::nullopt : std::optional(Place{at, name});
        }
        at = step(*at, name);
        if (!at) {
            return std::nullopt;
        }
        begin = slash + 1;
    }
}

std::string textOf(const Json& value)
{
    return value.is_string() ? value.get<std::string>()
           : value.is_null() ? std::string()
                             : base::dumpJson(value);
}

// The text in the type that was there before.
Json typed(const Json& before, const std::string& text)
{
    if (!before.is_string() && !before.is_null()) {
        auto value = base::parseJsonWithDigits(text);
        if (value && (value->type() == before.type() || (value->is_number() && before.is_number()))) {
            return *value;
        }
    }
    return text;
}

} // namespace

bool hasField(const Json& row, const std::string& path)
{
    // Here and below nothing is changed: the place is only looked at.
    const auto place = placeOf(const_cast<Json&>(row), path);
    return place && step(*place->parent, place->name);
}

Result<std::string> textAt(const Json& row, const std::string& path)
{
    const auto place = placeOf(const_cast<Json&>(row), path);
    if (!place) {
        return leadsNowhere(path);
    }
    const Json* value = step(*place->parent, place->name);
    if (!value && !place->parent->is_object()) {
        return leadsNowhere(path);
    }
    return value ? textOf(*value) : std::string();
}

Result<void> setTextAt(Json& row, const std::string& path, const std::string& text)
{
    const auto place = placeOf(row, path);
    if (!place) {
        return leadsNowhere(path);
    }
    Json* value = step(*place->parent, place->name);
    if (value) {
        if (textOf(*value) != text) {
            *value = typed(*value, text);
        }
        return {};
    }
    if (!place->parent->is_object()) {
        return leadsNowhere(path);
    }
    if (!text.empty()) {
        (*place->parent)[place->name] = text;
    }
    return {};
}

} // namespace luthier::data
