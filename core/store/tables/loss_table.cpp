// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/loss_table.h"

namespace luthier::store {

Result<void> LossTable::save(RunId run, const std::string& path, const std::vector<data::RowLoss>& losses)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const std::string key = keyOf(path);
    auto done = m_database.run("DELETE FROM row_losses WHERE run = ?1 AND path = ?2", run, key);
    auto insert = m_database.prepare("INSERT INTO row_losses (run, path, row, before, after, tokens) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!insert) {
        return insert.error();
    }
    for (std::size_t i = 0; done && i < losses.size(); ++i) {
        const data::RowLoss& loss = losses[i];
        insert->bindAll(run, key, loss.row, loss.before, loss.after, loss.tokens);
        done = insert->run();
    }
    return done ? transaction->commit() : done;
}

Result<std::vector<data::RowLoss>> LossTable::losses(RunId run, const std::string& path)
{
    const std::lock_guard guard(m_mutex);
    std::vector<data::RowLoss> losses;
    auto read = m_database.each(
        "SELECT row, before, after, tokens FROM row_losses WHERE run = ?1 AND path = ?2 ORDER BY row",
        [&](const Statement& row) -> Result<void> {
            losses.push_back({row.integer(0), row.optionalReal(1), row.optionalReal(2), row.integer(3)});
            return {};
        },
        run, keyOf(path));
    return read ? Result<std::vector<data::RowLoss>>(std::move(losses)) : read.error();
}

} // namespace luthier::store
