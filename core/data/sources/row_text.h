// SPDX-License-Identifier: GPL-3.0-or-later
// RowText: what the bytes of one row must be before anything is made of them. Sentences are without file and
// row.
//
// Threads: free functions, any thread. Bytes and columns count from 1.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/data/sources/data_file.h"
#include "core/data/sources/row_index.h"

#include <string>
#include <string_view>

namespace luthier::data {

class FlatRow;

inline constexpr std::string_view kBom = "\xEF\xBB\xBF";

bool isBlank(std::string_view bytes); // blanks, tabs, line ends alone

// UTF-8 without NUL and byte-order mark; the error names the byte.
Result<void> checkRowText(std::string_view bytes);

// What of a row is read otherwise than it stands.
struct RowHabits {
    bool isRepeated = false; // a name stands twice, of which the last counts
    bool hasNoNumber = false; // NaN or Infinity, which are null here
};

// Checked and parsed strictly, but for what other programs are known to write: `habits`, and a comma behind the row. Whole
// numbers of any size keep their digits (base/json_digits.h). The error is short however long the row is.
Result<Json> parseJsonRow(std::string_view bytes, RowHabits* habits = nullptr);

// The row's bytes. Errors: too long, or the file is shorter than it was.
Result<std::string> readRowBytes(const DataFile& file, const RowIndex& index, std::int64_t row);
bool readRowBytes(const DataFile& file, const RowIndex& index, std::int64_t row, FlatRow& bytes); // false: they cannot be had
std::string readRawRow(const DataFile& file, const RowIndex& index, std::int64_t row); // cut at kRawRowBytes

// The first bytes of a sentence or a name, whole characters only.
std::string shortened(std::string_view text, std::size_t bytes);

} // namespace luthier::data
