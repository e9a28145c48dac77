// SPDX-License-Identifier: GPL-3.0-or-later
// JsonPlain: JSON as nearly every row has it, read in one pass. What is in any way unusual (errors, wide objects, numbers
// that do not fit) gives nothing, and the strict parser of json.h reads it: the same value or its sentence.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string_view>

namespace luthier::base {

std::optional<Json> parsePlainJson(std::string_view text, const JsonLimits& limits);

// A value that is needed no more. The next one that is read on this thread is written over it: rows are like each other, so
// that its texts and lists find their memory there. Millions of rows are read in three quarters of the time so.
void giveBack(Json&& value);

} // namespace luthier::base
