// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/judging_table.h"

#include "core/base/json.h"

namespace luthier::store {

namespace {

std::vector<std::string> wordsOf(const std::string& text)
{
    std::vector<std::string> words;
    const auto json = base::parseJson(text);
    for (const Json& word : json && json->is_array() ? *json : Json::array()) {
        if (word.is_string()) {
            words.push_back(word.get<std::string>());
        }
    }
    return words;
}

std::string textOf(const std::map<std::string, std::pair<int, int>>& scores)
{
    Json json = Json::object();
    for (const auto& [criterion, both] : scores) {
        json[criterion] = {both.first, both.second};
    }
    return base::dumpJson(json);
}

std::map<std::string, std::pair<int, int>> scoresOf(const std::string& text)
{
    std::map<std::string, std::pair<int, int>> scores;
    const auto json = base::parseJson(text);
    if (json && json->is_object()) {
        for (const auto& [criterion, both] : json->items()) {
            if (both.is_array() && both.size() == 2 && both[0].is_number_integer() && both[1].is_number_integer()) {
                scores[criterion] = {both[0].get<int>(), both[1].get<int>()};
            }
        }
    }
    return scores;
}

} // namespace

Result<JudgingRow> JudgingTable::create(const std::string& name, std::uint64_t seed, const std::vector<evaluation::JudgedPair>& pairs)
{
    std::int64_t id = 0;
    {
        const std::lock_guard guard(m_mutex);
        auto transaction = beginWriting();
        if (!transaction) {
            return transaction.error();
        }
        auto done = m_database.run("INSERT INTO judgings (name, created, seed) VALUES (?1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?2)", name,
                                   static_cast<std::int64_t>(seed));
        id = m_database.lastId();
        auto insert = m_database.prepare("INSERT INTO judged_pairs (judging, number, body) VALUES (?1, ?2, ?3)");
        if (!insert) {
            return insert.error();
        }
        for (std::size_t i = 0; done && i < pairs.size(); ++i) {
            evaluation::JudgedPair pair = pairs[i];
            pair.number = static_cast<std::int64_t>(i) + 1;
            insert->bindAll(id, pair.number, base::dumpJson(evaluation::toJson(pair)));
            done = insert->run();
        }
        if (auto committed = done ? transaction->commit() : done; !committed) {
            return committed.error();
        }
    }
    return find(id);
}

Result<std::vector<JudgingRow>> JudgingTable::read(const std::string& where, std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    std::vector<JudgingRow> rows;
    auto done = m_database.each(
        "SELECT id, name, created, seed, (SELECT count(*) FROM judged_pairs WHERE judging = id), (SELECT count(*) FROM votes WHERE judging = judgings.id), "
        "criteria FROM judgings WHERE " + where + " ORDER BY id DESC",
        [&](const Statement& row) -> Result<void> {
            rows.push_back({row.integer(0), row.text(1), row.text(2), static_cast<std::uint64_t>(row.integer(3)), row.integer(4), row.integer(5), wordsOf(row.text(6))});
            return {};
        },
        id);
    return done ? Result<std::vector<JudgingRow>>(std::move(rows)) : done.error();
}

Result<std::vector<JudgingRow>> JudgingTable::all()
{
    return read("id > ?1", 0);
}

Result<JudgingRow> JudgingTable::find(std::int64_t id)
{
    auto rows = read("id = ?1", id);
    if (!rows || rows->empty()) {
        return rows ? Error{"there is no judging with the number " + std::to_string(id) + "; see luthier judge list"} : rows.error();
    }
    return rows->front();
}

Result<void> JudgingTable::remove(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM judgings WHERE id = ?1", id);
    return done ? transaction->commit() : done;
}

Result<std::vector<evaluation::JudgedPair>> JudgingTable::pairs(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    std::vector<evaluation::JudgedPair> pairs;
    auto done = m_database.each(
        "SELECT body FROM judged_pairs WHERE judging = ?1 ORDER BY number",
        [&](const Statement& row) -> Result<void> {
            const auto json = base::parseJson(row.text(0));
            auto pair = json ? evaluation::judgedPairFromJson(*json) : Result<evaluation::JudgedPair>(json.error());
            if (!pair) {
                return pair.error();
            }
            pairs.push_back(std::move(*pair));
            return {};
        },
        id);
    return done ? Result<std::vector<evaluation::JudgedPair>>(std::move(pairs)) : done.error();
}

Result<void> JudgingTable::setCriteria(std::int64_t id, const std::vector<std::string>& criteria)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("UPDATE judgings SET criteria = ?2 WHERE id = ?1", id, base::dumpJson(Json(criteria)));
    return done ? transaction->commit() : done;
}

Result<void> JudgingTable::vote(std::int64_t id, const evaluation::Vote& vote)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("INSERT INTO votes (judging, pair, judge, choice, swapped, note, correction, seconds, scores, created) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
                               id, vote.pair, vote.judge, std::string(evaluation::rowOf(vote.choice).id), std::int64_t{vote.isSwapped ? 1 : 0}, vote.note,
                               vote.correction, vote.seconds, textOf(vote.scores));
    return done ? transaction->commit() : done;
}

Result<std::vector<evaluation::Vote>> JudgingTable::votes(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    std::vector<evaluation::Vote> votes;
    auto done = m_database.each(
        "SELECT pair, judge, choice, swapped, note, correction, seconds, created, scores FROM votes WHERE judging = ?1 ORDER BY id",
        [&](const Statement& row) -> Result<void> {
            const auto choice = evaluation::choiceOf(row.text(2));
            if (!choice) {
                return choice.error();
            }
            votes.push_back({row.integer(0), row.text(1), *choice, row.integer(3) != 0, row.text(4), row.text(5), row.real(6), row.text(7), scoresOf(row.text(8))});
            return {};
        },
        id);
    return done ? Result<std::vector<evaluation::Vote>>(std::move(votes)) : done.error();
}

Result<bool> JudgingTable::takeBack(std::int64_t id, const std::string& judge)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM votes WHERE id = (SELECT max(id) FROM votes WHERE judging = ?1 AND judge = ?2)", id, judge);
    const bool isGone = done && m_database.changes() > 0;
    if (auto committed = done ? transaction->commit() : done; !committed) {
        return committed.error();
    }
    return isGone;
}

} // namespace luthier::store
