// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/step_table.h"

#include "core/base/json_digits.h"

#include <algorithm>

namespace luthier::store {

namespace {

constexpr std::int64_t kMostSteps = 1000; // kept; older ones can no longer be undone

} // namespace

Result<void> StepTable::writeTag(const std::string& key, const TagChange& change, bool added)
{
    auto statement
        = m_database.prepare(added ? "INSERT INTO row_tags (path, row, tag) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"
                                   : "DELETE FROM row_tags WHERE path = ?1 AND row = ?2 AND tag = ?3");
    if (!statement) {
        return statement.error();
    }
    for (const std::int64_t row : change.rows) {
        statement->bindAll(key, row, change.tag);
        if (auto done = statement->run(); !done) {
            return done;
        }
    }
    return {};
}

Result<void> StepTable::writeStep(const EditStep& step, bool forward)
{
    const std::string key = keyOf(step.path);
    for (const RowChange& change : step.rows) {
        if (auto done = m_edits.writeEdit(key, change.row, forward ? change.after : change.before); !done) {
            return done;
        }
    }
    if (auto done = m_edits.writeExcluded(key, step.excluded, forward); !done) {
        return done;
    }
    if (auto done = m_edits.writeExcluded(key, step.included, !forward); !done) {
        return done;
    }
    for (const TagChange& change : step.tags) {
        if (auto done = writeTag(key, change, change.isAdded == forward); !done) {
            return done;
        }
    }
    return {};
}

Result<std::int64_t> StepTable::record(const EditStep& step)
{
    const std::string body = base::dumpJson(changesToJson(step)); // before anyone waits for the database
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM edit_steps WHERE undone <> 0");
    if (done) {
        done = m_database.run("INSERT INTO edit_steps (path, text, body) VALUES (?1, ?2, ?3)", keyOf(step.path), step.text, body);
    }
    const std::int64_t id = m_database.lastId();
    if (done) {
        done = m_database.run("DELETE FROM edit_steps WHERE id <= (SELECT id FROM edit_steps ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                              kMostSteps);
    }
    if (done) {
        done = writeStep(step, true);
    }
    if (done) {
        done = transaction->commit();
    }
    return done ? Result<std::int64_t>(id) : done.error();
}

Result<void> StepTable::setUndone(std::int64_t id, bool undone)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    std::optional<EditStep> step;
    auto done = m_database.each(
        "SELECT path, body FROM edit_steps WHERE id = ?1",
        [&](const Statement& row) -> Result<void> {
            auto body = base::parseJsonWithDigits(row.text(1));
            auto read = body ? changesFromJson(*body) : Result<EditStep>(body.error());
            if (!read) {
                return Error{m_database.path().string() + ": " + read.message()};
            }
            step = std::move(*read);
            step->path = row.text(0);
            return {};
        },
        id);
    if (done && !step) {
        done = Error{m_database.path().string() + ": the edit to be undone is no longer kept"};
    }
    if (done) {
        done = m_database.run("UPDATE edit_steps SET undone = ?1 WHERE id = ?2", std::int64_t{undone ? 1 : 0}, id);
    }
    if (done) {
        done = writeStep(*step, !undone);
    }
    return done ? transaction->commit() : done;
}

Result<std::vector<EditStep>> StepTable::all(std::int64_t maxBytes)
{
    const std::lock_guard guard(m_mutex);
    std::vector<EditStep> steps;
    bool sawDone = false; // newest first: what was undone before a step that stands cannot be done again
    std::int64_t bytes = 0;
    auto read = m_database.each("SELECT id, path, text, undone, body FROM edit_steps ORDER BY id DESC",
                                [&](const Statement& row) -> Result<void> {
                                    const std::string body = row.text(4);
                                    const bool isUndone = row.integer(3) != 0;
                                    bytes += static_cast<std::int64_t>(body.size());
                                    if (bytes > maxBytes || (isUndone && sawDone)) {
                                        return {};
                                    }
                                    sawDone = sawDone || !isUndone;
                                    auto json = base::parseJsonWithDigits(body);
                                    auto step = json ? changesFromJson(*json) : Result<EditStep>(json.error());
                                    if (!step) {
                                        return Error{m_database.path().string() + ": " + step.message()};
                                    }
                                    step->id = row.integer(0);
                                    step->path = row.text(1);
                                    step->text = row.text(2);
                                    step->isUndone = isUndone;
                                    steps.push_back(std::move(*step));
                                    return {};
                                });
    if (!read) {
        return read.error();
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
}

Result<RowTags> StepTable::tags(const std::string& path)
{
    const std::lock_guard guard(m_mutex);
    RowTags tags;
    auto read = m_database.each(
        "SELECT row, tag FROM row_tags WHERE path = ?1 ORDER BY row, tag",
        [&](const Statement& row) -> Result<void> {
            tags[row.integer(0)].insert(row.text(1));
            return {};
        },
        keyOf(path));
    return read ? Result<RowTags>(std::move(tags)) : read.error();
}

} // namespace luthier::store
