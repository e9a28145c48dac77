// SPDX-License-Identifier: GPL-3.0-or-later
// JsonDigits: JSON whose whole numbers keep all their digits, for rows that are written again.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

namespace luthier::base {

// As parseJson(), but a whole number that 64 bits cannot hold is a binary value of its digits, not a double near it.
Result<Json> parseJsonWithDigits(std::string_view text, JsonLimits limits = {});

// Such a number; dumpJson writes it as it stood.
bool isBigInteger(const Json& value);

} // namespace luthier::base
