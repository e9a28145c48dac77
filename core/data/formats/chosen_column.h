// SPDX-License-Identifier: GPL-3.0-or-later
// ChosenColumn: the one of several choices that another column names, "choices[answer]", as sets of questions with choices have
// it. The choices are a list, an object with its letters as names, {"A": ..., "B": ...}, {"text": [...], "label": [...]}, or
// several columns, "A+B+C[answer]"; what chooses is a name or label of them, else a letter, A the first, or a number, 0 the
// first, in "choices[answer-1]" 1.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace luthier::data {

// "A+B": the names of several columns; one is itself.
std::vector<std::string> partsOf(const std::string& columns);
bool isPartOf(const std::string& columns, const std::string& column);

// {"choices", "answer"}; nothing: the name has another form.
std::optional<std::pair<std::string, std::string>> chosenParts(const std::string& column);

// The chooser of "choices[answer-1]", whose numbers begin with 1; nothing: the name has another form.
std::optional<std::string> chooserFromOne(const std::string& chooser);

// `first`: the number of the first choice. Nothing: the choices are none, or it names none of them.
std::optional<Json> chosenOf(const Json& choices, const Json& chooser, std::size_t first = 0);

// Columns that are the choices of one question by their names, "choice1+choice2", "A+B+C+D", each group joined so.
std::vector<std::string> joinedChoices(const std::vector<std::string>& columns);

// The name of the chosen one, where `choices` are called so ("choices", "options", ..., or what joinedChoices() found) and `chooser`
// names one of them in every row. Nothing: it does not, or its numbers may begin with 0 as well as with 1.
std::optional<std::string> chosenName(std::span<const Json> rows, const std::string& choices, const std::string& chooser);

} // namespace luthier::data
