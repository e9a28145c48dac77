// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fields/row.h"

#include <algorithm>

namespace luthier::fields {

namespace {

template <class T>
T valueOf(const Value& value, std::string_view key)
{
    const T* held = std::get_if<T>(&value);
    if (!held) {
        throw std::logic_error("a rule takes the setting " + std::string(key) + " for another type than it has");
    }
    return *held;
}

} // namespace

bool SettingsView::isOn(std::string_view key) const
{
    return valueOf<bool>(at(key), key);
}

std::string SettingsView::text(std::string_view key) const
{
    return valueOf<std::string>(at(key), key);
}

double SettingsView::number(std::string_view key) const
{
    const Value value = at(key);
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole ? static_cast<double>(*whole) : valueOf<double>(value, key);
}

std::vector<std::string> SettingsView::list(std::string_view key) const
{
    return valueOf<std::vector<std::string>>(at(key), key);
}

bool Row::has(std::string_view key) const
{
    return std::any_of(settings.begin(), settings.end(), [&](const Section* section) {
        return std::any_of(section->fields.begin(), section->fields.end(), [&](const Field& field) { return field.key == key; });
    });
}

std::vector<std::string> Row::keys() const
{
    std::vector<std::string> all;
    for (const Section* section : settings) {
        for (const Field& field : section->fields) {
            all.push_back(field.key);
        }
    }
    return all;
}

} // namespace luthier::fields
