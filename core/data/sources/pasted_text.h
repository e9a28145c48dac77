// SPDX-License-Identifier: GPL-3.0-or-later
// PastedText: text from the clipboard kept as a file, so that it is a source like any other and still there tomorrow.
// What it is is told from itself: JSON, JSON lines, a table with tabs (as spreadsheets copy) or commas, else one
// document of plain text.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace luthier::data {

// ".json", ".jsonl", ".tsv", ".csv" or ".txt".
std::string pastedExtension(std::string_view text);

// Writes folder/pasted-<hash>.<extension>; the same text gives the same file. Errors: nothing but blanks, invalid
// UTF-8 (with the byte), the file cannot be written.
Result<std::filesystem::path> keepPasted(std::string_view text, const std::filesystem::path& folder);

} // namespace luthier::data
