// SPDX-License-Identifier: GPL-3.0-or-later
// The project's runs: rows of the table `runs`, folders runs/<id>/, and the trash.
#include "core/base/files.h"
#include "core/store/event_rows.h"
#include "core/store/tables/run_table.h"

#include <array>
#include <ctime>
#include <system_error>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

std::string nowText()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

bool isThere(const fs::path& path) // also a link that leads nowhere
{
    std::error_code code;
    return fs::symlink_status(path, code).type() != fs::file_type::not_found;
}

// Moves a run's folder, or the link that stands for it, and leaves an empty folder where there was none.
Result<fs::path> moveToTrash(const fs::path& from, const fs::path& trash, RunId id)
{
    if (auto made = base::makeDirectories(trash); !made) {
        return made.error();
    }
    fs::path to = trash / std::to_string(id);
    for (int i = 2; isThere(to); ++i) {
        to = trash / (std::to_string(id) + "-" + std::to_string(i));
    }
    if (!isThere(from)) {
        auto made = base::makeDirectories(to);
        return made ? Result<fs::path>(to) : made.error();
    }
    std::error_code code;
    fs::rename(from, to, code);
    if (code) {
        return Error{from.string() + ": cannot be moved to " + to.string() + ": " + code.message()};
    }
    return to;
}

} // namespace

Result<void> RunTable::tidy()
{
    const std::lock_guard guard(m_mutex);
    std::vector<RunId> gone;
    auto read = m_database.each(
        "SELECT id, trash FROM runs WHERE trash IS NOT NULL", [&](const Statement& row) -> Result<void> {
            std::error_code code;
            if (fs::symlink_status(m_folder / row.text(1), code).type() == fs::file_type::not_found) {
                gone.push_back(row.integer(0));
            }
            return {};
        });
    if (!read) {
        return read;
    }
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    for (const RunId id : gone) {
        if (auto removed = m_database.run("DELETE FROM runs WHERE id = ?1", id); !removed) {
            return removed;
        }
    }
    if (auto marked = m_database.run("UPDATE runs SET state = 'interrupted' WHERE state = 'running'");
        !marked) {
        return marked;
    }
    return transaction->commit();
}

Error RunTable::noRun(RunId id) const
{
    return {m_folder.string() + ": no run " + std::to_string(id)
            + " in this project; luthier runs lists them"};
}

std::string RunTable::storedPath(const std::string& path) const
{
    const std::string inside = m_folder.string() + "/";
    return path.starts_with(inside) ? path.substr(inside.size()) : path;
}

std::string RunTable::absolutePath(const std::string& path) const
{
    return path.empty() || fs::path(path).is_absolute() ? path : (m_folder / path).string();
}

RunRow RunTable::rowOf(const Statement& statement, bool isAnyoneRunning) const
{
    RunRow row;
    row.id = statement.integer(0);
    row.name = statement.text(1);
    row.state = statement.text(2);
    row.created = statement.text(3);
    row.folder = runFolder(row.id).string();
    // One unreadable recipe must not hide the other runs; who needs it says that it is none.
    if (auto recipe = base::parseJson(statement.text(4))) {
        row.recipe = std::move(*recipe);
    }
    row.step = statement.integer(5);
    row.totalSteps = statement.integer(6);
    row.seconds = statement.real(7);
    row.result = absolutePath(statement.text(8));
    row.sentence = statement.text(9);
    row.notes = statement.text(10);
    if (const auto tags = base::parseJson(statement.text(11)); tags && tags->is_array()) {
        for (const Json& tag : *tags) {
            row.tags.push_back(tag.is_string() ? tag.get<std::string>() : std::string());
        }
    }
    if (row.state == "running" && !isAnyoneRunning) {
        row.state = "interrupted";
    }
    return row;
}

