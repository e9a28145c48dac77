// SPDX-License-Identifier: GPL-3.0-or-later
// YAML as JSON, read by libyaml. Scalars are resolved by the core schema of YAML 1.2, with yes, no, on and off as PyYAML reads
// them; anchors, aliases and merge keys ("<<") are followed. Bounded in depth and size.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>
#include <string_view>

namespace luthier::recipes {

// The first document. Errors name line and column.
Result<Json> parseYaml(std::string_view text);

// A block of `key: value` lines that PyYAML and others read as the same values. `object` is one.
std::string dumpYaml(const Json& object);

} // namespace luthier::recipes
