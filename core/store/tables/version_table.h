// SPDX-License-Identifier: GPL-3.0-or-later
// VersionTable: named snapshots of the edits and exclusions of a data file, each one JSON text. What the functions promise
// stands in project.h.
#pragma once

#include "core/store/tables/edit_table.h"

namespace luthier::store {

class VersionTable : Table {
public:
    VersionTable(ProjectBase& base, EditTable& edits) : Table(base), m_edits(edits) {}

    Result<VersionRow> add(const std::string& path, const std::string& name);
    Result<std::vector<VersionRow>> all(const std::string& path);
    Result<Snapshot> snapshot(std::int64_t id);
    Result<void> remove(std::int64_t id);

private:
    EditTable& m_edits;
};

} // namespace luthier::store
