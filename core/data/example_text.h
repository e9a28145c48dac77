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

// How many of the messages are the prompt: all of a preference, else those before the answer that is learned last.
std::size_t promptTurns(const Example& example);

// A message without words, thoughts or calls. An answer that says nothing is not learned.
bool saysNothing(const Message& message);
// Whether a turn of this role says nothing, in the conversation or in one of two answers.
bool hasEmptyTurn(const Example& example, std::string_view role);

// Runs of white space as one blank, none at the ends.
std::string squeezed(std::string_view text);

// base::rowHash over roles, texts (white space squeezed), tool calls and tools: what the model would see, so rows that differ
// only in fields nobody reads, or in blanks, are the same.
std::uint64_t exampleHash(const Example& example);
std::uint64_t promptHash(const Example& example); // of what comes before the answer

} // namespace luthier::data
