// SPDX-License-Identifier: GPL-3.0-or-later
// Bound: a call's arguments by the names of a built-in function's parameters, as Python binds them.
//
// Threads: a value of one render. Errors: Problem for an argument too many, unknown or of the wrong type.
#pragma once

#include "core/text/jinja/values/value.h"

#include <initializer_list>
#include <string>
#include <vector>

namespace luthier::text::jinja {

class Bound {
public:
    Bound(std::string function, const Arguments& arguments, std::initializer_list<const char*> names);

    bool has(std::size_t i) const { return m_values[i] != nullptr; }
    const Value& at(std::size_t i) const; // fails when not given
    Value value(std::size_t i, Value otherwise) const { return has(i) ? *m_values[i] : std::move(otherwise); }
    bool truth(std::size_t i, bool otherwise) const { return has(i) ? m_values[i]->truth() : otherwise; }
    std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
    std::string bytes(std::size_t i, std::string otherwise) const; // of a string
    bool isNone(std::size_t i) const { return !has(i) || m_values[i]->isNone(); }

private:
    std::string m_function;
    std::vector<const char*> m_names;
    std::vector<const Value*> m_values;
};

} // namespace luthier::text::jinja
