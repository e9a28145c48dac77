// SPDX-License-Identifier: GPL-3.0-or-later
// SourceTable: the data files of the project, by their absolute path. What the functions promise stands in project.h.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class SourceTable : Table {
public:
    using Table::Table;

    Result<DataSourceRow> add(const std::string& path, const std::string& format);
    Result<std::vector<DataSourceRow>> all();
    Result<void> remove(std::int64_t id);
};

} // namespace luthier::store
