// SPDX-License-Identifier: GPL-3.0-or-later
// RowSource: random access to the raw rows of a file. The file is read, never written.
//
// Threads: after open, row() may be called from any thread at once.
// Rows count from 0 here and from 1 in every message (in CSV the first after the header is row 1).
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/base/result.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::data {

class FlatRow;

class RowSource {
public:
    virtual ~RowSource() = default;
    virtual std::int64_t rowCount() const = 0;
    // The row as JSON. Error: what is wrong (bad JSON with column, invalid UTF-8 with byte, ...), without file name.
    virtual Result<Json> row(std::int64_t index) const = 0;
    // The same row as views of its bytes, where it is as nearly all are (flat_row.h). False: row() says what it is, or what is wrong.
    virtual bool flatRow(std::int64_t index, FlatRow& row) const;
    // The row's bytes as they stand in the file, for showing what is broken (cut at 64 KiB).
    virtual std::string rawRow(std::int64_t index) const = 0;

    // What a person should know of how the file was read, a sentence each ("it was unpacked (gzip)").
    const std::vector<std::string>& notes() const { return m_notes; }
    void addNote(std::string sentence) { m_notes.push_back(std::move(sentence)); } // while it is opened

    // Where what is read is not quite what stands there: a guessed encoding, a name that a row has twice, NaN. A sentence each; some
    // are known once the rows were read.
    virtual std::vector<std::string> remarks() const;
    void addRemark(std::string sentence) { m_remarks.push_back(std::move(sentence)); } // while it is opened

    // Files of a folder that are neither rows nor about the data, as paths below it.
    const std::vector<std::string>& leftOut() const { return m_leftOut; }
    void addLeftOut(std::string file) { m_leftOut.push_back(std::move(file)); } // while it is opened

protected:
    // parseJsonRow, remembering its habits; from any thread.
    Result<Json> parsedRow(std::int64_t index, std::string_view bytes) const;

private:
    std::vector<std::string> m_notes;
    std::vector<std::string> m_remarks;
    mutable std::atomic<std::int64_t> m_repeated = -1; // the first row that has a name twice
    mutable std::atomic<std::int64_t> m_noNumber = -1; // the first row with NaN or Infinity
    std::vector<std::string> m_leftOut;
};

// By extension and content: .jsonl/.ndjson, .json (array, {"data":[...]}, or JSON lines), .csv, .tsv; .txt and .md, one
// document a file, and folders of them or of data files (data_folder.h); Parquet and Arrow files (columnar_file.h); each also packed with gzip or zstd, which is unpacked once (unpacked_file.h).
// Blank lines are not rows. Unpacking and indexing report progress in bytes, every 16 MiB, and can be cancelled
// (Error "cancelled").
Result<std::shared_ptr<const RowSource>> openSource(const std::filesystem::path& path,
                                                    const base::Progress& progress = {},
                                                    const base::CancelToken& cancel = {});

// How the names of files that are read end, with the point: for dialogs.
std::vector<std::string> sourceExtensions();

} // namespace luthier::data
