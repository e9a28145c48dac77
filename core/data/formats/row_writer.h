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
// A line of them, with its end.
std::string csvLine(const std::vector<std::string>& fields, char delimiter);

// A file that appears whole on commit(), or not at all. By the name: .csv, .tsv, .parquet, else JSON Lines. Tables wait
// as JSON Lines beside the file until commit(), when all their columns are known (and, in Parquet, the types).
class RowSink {
public:
    static Result<RowSink> create(const std::filesystem::path& path);

    // CSV: columns in the order in which rows first have them; a row without one leaves it empty. Lists and objects are
    // written as JSON, null as nothing. What is no object with fields is an error.
    Result<void> write(const Json& row);
    Result<void> commit(const base::CancelToken& cancel = {});
    std::int64_t count() const { return m_count; }

private:
    RowSink(std::filesystem::path path, std::filesystem::path lines, base::AtomicFile file, char delimiter);
    Result<void> takeColumns(const Json& row);
    std::string csvLine(const Json& row) const;
    Result<void> flush();
    Result<void> writeCsv(base::AtomicFile& file, const base::CancelToken& cancel) const;
    Result<void> commitTable(const base::CancelToken& cancel);

    std::filesystem::path m_path;
    std::filesystem::path m_lines; // where the rows wait; empty: they are written at once
    base::AtomicFile m_file;
    char m_delimiter; // 0: not CSV
    std::vector<std::string> m_columns; // of CSV
    std::string m_buffer;
    std::int64_t m_count = 0;
};

} // namespace luthier::data
