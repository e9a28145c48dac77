// SPDX-License-Identifier: GPL-3.0-or-later
// ValueTable: small things that are remembered with the project, each JSON under a key. What the functions promise stands
// in project.h.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class ValueTable : Table {
public:
    using Table::Table;

    Result<void> set(const std::string& key, const Json& value);
    Result<Json> get(const std::string& key);
};

} // namespace luthier::store
