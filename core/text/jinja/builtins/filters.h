// SPDX-License-Identifier: GPL-3.0-or-later
// Filters: what may stand after "|". Three tables: of any value, of strings and numbers, of lists and dicts.
//
// Threads: constant tables.
#pragma once

#include "core/text/jinja/engine.h"

#include <span>
#include <string_view>

namespace luthier::text::jinja {

struct FilterRow {
    std::string_view name;
    Value (*apply)(Engine& engine, const Value& subject, Arguments& arguments);
};

std::span<const FilterRow> valueFilters();
std::span<const FilterRow> textFilters();
std::span<const FilterRow> listFilters();
std::span<const FilterRow> choiceFilters();

bool isFilter(std::string_view name);
bool isTest(std::string_view name);

// "a.b.0" of a value, step by step; a whole number is one step. `otherwise` where a step leads nowhere (null: undefined).
Value path(Engine& engine, const Value& subject, const Value& attribute, const Value* otherwise = nullptr);

// For comparisons that take no notice of case: a string in lower case, the rest as it is.
Value folded(const Value& value, bool caseSensitive);

} // namespace luthier::text::jinja
