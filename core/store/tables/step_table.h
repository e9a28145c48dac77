// SPDX-License-Identifier: GPL-3.0-or-later
// StepTable: the steps of editing data files, and the tags of their rows, which only steps change. What the functions promise
// stands in project.h.
#pragma once

#include "core/store/tables/edit_table.h"

namespace luthier::store {

class StepTable : Table {
public:
    StepTable(ProjectBase& base, EditTable& edits) : Table(base), m_edits(edits) {}

    Result<std::int64_t> record(const EditStep& step);
    Result<void> setUndone(std::int64_t id, bool undone);
    Result<std::vector<EditStep>> all(std::int64_t maxBytes);
    Result<RowTags> tags(const std::string& path);

private:
    Result<void> writeTag(const std::string& key, const TagChange& change, bool added);
    Result<void> writeStep(const EditStep& step, bool forward);

    EditTable& m_edits;
};

} // namespace luthier::store
