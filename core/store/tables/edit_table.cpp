// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/edit_table.h"

#include "core/base/json_digits.h"

namespace luthier::store {

Result<void> EditTable::writeEdit(const std::string& key, std::int64_t row, const std::optional<Json>& edited)
{
    return edited ? m_database.run("INSERT INTO edits (path, row, body) VALUES (?1, ?2, ?3) "
                                   "ON CONFLICT (path, row) DO UPDATE SET body = excluded.body",
                                   key, row, base::dumpJson(*edited))
                  : m_database.run("DELETE FROM edits WHERE path = ?1 AND row = ?2", key, row);
}

Result<void> EditTable::save(const std::string& path, std::int64_t row, const std::optional<Json>& edited)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = writeEdit(keyOf(path), row, edited);
    return done ? transaction->commit() : done;
}

Result<data::Overlay> EditTable::readEdits(const std::string& key)
{
    data::Overlay edits;
    auto read = m_database.each(
        "SELECT row, body FROM edits WHERE path = ?1 ORDER BY row",
        [&](const Statement& row) -> Result<void> {
            auto body = base::parseJsonWithDigits(row.text(1));
            if (!body) {
                return Error{m_database.path().string() + ": the edit of row "
                             + std::to_string(row.integer(0) + 1) + " of " + key
                             + " cannot be read: " + body.message()};
            }
            edits.emplace_hint(edits.end(), row.integer(0), std::move(*body));
            return {};
        },
        key);
    return read ? Result<data::Overlay>(std::move(edits)) : read.error();
}

Result<data::Overlay> EditTable::edits(const std::string& path)
{
    const std::lock_guard guard(m_mutex);
    return readEdits(keyOf(path));
}

Result<void> EditTable::writeExcluded(const std::string& key, const std::vector<std::int64_t>& rows, bool excluded)
{
    auto statement
        = m_database.prepare(excluded ? "INSERT INTO exclusions (path, row) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
                                      : "DELETE FROM exclusions WHERE path = ?1 AND row = ?2");
    if (!statement) {
        return statement.error();
    }
    for (const std::int64_t row : rows) {
        statement->bindAll(key, row);
        if (auto done = statement->run(); !done) {
            return done;
        }
    }
    return {};
}

Result<void> EditTable::setExcluded(const std::string& path, const std::vector<std::int64_t>& rows, bool excluded)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = writeExcluded(keyOf(path), rows, excluded);
    return done ? transaction->commit() : done;
}

Result<data::Exclusions> EditTable::readExclusions(const std::string& key)
{
    data::Exclusions rows;
    auto read = m_database.each(
        "SELECT row FROM exclusions WHERE path = ?1 ORDER BY row",
        [&](const Statement& row) -> Result<void> {
            rows.insert(rows.end(), row.integer(0));
            return {};
        },
        key);
    return read ? Result<data::Exclusions>(std::move(rows)) : read.error();
}

Result<data::Exclusions> EditTable::exclusions(const std::string& path)
{
    const std::lock_guard guard(m_mutex);
    return readExclusions(keyOf(path));
}

} // namespace luthier::store
