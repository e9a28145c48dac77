// SPDX-License-Identifier: GPL-3.0-or-later
// DatasetFormat: one row of the table of shapes that data comes in. A new format is one function file and one line.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

class FlatRow;
struct ExampleView;

struct DatasetFormat {
    std::string id;    // "instruction"
    std::string label; // "Instruction"
    std::string help;  // what a row looks like
    // 0..1: how many of the sample rows have this shape, weighted by how telling it is.
    double (*matches)(std::span<const Json> rows);
    // Errors: what is wrong with the row and what to do, without file and row number (the caller adds them).
    Result<Example> (*toExample)(const Json& row);
    // Fields a person may edit, in order: ["instruction","input","output"]; for chat the turns of this row,
    // as paths: "messages/0/content".
    std::vector<std::string> (*editablePaths)(const Json& row);
    // The same example as toExample() gives, of a row that is spelled as nearly all are, without copies of its texts. False: toExample()
    // says what it is. Null: always.
    bool (*toView)(const FlatRow& row, ExampleView& view) = nullptr;
};

std::span<const DatasetFormat> formats(); // first match of equal score wins
const DatasetFormat* findFormat(std::string_view id);

// What of a row stands before an answer that is not written yet: its messages, or its prompt with all that belongs to it.
// Whatever the format; error: it asks nothing.
Result<Example> promptExample(const Json& row);

// Looks at several rows, never the first alone. Error lists the known shapes and the columns found.
Result<const DatasetFormat*> detectFormat(std::span<const Json> rows);

} // namespace luthier::data
