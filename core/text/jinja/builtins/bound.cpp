// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/builtins/bound.h"

#include <algorithm>

namespace luthier::text::jinja {

Bound::Bound(std::string function, const Arguments& arguments, std::initializer_list<const char*> names)
    : m_function(std::move(function)), m_names(names), m_values(names.size(), nullptr)
{
    if (arguments.positional.size() > m_names.size()) {
        fail(m_function + "() takes at most " + std::to_string(m_names.size()) + " argument(s), got "
             + std::to_string(arguments.positional.size()));
    }
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
        m_values[i] = &arguments.positional[i];
    }
    for (const auto& [name, value] : arguments.named) {
        const auto found = std::find(m_names.begin(), m_names.end(), name);
        if (found == m_names.end()) {
            fail(m_function + "() got an unexpected keyword argument '" + name + "'");
        }
        auto& slot = m_values[static_cast<std::size_t>(found - m_names.begin())];
        if (slot != nullptr) {
            fail(m_function + "() got two values for '" + name + "'");
        }
        slot = &value;
    }
}

const Value& Bound::at(std::size_t i) const
{
    if (!has(i)) {
        fail(m_function + "() misses its argument '" + m_names[i] + "'");
    }
    return *m_values[i];
}

std::int64_t Bound::integer(std::size_t i, std::int64_t otherwise) const
{
    if (!has(i)) {
        return otherwise;
    }
    if (!m_values[i]->isNumber() || m_values[i]->isFloat()) {
        fail(m_function + "() needs a whole number for '" + m_names[i] + "', not " + m_values[i]->typeName());
    }
    return m_values[i]->integer();
}

std::string Bound::bytes(std::size_t i, std::string otherwise) const
{
    if (!has(i)) {
        return otherwise;
    }
    if (!m_values[i]->isText()) {
        fail(m_values[i]->isUndefined() ? m_values[i]->why()
                                        : m_function + "() needs a string for '" + m_names[i] + "', not "
                                              + m_values[i]->typeName());
    }
    return m_values[i]->bytes();
}

} // namespace luthier::text::jinja
