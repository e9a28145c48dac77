// SPDX-License-Identifier: GPL-3.0-or-later
// ColumnarFile: Parquet and Arrow files (IPC files, streams, Feather) through Apache Arrow C++. They are read once, a few
// thousand rows at a time, and written to the cache as JSON lines (columnar_lines.h), where every row can be reached at
// once; and rows are written as Parquet.
//
// Null members of nested objects are left out: columns cannot tell null from missing. Columns of bytes (pictures,
// sounds) are read as null. Without Arrow (LUTHIER_ARROW=OFF) every function gives a sentence.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

bool hasColumnar(); // false: this build has no Arrow

// Parquet or Arrow by the first bytes ("PAR1", "ARROW1", a stream's 0xffffffff).
bool isColumnar(std::string_view head);

struct ColumnarFacts {
    std::int64_t rows = 0;          // -1: only reading it all tells
    std::vector<std::string> notes; // "the column \"image\" holds bytes and is left out"
};
using WriteText = std::function<Result<void>(std::string_view text)>;

// What stands in its schema and at its end. Errors, without the path: damage.
Result<ColumnarFacts> columnarFacts(const std::filesystem::path& path);

// Every row as a line of JSON, in pieces. Progress in rows. Errors, without the path: damage, "cancelled".
Result<ColumnarFacts> columnarToLines(const std::filesystem::path& path, const WriteText& write, const base::Progress& progress = {},
                                      const base::CancelToken& cancel = {});

// `lines`: a file of JSON lines, read twice: for the types of its columns, then for the rows. Types: text, whole number,
// number, true or false, lists and objects of them; a column of different kinds becomes text, its other values as JSON.
// `write` takes the Parquet file (Snappy, row groups of at most 64 Ki rows).
Result<void> linesToParquet(const std::filesystem::path& lines, const WriteText& write, const base::CancelToken& cancel = {});

} // namespace luthier::data
