// SPDX-License-Identifier: GPL-3.0-or-later
// ChosenColumn: the one of several choices that another column names, "choices[answer]", as sets of questions with choices have
// it. The choices are a list, an object with its letters as names, {"A": ..., "B": ...}, or {"text": [...], "label": [...]};
// what chooses is a name or label of them, else a letter, A the first, or a number, 0 the first.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace luthier::data {

// {"choices", "answer"}; nothing: the name has another form.
std::optional<std::pair<std::string, std::string>> chosenParts(const std::string& column);

// Nothing: the choices are none, or it names none of them.
std::optional<Json> chosenOf(const Json& choices, const Json& chooser);

// Whether `choices` are called so ("choices", "options", ...) and `chooser` names one of them in every row; numbers begin with
// 0 somewhere: those that begin with 1 would choose the wrong one.
bool choosesEverywhere(std::span<const Json> rows, const std::string& choices, const std::string& chooser);

} // namespace luthier::data