Result<std::vector<RunRow>> RunTable::readRuns(const char* where, RunId id)
{
    const bool isAnyoneRunning = m_base.lock || ProjectLock::isHeld(m_folder);
    std::vector<RunRow> rows;
    const std::string sql =
        std::string("SELECT id, name, state, created, recipe, step, total_steps, seconds, result, sentence, notes, tags FROM runs WHERE ")
        + where;
    auto read = m_database.each(
        sql,
        [&](const Statement& statement) -> Result<void> {
            rows.push_back(rowOf(statement, isAnyoneRunning));
            return {};
        },
        id);
    if (read) {
        read = readSummaries(rows, id);
    }
    return read ? Result<std::vector<RunRow>>(std::move(rows)) : read.error();
}

// What the rows tell of their measures; of one run, or with 0 of all.
Result<void> RunTable::readSummaries(std::vector<RunRow>& rows, RunId id)
{
    std::map<RunId, RunRow*> byId;
    for (RunRow& row : rows) {
        byId[row.id] = &row;
    }
    return m_database.each(
        "SELECT run, measure, set_name, first_step, first, last_step, last FROM run_measures WHERE ?1 IN (0, run) ORDER BY run, place",
        [&byId](const Statement& statement) -> Result<void> {
            if (const auto row = byId.find(statement.integer(0)); row != byId.end()) {
                row->second->measures.add(summaryOf(statement, 1));
            }
            return {};
        },
        id);
}

// The next number that no run and no folder has had: a database from a backup may be older than its folders.
Result<RunId> RunTable::freeRunId()
{
    const auto last = m_database.number("SELECT seq FROM sqlite_sequence WHERE name = 'runs'");
    if (!last) {
        return last.error();
    }
    RunId id = *last + 1;
    while (isThere(runFolder(id))) {
        ++id;
    }
    return id;
}

Result<RunRow> RunTable::create(const std::string& name, const Json& recipe)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const auto id = freeRunId();
    if (!id) {
        return id.error();
    }
    auto done = m_database.run(
        "INSERT INTO runs (id, name, state, created, recipe) VALUES (?1, ?2, 'running', ?3, ?4)", *id, name,
        nowText(), base::dumpJson(recipe));
    if (done) {
        done = base::makeDirectories(runFolder(*id));
    }
    if (done) {
        done = base::syncDirectory(m_folder / "runs");
    }
    if (done) {
        done = transaction->commit();
    }
    if (!done) {
        std::error_code code;
        fs::remove(runFolder(*id), code); // empty, or not there
        return done.error();
    }
    auto rows = readRuns("trash IS NULL AND id = ?1", *id);
    return rows ? Result<RunRow>(std::move(rows->front())) : rows.error();
}

Result<std::vector<RunRow>> RunTable::all()
{
    const std::lock_guard guard(m_mutex);
    return readRuns("trash IS NULL AND ?1 = 0 ORDER BY id DESC", 0); // by number: clocks jump
}

Result<RunRow> RunTable::find(RunId id)
{
    const std::lock_guard guard(m_mutex);
    auto rows = readRuns("trash IS NULL AND id = ?1", id);
    if (!rows) {
        return rows.error();
    }
    return rows->empty() ? Result<RunRow>(noRun(id)) : std::move(rows->front());
}

Result<void> RunTable::change(const char* sql, RunId id, const std::string& text)
{
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    if (auto done = m_database.run(sql, text, id); !done) {
        return done;
    }
    return m_database.changes() == 0 ? noRun(id) : transaction->commit();
}

Result<void> RunTable::rename(RunId id, const std::string& name)
{
    if (name.find_first_not_of(" \t\r\n") == std::string::npos) {
        return Error{"a run needs a name that can be seen"};
    }
    const std::lock_guard guard(m_mutex);
    return change("UPDATE runs SET name = ?1 WHERE id = ?2 AND trash IS NULL", id, name);
}

Result<void> RunTable::markRunning(RunId id)
{
    const std::lock_guard guard(m_mutex);
    return change("UPDATE runs SET state = ?1, sentence = '' WHERE id = ?2 AND trash IS NULL", id, "running");
}

