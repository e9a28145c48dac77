// SPDX-License-Identifier: GPL-3.0-or-later
// Scripts: which writing the characters of a text belong to, as a table of ranges of code points (Unicode
// blocks, coarsely).
//
// Threads: free functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace luthier::data {

// "Latin", "Han", ..., then "Digits", "Blanks", "Punctuation", "Other".
constexpr std::size_t kNumScripts = 16;
const char* scriptName(std::size_t script);

using ScriptCounts = std::array<std::int64_t, kNumScripts>; // characters
// Of well-formed UTF-8; each character counts in one script.
void countScripts(std::string_view text, ScriptCounts& counts);

// The script of letters that most characters have; npos: no letters.
std::size_t mainScript(const ScriptCounts& counts);

} // namespace luthier::data
