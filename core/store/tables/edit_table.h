// SPDX-License-Identifier: GPL-3.0-or-later
// EditTable: the edited and the left-out rows of data files. What the functions promise stands in project.h.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class EditTable : Table {
public:
    using Table::Table;

    Result<void> save(const std::string& path, std::int64_t row, const std::optional<Json>& edited);
    Result<data::Overlay> edits(const std::string& path);
    Result<void> setExcluded(const std::string& path, const std::vector<std::int64_t>& rows, bool excluded);
    Result<data::Exclusions> exclusions(const std::string& path);

    // For other parts, which hold the mutex and name files by their key.
    Result<void> writeEdit(const std::string& key, std::int64_t row, const std::optional<Json>& edited);
    Result<void> writeExcluded(const std::string& key, const std::vector<std::int64_t>& rows, bool excluded);
    Result<data::Overlay> readEdits(const std::string& key);
    Result<data::Exclusions> readExclusions(const std::string& key);
};

} // namespace luthier::store
