// SPDX-License-Identifier: GPL-3.0-or-later
// LossTable: losses of single rows, by run and data file. What the functions promise stands in project.h.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class LossTable : Table {
public:
    using Table::Table;

    Result<void> save(RunId run, const std::string& path, const std::vector<data::RowLoss>& losses);
    Result<std::vector<data::RowLoss>> losses(RunId run, const std::string& path);
};

} // namespace luthier::store
