// SPDX-License-Identifier: GPL-3.0-or-later
// RowSource: random access to the raw rows of a file. The file is read, never written.
//
// Threads: after open, row() may be called from any thread at once.
// Rows count from 0 here and from 1 in every message (in CSV the first after the header is row 1).
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace luthier::data {

class RowSource {
public:
    virtual ~RowSource() = default;
    virtual std::int64_t rowCount() const = 0;
    // The row as JSON. Error: what is wrong (bad JSON with column, invalid UTF-8 with byte, ...), without file name.
    virtual Result<Json> row(std::int64_t index) const = 0;
    // The row's bytes as they stand in the file, for showing what is broken (cut at 64 KiB).
    virtual std::string rawRow(std::int64_t index) const = 0;
};

// By extension and content: .jsonl/.ndjson, .json (array, {"data":[...]}, or JSON lines), .csv, .tsv.
// Blank lines are not rows. Indexing reports progress in bytes, every 16 MiB, and can be cancelled
// (Error "cancelled").
Result<std::shared_ptr<const RowSource>> openSource(const std::filesystem::path& path,
                                                    const base::Progress& progress = {},
                                                    const base::CancelToken& cancel = {});

} // namespace luthier::data
