// SPDX-License-Identifier: GPL-3.0-or-later
// FieldPath: a place inside a row, "output" or "messages/1/content": names and list indices with slashes
// between.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>

namespace luthier::data {

bool hasField(const Json& row, const std::string& path);

// The text there; other values as JSON, null and a field that an object lacks as "". Error: the path leads
// nowhere.
Result<std::string> textAt(const Json& row, const std::string& path);

// Puts `text` there. A number, list or the like keeps its type when the text is still one; what is unchanged
// stays exactly what it was, so that textAt followed by setTextAt changes nothing.
Result<void> setTextAt(Json& row, const std::string& path, const std::string& text);

} // namespace luthier::data
