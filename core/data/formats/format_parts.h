// SPDX-License-Identifier: GPL-3.0-or-later
// FormatParts: what the formats share: fields of a row by their names. Sentences name the field and say what
// to do, without file and row.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

// Names a field goes by, the usual one first. They are looked for as they stand, then without case and without space
// around them, as people's tables have them ("Instruction", " output").
using Names = std::initializer_list<const char*>;

const char* kindOf(const Json& value);  // "a number", "a list", ...
bool isBlankText(const Json& value);    // text of white space alone
std::string columnsOf(const Json& row); // "\"a\", \"b\""; at most a dozen

// Share of the rows for which `is` holds.
template <class Predicate>
double shareOf(std::span<const Json> rows, Predicate is)
{
    return rows.empty() ? 0
                        : static_cast<double>(std::count_if(rows.begin(), rows.end(), is))
                              / static_cast<double>(rows.size());
}

// The name that is there with a value other than null, as the row spells it; null: none is. Lives as long as the row.
const char* nameIn(const Json& row, Names names);
const Json* fieldIn(const Json& row, Names names);
std::string nameOr(const Json& row, Names names); // the name that is there, else the usual one

bool isSameName(std::string_view a, std::string_view b); // letters of ASCII without case, no space around them

Result<void> requireObject(const Json& row, const char* wanted);
// A text, or the JSON text of what stands there instead: 4, true, ["a","b"].
std::string textOf(const Json& value);
// Text that is not blank, or a number or truth value as text.
Result<std::string> requireText(const Json& row, Names names);
// The same of a turn, which may be empty, or null, as tables have it: checks find it, and an empty answer is not learned. An
// answer may be a list or an object, too.
Result<std::string> requireQuestion(const Json& row, Names names);
Result<std::string> requireAnswer(const Json& row, Names names);
Result<std::string> optionalText(const Json& row, Names names); // empty when missing or null

// Lists and objects may stand as JSON inside a text, as they must in CSV, or as Python prints them (python_literal.h). Other
// text stays text.
Json unpacked(const Json& value);
bool mayBePacked(const Json& value); // a text that begins as they do
bool mayBePacked(std::string_view text);

// "tools" and "chat_template_kwargs" of the row, where it has them.
inline constexpr Names kTemplateNames = {"tools", "functions", "chat_template_kwargs"};
Result<void> takeTemplateFields(const Json& row, Example& example);

} // namespace luthier::data
