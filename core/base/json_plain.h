// SPDX-License-Identifier: GPL-3.0-or-later
// JsonPlain: JSON as nearly every row has it, read in one pass. What is in any way unusual (errors, wide objects, numbers
// that do not fit) gives nothing, and the strict parser of json.h reads it: the same value or its sentence.
//
// Threads: free function, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string_view>

namespace luthier::base {

std::optional<Json> parsePlainJson(std::string_view text, const JsonLimits& limits);

} // namespace luthier::base
