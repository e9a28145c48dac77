// SPDX-License-Identifier: GPL-3.0-or-later
// BetterShape: for a file with columns that its shape does not read, a shape or mapping that would read them, too: a text
// beside a short column is a text with its label, beside a long one a question with its answer; a column beside a question
// belongs to it.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/formats/columns.h"
#include "core/data/formats/format.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace luthier::data {

// `unread`: columns of the row itself. Only what most of the rows then read without an error, and with another example, is
// offered. Nothing: there is none.
std::optional<ColumnGuess> betterShape(const DatasetFormat& read, const std::vector<std::string>& unread, std::span<const Json> rows);

// "--format classification --map label=mood, or data.format and data.columns in a recipe", as a shell takes it; in brackets behind a
// sentence that says it to everybody.
std::string flagsOf(const ColumnGuess& guess);

} // namespace luthier::data
