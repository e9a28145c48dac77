// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/schema.h"

#include "core/base/json.h"
#include "core/store/event_codec.h"

#include <array>
#include <vector>

namespace luthier::store {

namespace {

constexpr std::int64_t kApplicationId = 0x4c757468; // "Luth", so that tools can tell the file

// Evaluations were events in JSON among others. Read and written as values, so that every digit stays; what cannot be read
// stays where it is and is told when the run's events are asked for.
Result<void> moveEvaluations(Database& database)
{
    struct Found {
        std::int64_t run;
        std::int64_t seq;
        train::EvalDone eval;
    };
    std::vector<Found> found;
    auto done = database.each("SELECT run, seq, body FROM events WHERE body LIKE '{\"event\":\"eval\",%'",
                              [&found](const Statement& row) -> Result<void> {
                                  const auto body = base::parseJson(row.text(2));
                                  const auto event = body ? eventFromJson(*body) : Result<train::Event>(body.error());
                                  if (event) {
                                      found.push_back({row.integer(0), row.integer(1), std::get<train::EvalDone>(*event)});
                                  }
                                  return {};
                              });
    for (std::size_t i = 0; done && i < found.size(); ++i) {
        const auto& [run, seq, eval] = found[i];
        done = database.run("DELETE FROM events WHERE run = ?1 AND seq = ?2", run, seq);
        if (done) {
            done = database.run("INSERT INTO evaluations (run, seq, step, set_name, tokens) VALUES (?1, ?2, ?3, ?4, ?5)", run, seq,
                                eval.step, eval.set, eval.tokens);
        }
        if (done && eval.loss) {
            done = database.run("INSERT INTO measures (run, seq, place, measure, value) VALUES (?1, ?2, 0, 'loss', ?3)", run, seq, *eval.loss);
        }
    }
    return done;
}

struct Migration {
    const char* sql;
    Result<void> (*move)(Database&) = nullptr; // after the first statements
    const char* last = "";                     // after that
};

// Row n leads from version n to n + 1. Rows are added, never changed.
// Measurements have no declared type: with REAL, SQLite would keep -0.0 as the integer 0.
constexpr std::array kMigrations{
    Migration{R"sql(
CREATE TABLE runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: folders are named by it
    name           TEXT NOT NULL,
    state          TEXT NOT NULL,
    created        TEXT NOT NULL,
    recipe         TEXT NOT NULL,
    step           INTEGER NOT NULL DEFAULT 0,
    total_steps    INTEGER NOT NULL DEFAULT 0,
    last_loss,
    first_held_out,
    last_held_out,
    seconds        NOT NULL DEFAULT 0,
    result         TEXT NOT NULL DEFAULT '',          -- relative when it lies in the project
    sentence       TEXT NOT NULL DEFAULT '',
    trash          TEXT                               -- folder in trash/; null: not deleted
);
CREATE TABLE steps (                                  -- train::StepDone, by far the most frequent event
    run            INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,                  -- order among all events of the run
    step           INTEGER NOT NULL,
    epoch, loss, learning_rate, grad_norm,
    tokens         INTEGER NOT NULL,
    trained_tokens INTEGER NOT NULL,
    tokens_per_second,
    memory_bytes   INTEGER NOT NULL,
    seconds_left,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE events (                                 -- all others, as event_codec writes them
    run            INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,
    body           TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);
CREATE TABLE sources (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    path           TEXT NOT NULL UNIQUE,
    format         TEXT NOT NULL
);
CREATE TABLE edits (                                  -- stay when a source is removed and added again
    path           TEXT NOT NULL,
    row            INTEGER NOT NULL,                  -- from 0
    body           TEXT NOT NULL,
    PRIMARY KEY (path, row)
);
CREATE TABLE project_values (
    key            TEXT PRIMARY KEY NOT NULL,
    value          TEXT NOT NULL
);
)sql"},
    Migration{R"sql(
CREATE TABLE exclusions (                             -- rows left out of training, beside the edits
    path           TEXT NOT NULL,
    row            INTEGER NOT NULL,                  -- from 0
    PRIMARY KEY (path, row)
) WITHOUT ROWID;
)sql"},
    Migration{R"sql(
CREATE TABLE edit_steps (                             -- what a person did to data files, for undo on another day
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    path           TEXT NOT NULL,
    text           TEXT NOT NULL,
    undone         INTEGER NOT NULL DEFAULT 0,
    body           TEXT NOT NULL                      -- as edit_step writes it
);
CREATE TABLE row_tags (
    path           TEXT NOT NULL,
    row            INTEGER NOT NULL,                  -- from 0
    tag            TEXT NOT NULL,
    PRIMARY KEY (path, row, tag)
) WITHOUT ROWID;
CREATE TABLE data_versions (                          -- named snapshots of edits and exclusions
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    path           TEXT NOT NULL,
    name           TEXT NOT NULL,
    created        TEXT NOT NULL,
    num_edits      INTEGER NOT NULL,
    num_excluded   INTEGER NOT NULL,
    body           TEXT NOT NULL
);
)sql"},
    Migration{R"sql(
CREATE TABLE row_losses (                             -- of single rows, before and after a run
    run            INTEGER NOT NULL,                  -- 0: measured without one
    path           TEXT NOT NULL,
    row            INTEGER NOT NULL,                  -- from 0
    before, after,                                    -- null: not measured
    tokens         INTEGER NOT NULL,
    PRIMARY KEY (run, path, row)
) WITHOUT ROWID;
CREATE TRIGGER row_losses_of_runs AFTER DELETE ON runs BEGIN
    DELETE FROM row_losses WHERE run = old.id;
END;
)sql"},
    Migration{R"sql(
CREATE TABLE evaluations (                            -- train::EvalDone; its values lie in measures
    run            INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,                  -- order among all events of the run
    step           INTEGER NOT NULL,
    set_name       TEXT NOT NULL,
    tokens         INTEGER NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE measures (                               -- of evaluations all, of steps what has no column in steps
    run            INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,                  -- of the step or evaluation
    place          INTEGER NOT NULL,                  -- order among its values
    measure        TEXT NOT NULL,                     -- id; also one that this Luthier does not know
    value,
    PRIMARY KEY (run, seq, place)
) WITHOUT ROWID;
CREATE TABLE run_measures (                           -- measures::Summary, what rows of runs tell
    run            INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    place          INTEGER NOT NULL,                  -- order among the run's
    measure        TEXT NOT NULL,
    set_name       TEXT NOT NULL,                     -- '': training steps
    first_step     INTEGER NOT NULL,
    first,
    last_step      INTEGER NOT NULL,
    last,
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
)sql",
              moveEvaluations, R"sql(
INSERT INTO run_measures
SELECT run, 0, 'loss', set_name,
       (SELECT step FROM evaluations e WHERE e.run = o.run AND e.set_name = o.set_name ORDER BY step, seq DESC LIMIT 1),
       (SELECT value FROM evaluations e JOIN measures m USING (run, seq)
        WHERE e.run = o.run AND e.set_name = o.set_name ORDER BY step, seq DESC LIMIT 1),
       (SELECT step FROM evaluations e WHERE e.run = o.run AND e.set_name = o.set_name ORDER BY seq DESC LIMIT 1),
       (SELECT value FROM evaluations e JOIN measures m USING (run, seq)
        WHERE e.run = o.run AND e.set_name = o.set_name ORDER BY seq DESC LIMIT 1)
FROM evaluations o WHERE set_name = 'held_out' GROUP BY run;
INSERT INTO run_measures
SELECT id, 1, 'loss', '',
       (SELECT step FROM steps WHERE run = id ORDER BY step, seq DESC LIMIT 1),
       (SELECT loss FROM steps WHERE run = id ORDER BY step, seq DESC LIMIT 1),
       (SELECT step FROM steps WHERE run = id ORDER BY seq DESC LIMIT 1),
       (SELECT loss FROM steps WHERE run = id ORDER BY seq DESC LIMIT 1)
FROM runs WHERE EXISTS (SELECT 1 FROM steps WHERE run = id);
ALTER TABLE runs DROP COLUMN last_loss;
ALTER TABLE runs DROP COLUMN first_held_out;
ALTER TABLE runs DROP COLUMN last_held_out;
)sql"},
    Migration{R"sql(
CREATE TABLE judgings (                               -- pairs of answers that people judge
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    created        TEXT NOT NULL,
    seed           INTEGER NOT NULL                   -- of the sides
);
CREATE TABLE judged_pairs (
    judging        INTEGER NOT NULL REFERENCES judgings(id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,                  -- from 1
    body           TEXT NOT NULL,                     -- evaluation::JudgedPair
    PRIMARY KEY (judging, number)
);
CREATE TABLE votes (                                  -- a judge's later vote on a pair stands beside the earlier one
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    judging        INTEGER NOT NULL REFERENCES judgings(id) ON DELETE CASCADE,
    pair           INTEGER NOT NULL,
    judge          TEXT NOT NULL,
    choice         TEXT NOT NULL,
    swapped        INTEGER NOT NULL,                  -- 1: the second system stood on the left
    note           TEXT NOT NULL,
    correction     TEXT NOT NULL,
    seconds,
    created        TEXT NOT NULL
);
CREATE INDEX votes_of_judgings ON votes(judging, judge);
)sql"},
    Migration{R"sql(
ALTER TABLE runs ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'; -- JSON: an array of words
)sql"},
    Migration{R"sql(
ALTER TABLE judgings ADD COLUMN criteria TEXT NOT NULL DEFAULT '[]'; -- JSON: an array of words
ALTER TABLE votes ADD COLUMN scores TEXT NOT NULL DEFAULT '{}';      -- JSON: {criterion: [first, second]}, 1 to 5
CREATE TABLE comparisons (                            -- what was asked on Compare, and what was answered
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    created        TEXT NOT NULL,
    prompt         TEXT NOT NULL,                     -- its question, to be found by
    body           TEXT NOT NULL                      -- JSON: as the page left it
);
)sql"},
};
constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());

// Version of the file; 0: empty.
Result<std::int64_t> knownVersion(Database& database)
{
    const auto id = database.number("PRAGMA application_id");
    const auto version = database.number("PRAGMA user_version");
    const auto tables = database.number("SELECT count(*) FROM sqlite_master");
    for (const auto* read : {&id, &version, &tables}) {
        if (!*read) {
            return read->error();
        }
    }
    if (*id == 0 && *version == 0 && *tables == 0) {
        return 0;
    }
    const std::string path = database.path().string();
    if (*id != kApplicationId || *version < 1) {
        return Error{path + ": a database, but not one of Luthier; choose another folder for the project"};
    }
    if (*version > kVersion) {
        return Error{path + ": written by a newer Luthier (version " + std::to_string(*version)
                     + " of the file, this one knows " + std::to_string(kVersion)
                     + "); nothing was changed. Open it with the newer one"};
    }
    return version;
}

Result<void> migrateFrom(Database& database, std::int64_t version)
{
    auto transaction = Transaction::begin(database);
    if (!transaction) {
        return transaction.error();
    }
    const std::string mark = "PRAGMA user_version = " + std::to_string(version + 1)
                             + "; PRAGMA application_id = " + std::to_string(kApplicationId);
    const Migration& row = kMigrations[static_cast<std::size_t>(version)];
    auto done = database.execute(row.sql);
    if (done && row.move != nullptr) {
        done = row.move(database);
    }
    for (const char* sql : {row.last, mark.c_str()}) {
        if (done) {
            done = database.execute(sql);
        }
    }
    return done ? transaction->commit() : done;
}

} // namespace

Result<void> prepareSchema(Database& database)
{
    const auto version = knownVersion(database);
    if (!version) {
        return version.error();
    }
    // Where the file system cannot do WAL the mode stays a rollback journal, as safe and only slower.
    if (auto set = database.execute("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=16777216"); !set) {
        return set;
    }
    for (std::int64_t from = *version; from < kVersion; ++from) {
        if (auto migrated = migrateFrom(database, from); !migrated) {
            return migrated;
        }
    }
    return {};
}

Result<void> checkSchema(Database& database)
{
    const auto version = knownVersion(database);
    if (!version) {
        return version.error();
    }
    if (*version == 0) {
        return Error{database.path().string()
                     + ": an empty file, no project yet; open it for writing to make one"};
    }
    if (*version < kVersion) {
        return Error{database.path().string()
                     + ": from an older Luthier; open it once for writing, so that it is brought up to date"};
    }
    return {};
}

Result<bool> isOlder(Database& database)
{
    const auto version = knownVersion(database);
    return version ? Result<bool>(*version > 0 && *version < kVersion) : version.error();
}

Result<void> checkPages(Database& database)
{
    std::string found;
    auto read = database.each("PRAGMA quick_check(1)", [&found](const Statement& row) -> Result<void> {
        found = row.text(0);
        return {};
    });
    if (!read) {
        return read;
    }
    if (found != "ok") {
        return Error{database.path().string() + ": the file is damaged (" + found
                     + "); nothing was changed. Keep a copy of the folder and go back to a backup of it"};
    }
    return {};
}

} // namespace luthier::store
