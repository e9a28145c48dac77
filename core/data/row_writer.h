// SPDX-License-Identifier: GPL-3.0-or-later
// RowWriter: examples written in a shape of the table, and rows written as JSON Lines, CSV or TSV.
//
// Threads: shapes any thread; a RowSink belongs to one thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/files.h"
#include "core/data/example.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

struct RowShape {
    const char* id;   // of a DatasetFormat that reads it back, or a variant of one ("sharegpt")
    const char* help;
    // Error: why this example does not fit into the shape.
    Result<Json> (*toRow)(const Example& example);
};

std::span<const RowShape> rowShapes();
const RowShape* findRowShape(std::string_view id);

// One CSV field, quoted where it must be.
std::string csvField(std::string_view text, char delimiter);

// A file that appears whole on commit(), or not at all. By the name: .csv, .tsv, .parquet, else JSON Lines. Parquet waits
// as JSON Lines beside the file until commit(), when the types of all its columns are known.
class RowSink {
public:
    static Result<RowSink> create(const std::filesystem::path& path);

    // CSV: the first row names the columns; a later row with another one is an error. Lists and objects are
    // written as JSON, null as nothing.
    Result<void> write(const Json& row);
    Result<void> commit(const base::CancelToken& cancel = {});
    std::int64_t count() const { return m_count; }

private:
    RowSink(std::filesystem::path path, std::filesystem::path lines, base::AtomicFile file, char delimiter);
    Result<std::string> csvLine(const Json& row);
    Result<void> flush();
    Result<void> commitParquet(const base::CancelToken& cancel);

    std::filesystem::path m_path;
    std::filesystem::path m_lines; // where the rows wait; empty: they are written at once
    base::AtomicFile m_file;
    char m_delimiter; // 0: JSON Lines
    std::vector<std::string> m_columns;
    std::string m_buffer;
    std::int64_t m_count = 0;
};

} // namespace luthier::data
