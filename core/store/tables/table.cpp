// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/table.h"

#include "core/store/data_files.h"

namespace luthier::store {

Result<Transaction> Table::beginWriting()
{
    if (!m_base.lock) {
        return Error{m_folder.string() + ": opened only to look at; open it for writing to change it"};
    }
    return Transaction::begin(m_database);
}

std::string Table::keyOf(const std::string& path)
{
    return dataFileKey(path);
}

} // namespace luthier::store
