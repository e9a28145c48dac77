// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/comparison_table.h"

namespace luthier::store {

Result<std::int64_t> ComparisonTable::add(const std::string& prompt, const Json& body)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("INSERT INTO comparisons (created, prompt, body) VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?1, ?2)", prompt, base::dumpJson(body));
    const std::int64_t id = m_database.lastId();
    auto committed = done ? transaction->commit() : done;
    return committed ? Result<std::int64_t>(id) : committed.error();
}

Result<std::vector<ComparisonRow>> ComparisonTable::find(const std::string& search, std::int64_t most)
{
    const std::lock_guard guard(m_mutex);
    std::vector<ComparisonRow> rows;
    // JSON writes quotes and line ends in its own way: the word is looked for as JSON writes it.
    const std::string inJson = search.empty() ? search : base::dumpJson(Json(search));
    const std::string word = search.empty() ? search : inJson.substr(1, inJson.size() - 2);
    auto done = m_database.each(
        "SELECT id, created, prompt, body FROM comparisons WHERE ?1 = '' OR instr(lower(prompt), lower(?3)) > 0 OR instr(lower(body), lower(?1)) > 0 ORDER BY id DESC LIMIT ?2",
        [&](const Statement& row) -> Result<void> {
            auto body = base::parseJson(row.text(3));
            if (!body) {
                return Error{"comparison " + std::to_string(row.integer(0)) + " cannot be read: " + body.message()};
            }
            rows.push_back({row.integer(0), row.text(1), row.text(2), std::move(*body)});
            return {};
        },
        word, most, search);
    return done ? Result<std::vector<ComparisonRow>>(std::move(rows)) : done.error();
}

Result<void> ComparisonTable::remove(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM comparisons WHERE id = ?1", id);
    return done ? transaction->commit() : done;
}

} // namespace luthier::store
