// SPDX-License-Identifier: GPL-3.0-or-later
// Section: settings that belong together, one struct and its Fields, declared beside the row of a table that needs them.
// Sections: the values of all rows' sections in one object, so that what a row was set to is there again when a person
// comes back to it, and rows that name the same section share its values.
//
//   struct MethodSettings : fields::Sections { std::string kind = "lora"; };
//   struct LoraSettings { std::int64_t rank = 16; };
//   const Section& loraSection() { static const Section s = section<MethodSettings, LoraSettings>({field<&LoraSettings::rank>(...)}); ... }
//   settings.of<LoraSettings>().rank
#pragma once

#include "core/fields/field.h"

#include <any>
#include <map>
#include <stdexcept>
#include <typeindex>
#include <vector>

namespace luthier::fields {

class Sections {
public:
    // The section's values; the usual ones where none was changed.
    template <class T>
    const T& of() const
    {
        static const T usual{};
        const auto found = m_changed.find(typeid(T));
        return found == m_changed.end() ? usual : *std::any_cast<T>(&found->second);
    }
    template <class T>
    T& of()
    {
        return *std::any_cast<T>(&m_changed.try_emplace(typeid(T), T{}).first->second);
    }

private:
    std::map<std::type_index, std::any> m_changed;
};

struct Section {
    std::vector<Field> fields; // of an object that holds the section
};

// The fields of T, as an object of Whole (which is a Sections) has them.
template <class Whole, class T>
Section section(std::vector<Field> fields)
{
    for (Field& field : fields) {
        if (*field.owner != typeid(T)) {
            throw std::logic_error("the setting " + field.key + " is of another section");
        }
        field.seen = [](const void* whole) -> const void* { return &static_cast<const Whole*>(whole)->template of<T>(); };
        field.changed = [](void* whole) -> void* { return &static_cast<Whole*>(whole)->template of<T>(); };
    }
    return {std::move(fields)};
}

} // namespace luthier::fields
