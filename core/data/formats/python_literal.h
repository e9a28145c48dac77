// SPDX-License-Identifier: GPL-3.0-or-later
// PythonLiteral: lists and objects as Python prints them, and pandas writes them into the cells of a table:
//   ['Odo', "it's"]   {'text': array(['Odo'], dtype=object), 'start': [4]}   (1, True, None)
// Source: "Literals" and "Displays" of the Python language reference; arrays as numpy's repr() and str() have them, the latter
// without commas between their items.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string_view>

namespace luthier::data {

// The whole text as one list, tuple or dict; tuples and arrays as lists. Nothing: it is none, deeper than 64, or says what JSON
// cannot (a name, a call, an "..." where numpy shortened what it printed).
std::optional<Json> parsePythonLiteral(std::string_view text);

} // namespace luthier::data
