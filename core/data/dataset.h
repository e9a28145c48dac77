// SPDX-License-Identifier: GPL-3.0-or-later
// Dataset: a source, the format of its rows, and the person's edits on top. What the Data page shows
// and what training reads are the same object, so both see the same rows.
//
// Threads: all functions may be called from any thread (edits and exclusions are guarded).
#pragma once

#include "core/data/formats/format.h"
#include "core/data/sources/row_source.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace luthier::data {

// Row index (from 0) -> the whole edited row.
using Overlay = std::map<std::int64_t, Json>;
// Rows (from 0) that the person left out: shown, never trained.
using Exclusions = std::set<std::int64_t>;

struct RowError {
    std::int64_t row = 0; // from 1
    std::string sentence;
};

struct OpenOptions {
    std::string format = "auto";
    Overlay overlay;
    base::Progress progress;
    base::CancelToken cancel;
    Exclusions excluded = {};
    std::vector<std::string> columns = {}; // "field=column" each (columns.h): for rows with names of their own
};

class Dataset {
public:
    // Fails when the file cannot be read or no row has a known shape; single bad rows do not fail it.
    static Result<std::shared_ptr<Dataset>> open(const std::filesystem::path& path, OpenOptions options = {});

    // Rows from the beginning and all over the file, as they stand there: for a form that says which column is what.
    static Result<std::vector<Json>> sample(const std::filesystem::path& path, const base::Progress& progress = {},
                                            const base::CancelToken& cancel = {});

    const std::filesystem::path& path() const { return m_path; }
    const DatasetFormat& format() const { return *m_format; }
    std::int64_t rowCount() const { return m_source->rowCount(); }
    const std::vector<std::string>& notes() const { return m_notes; } // how the file was read
    const std::vector<std::string>& columns() const { return m_columns; } // as OpenOptions gave them
    std::vector<std::string> remarks() const { return m_source->remarks(); } // RowSource::remarks
    const std::vector<std::string>& leftOut() const { return m_source->leftOut(); } // files of a folder that are not read

    // Edited row if there is an edit, else the source's. Errors read "row 12: ...".
    Result<Json> row(std::int64_t index) const;
    Result<Example> example(std::int64_t index) const;
    // The texts of example(), as views of `row`, of a row that is as nearly all are and nobody changed. False: example() has to look.
    bool view(std::int64_t index, FlatRow& row, ExampleView& view) const;
    std::string rawRow(std::int64_t index) const { return m_source->rawRow(index); }

    // A field by path ("output", "messages/1/content"). Setting returns the previous whole row, for undo.
    Result<std::string> field(std::int64_t index, const std::string& path) const;
    Result<Json> withField(std::int64_t index, const std::string& path, const std::string& text) const; // new row, nothing changed
    void setRow(std::int64_t index, Json row);
    void clearEdit(std::int64_t index);
    std::optional<Json> edit(std::int64_t index) const;
    Overlay overlay() const;

    void setExcluded(std::int64_t index, bool excluded);
    void setExcluded(const std::vector<std::int64_t>& rows, bool excluded); // some hundred thousand in a millisecond
    bool isExcluded(std::int64_t index) const;
    Exclusions exclusions() const;

    // Every row that gives no example, in order. Reads the whole file; cancellable.
    std::vector<RowError> badRows(const base::Progress& progress = {}, const base::CancelToken& cancel = {}) const;

private:
    Dataset() = default;

    std::filesystem::path m_path;
    const DatasetFormat* m_format = nullptr;
    std::shared_ptr<const RowSource> m_source;
    std::vector<std::string> m_notes;
    mutable std::mutex m_mutex;
    Overlay m_overlay;       // guarded by m_mutex, as the next
    std::vector<bool> m_excluded; // one a row
    // Walks ask for every row from several threads: where there is neither, nobody waits for the other.
    std::atomic<bool> m_hasEdits = false;
    std::atomic<bool> m_hasExclusions = false;
    void mark(std::int64_t index, bool excluded);
    std::vector<std::string> m_columns;
};

} // namespace luthier::data