Result<void> RunTable::remove(RunId id)
{
    const std::lock_guard guard(m_mutex);
    const auto known = m_database.number("SELECT count(*) FROM runs WHERE id = ?1 AND trash IS NULL", id);
    if (!known || *known == 0) {
        return known ? noRun(id) : known.error();
    }
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const fs::path from = runFolder(id);
    const auto to = moveToTrash(from, m_folder / "trash", id);
    if (!to) {
        return to.error();
    }
    // The rows stay as long as the folder in the trash does; see tidy().
    auto done = m_database.run("UPDATE runs SET trash = ?1 WHERE id = ?2", storedPath(to->string()), id);
    if (done) {
        done = transaction->commit();
    }
    if (!done) {
        std::error_code code;
        fs::rename(*to, from, code);
    }
    return done;
}

Result<void> RunTable::annotate(RunId id, const std::string& notes, const std::vector<std::string>& tags)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    if (auto done = m_database.run("UPDATE runs SET notes = ?1, tags = ?2 WHERE id = ?3 AND trash IS NULL", notes, base::dumpJson(Json(tags)), id); !done) {
        return done;
    }
    return m_database.changes() == 0 ? noRun(id) : transaction->commit();
}

Result<std::vector<RunRow>> RunTable::deleted()
{
    const std::lock_guard guard(m_mutex);
    return readRuns("trash IS NOT NULL AND ?1 = 0 ORDER BY id DESC", 0);
}

Result<void> RunTable::restore(RunId id)
{
    const std::lock_guard guard(m_mutex);
    std::string trash;
    auto done = m_database.each("SELECT trash FROM runs WHERE id = ?1 AND trash IS NOT NULL",
                                [&trash](const Statement& row) -> Result<void> {
                                    trash = row.text(0);
                                    return {};
                                },
                                id);
    if (!done) {
        return done;
    }
    const fs::path from = absolutePath(trash);
    if (trash.empty() || !isThere(from)) {
        return Error{m_folder.string() + ": run " + std::to_string(id) + " is not in the project's trash"};
    }
    if (isThere(runFolder(id))) {
        return Error{runFolder(id).string() + " is there already; move it away, then bring the run back"};
    }
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    std::error_code code;
    fs::rename(from, runFolder(id), code);
    if (code) {
        return Error{from.string() + ": cannot be moved back: " + code.message()};
    }
    done = m_database.run("UPDATE runs SET trash = NULL WHERE id = ?1", id);
    done = done ? transaction->commit() : std::move(done);
    if (!done) {
        fs::rename(runFolder(id), from, code);
    }
    return done;
}

Result<RunRow> RunTable::adopt(const RunRow& row, const std::vector<train::Event>& events, const fs::path& folder)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const auto id = freeRunId();
    if (!id) {
        return id.error();
    }
    auto done = m_database.run("INSERT INTO runs (id, name, state, created, recipe, notes, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", *id, row.name, row.state,
                               row.created.empty() ? nowText() : row.created, base::dumpJson(row.recipe), row.notes, base::dumpJson(Json(row.tags)));
    RunRow adopted = row;
    adopted.id = *id;
    adopted.measures = {};
    for (const train::Event& event : events) {
        apply(adopted, event);
    }
    m_sittings.erase(*id);
    adopted.state = row.state;
    adopted.step = row.step;
    adopted.totalSteps = row.totalSteps;
    adopted.seconds = row.seconds;
    adopted.sentence = row.sentence;
    const std::string inside = folder.string() + "/";
    adopted.result = row.result.starts_with(inside) ? (runFolder(*id) / row.result.substr(inside.size())).string() : row.result;
    done = done ? insertEvents(*id, events) : std::move(done);
    done = done ? updateRun(adopted) : std::move(done);
    if (!done) {
        return done.error();
    }
    std::error_code code;
    if (auto made = base::makeDirectories(m_folder / "runs"); !made) {
        return made.error();
    }
    fs::rename(folder, runFolder(*id), code);
    if (code) {
        return Error{folder.string() + ": cannot be moved to " + runFolder(*id).string() + ": " + code.message()};
    }
    if (done = transaction->commit(); !done) {
        fs::rename(runFolder(*id), folder, code);
        return done.error();
    }
    auto rows = readRuns("trash IS NULL AND id = ?1", *id);
    return rows ? Result<RunRow>(std::move(rows->front())) : rows.error();
}

} // namespace luthier::store
