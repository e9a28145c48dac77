// SPDX-License-Identifier: GPL-3.0-or-later
// ExampleView: a text of an example where it stands, for those that look at millions of rows.
//
// Threads: free function, any thread. The view lives as long as the example stays as it is.
#pragma once

#include "core/data/example.h"

#include <string_view>

namespace luthier::data {

// What answerTextOf() (example_text.h) copies.
std::string_view answerViewOf(const Example& example);

} // namespace luthier::data
