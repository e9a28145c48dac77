// SPDX-License-Identifier: GPL-3.0-or-later
// EditStep: one thing that a person did to a data file, with what it takes to undo it and to do it again. A version
// is a named snapshot of a file's edits and left-out rows.
//
// Threads: plain values.
#pragma once

#include "core/base/json.h"
#include "core/data/dataset.h"
#include "core/data/row_tags.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace luthier::store {

// Rows count from 0 everywhere.
struct RowChange {
    std::int64_t row = 0;
    std::optional<Json> before; // nullopt: the row as the file has it
    std::optional<Json> after;

    bool operator==(const RowChange&) const = default;
};

struct TagChange {
    std::string tag;
    std::vector<std::int64_t> rows; // that did not have it before (isAdded), or had it
    bool isAdded = true;

    bool operator==(const TagChange&) const = default;
};

struct EditStep {
    std::int64_t id = 0;   // 0: not recorded yet; grows with time
    std::string path;      // the data file
    std::string text;      // what it is called: "edit of row 3"
    bool isUndone = false;
    std::vector<RowChange> rows;
    std::vector<std::int64_t> excluded; // taken out by it; they were in before
    std::vector<std::int64_t> included; // taken back in by it
    std::vector<TagChange> tags;

    bool isEmpty() const { return rows.empty() && excluded.empty() && included.empty() && tags.empty(); }
};

// Without id, path, text and isUndone. fromJson: a sentence when it is not what toJson wrote.
Json changesToJson(const EditStep& step);
Result<EditStep> changesFromJson(const Json& json);

using data::RowTags;

struct VersionRow {
    std::int64_t id = 0;
    std::string path;
    std::string name;
    std::string created; // ISO 8601, UTC
    std::int64_t numEdits = 0;
    std::int64_t numExcluded = 0;
};

struct Snapshot {
    data::Overlay edits;
    data::Exclusions excluded;
};

} // namespace luthier::store
