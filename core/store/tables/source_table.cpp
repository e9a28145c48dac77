// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/source_table.h"

namespace luthier::store {

Result<DataSourceRow> SourceTable::add(const std::string& path, const std::string& format)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const std::string key = keyOf(path);
    auto done = m_database.run(
        "INSERT INTO sources (path, format) VALUES (?1, ?2) ON CONFLICT (path) DO NOTHING", key, format);
    DataSourceRow source;
    if (done) {
        done = m_database.each(
            "SELECT id, path, format FROM sources WHERE path = ?1",
            [&](const Statement& row) -> Result<void> {
                source = {row.integer(0), row.text(1), row.text(2)};
                return {};
            },
            key);
    }
    if (done) {
        done = transaction->commit();
    }
    return done ? Result<DataSourceRow>(std::move(source)) : done.error();
}

Result<std::vector<DataSourceRow>> SourceTable::all()
{
    const std::lock_guard guard(m_mutex);
    std::vector<DataSourceRow> sources;
    auto read = m_database.each("SELECT id, path, format FROM sources ORDER BY id",
                                [&](const Statement& row) -> Result<void> {
                                    sources.push_back({row.integer(0), row.text(1), row.text(2)});
                                    return {};
                                });
    return read ? Result<std::vector<DataSourceRow>>(std::move(sources)) : read.error();
}

Result<void> SourceTable::remove(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM sources WHERE id = ?1", id);
    return done ? transaction->commit() : done;
}

} // namespace luthier::store
