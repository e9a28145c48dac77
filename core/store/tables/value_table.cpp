// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/value_table.h"

namespace luthier::store {

Result<void> ValueTable::set(const std::string& key, const Json& value)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("INSERT INTO project_values (key, value) VALUES (?1, ?2) "
                               "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                               key, base::dumpJson(value));
    return done ? transaction->commit() : done;
}

Result<Json> ValueTable::get(const std::string& key)
{
    const std::lock_guard guard(m_mutex);
    Json value;
    auto read = m_database.each(
        "SELECT value FROM project_values WHERE key = ?1",
        [&](const Statement& row) -> Result<void> {
            auto parsed = base::parseJson(row.text(0));
            if (!parsed) {
                return Error{m_database.path().string() + ": the value \"" + key
                             + "\" cannot be read: " + parsed.message()};
            }
            value = std::move(*parsed);
            return {};
        },
        key);
    return read ? Result<Json>(std::move(value)) : read.error();
}

} // namespace luthier::store
