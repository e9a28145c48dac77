// SPDX-License-Identifier: GPL-3.0-or-later
// ComparisonTable: what was compared. What the functions promise stands in comparisons.h.
#pragma once

#include "core/store/comparisons.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class ComparisonTable : public Comparisons, Table {
public:
    explicit ComparisonTable(ProjectBase& base) : Table(base) {}

    Result<std::int64_t> add(const std::string& prompt, const Json& body) override;
    Result<std::vector<ComparisonRow>> find(const std::string& search, std::int64_t most) override;
    Result<void> remove(std::int64_t id) override;
};

} // namespace luthier::store
