// SPDX-License-Identifier: GPL-3.0-or-later
// JsonAnswer: the JSON in an answer. Strictly: the answer is JSON and nothing else. Leniently: also what stands in a code block, or from
// the first bracket to the last. An object that has a key twice is none: readers disagree on which counts.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string_view>

namespace luthier::metrics {

std::optional<Json> strictJson(std::string_view answer);
std::optional<Json> lenientJson(std::string_view answer);

} // namespace luthier::metrics
