// SPDX-License-Identifier: GPL-3.0-or-later
// ExampleText: the texts of an example as a whole, and what makes two examples the same.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/example.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace luthier::data {

// All that comes before the answer, turns joined by line ends; empty for a text.
std::string promptTextOf(const Example& example);
// The last answer of the assistant, the chosen one of a preference, or the text itself.
std::string answerTextOf(const Example& example);
// Every text of it, joined by line ends: for shingles and statistics.
std::string wholeTextOf(const Example& example);

// Runs of white space as one blank, none at the ends.
std::string squeezed(std::string_view text);

// base::rowHash over roles, texts (white space squeezed), tool calls and tools: what the model would see, so rows that differ
// only in fields nobody reads, or in blanks, are the same.
std::uint64_t exampleHash(const Example& example);
std::uint64_t promptHash(const Example& example); // of what comes before the answer

} // namespace luthier::data
