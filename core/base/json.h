// SPDX-License-Identifier: GPL-3.0-or-later
// Json: nlohmann's ordered value, parsed strictly: duplicate keys refused, depth bounded,
// errors with line and column. For settings, headers and rows; not for gigabytes.
#pragma once

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace luthier {

using Json = nlohmann::ordered_json;

namespace base {

struct JsonLimits {
    int depth = 128;
    bool refuseDuplicateKeys = true;
};

// Errors name line and column: "line 3, column 7: ...".
Result<Json> parseJson(std::string_view text, JsonLimits limits = {});

// Errors begin with the path.
Result<Json> readJson(const std::filesystem::path& path, JsonLimits limits = {});

// Shortest form that reads back equal; invalid UTF-8 becomes U+FFFD. indent < 0: one line.
std::string dumpJson(const Json& value, int indent = -1);

} // namespace base
} // namespace luthier
