// SPDX-License-Identifier: GPL-3.0-or-later
// Formatting: Python's "%" operator and str.format, for strings and numbers.
//
// Threads: free functions. Errors: Problem.
#pragma once

#include "core/text/jinja/values/value.h"

namespace luthier::text::jinja {

// "%s=%03d" with one value, a tuple, or a dict for "%(name)s".
Text formatPercent(const Text& format, const Value& values);

// "{} {name:>8}" without attributes and items of what is named.
Text formatBraces(const Text& format, const Arguments& arguments);

} // namespace luthier::text::jinja
