// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of values as Python's json.dumps writes it: ", " and ": " between parts, letters as they are.
//
// Threads: free functions. Errors: Problem for what JSON cannot say.
#pragma once

#include "core/text/jinja/values/value.h"

#include <optional>

namespace luthier::text::jinja {

struct JsonStyle {
    bool asciiOnly = false;
    bool sortKeys = false;
    std::optional<std::string> indent; // what one level is indented by
    std::string itemSeparator = ", ";
    std::string keySeparator = ": ";
};

Text toJson(const Value& value, const JsonStyle& style);

} // namespace luthier::text::jinja
