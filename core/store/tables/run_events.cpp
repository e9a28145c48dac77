// SPDX-License-Identifier: GPL-3.0-or-later
// A run's events: written in batches, read back as one story; and what they say about the run's row.
#include "core/store/event_history.h"
#include "core/store/event_rows.h"
#include "core/store/tables/run_table.h"
#include "core/train/event_measures.h"

#include <algorithm>

namespace luthier::store {

namespace {

using Clock = std::chrono::steady_clock;

} // namespace

void RunTable::apply(RunRow& row, const train::Event& event)
{
    train::take(row.measures, event);
    if (const auto* started = std::get_if<train::RunStarted>(&event)) {
        m_sittings[row.id] = {Clock::now(), row.seconds};
        row.state = "running";
        row.sentence.clear();
        row.totalSteps = started->totalSteps;
        row.step = started->firstStep;
    } else if (const auto* step = std::get_if<train::StepDone>(&event)) {
        row.step = step->step;
    } else if (const auto* ended = std::get_if<train::RunEnded>(&event)) {
        // A run that failed may know its last sitting alone.
        const bool failed = ended->outcome == train::Outcome::Failed;
        row.seconds = failed ? std::max(row.seconds, ended->seconds) : ended->seconds;
        m_sittings.erase(row.id);
        row.state = train::toText(ended->outcome);
        row.sentence = ended->sentence;
        row.step = ended->step > 0 ? ended->step : row.step;
        row.result = ended->adapter.empty() ? row.result : ended->adapter;
    }
}

Result<void> RunTable::insertEvents(RunId id, const std::vector<train::Event>& events)
{
    auto seq = m_database.number("SELECT max(ifnull((SELECT max(seq) FROM steps WHERE run = ?1), 0), "
                                 "ifnull((SELECT max(seq) FROM evaluations WHERE run = ?1), 0), "
                                 "ifnull((SELECT max(seq) FROM events WHERE run = ?1), 0))",
                                 id);
    auto writer = EventWriter::on(m_database);
    if (!seq || !writer) {
        return seq ? writer.error() : seq.error();
    }
    for (const train::Event& event : events) {
        if (auto done = writer->write(id, ++*seq, event); !done) {
            return done;
        }
    }
    return {};
}

Result<void> RunTable::updateRun(const RunRow& row)
{
    auto done = m_database.run(
        "UPDATE runs SET state = ?1, step = ?2, total_steps = ?3, seconds = ?4, result = ?5, sentence = ?6 WHERE id = ?7", row.state,
        row.step, row.totalSteps, row.seconds, storedPath(row.result), row.sentence, row.id);
    return done ? writeSummaries(m_database, row.id, row.measures) : done;
}

Result<void> RunTable::appendEvents(RunId id, const std::vector<train::Event>& events)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto rows = readRuns("trash IS NULL AND id = ?1", id);
    if (!rows || rows->empty()) {
        return rows ? noRun(id) : rows.error();
    }
    RunRow& row = rows->front();
    const auto sittings = m_sittings; // comes back when nothing was written
    for (const train::Event& event : events) {
        apply(row, event);
    }
    if (const auto sitting = m_sittings.find(id); sitting != m_sittings.end()) {
        // So that a run which is killed knows nearly how long it worked.
        const std::chrono::duration<double> elapsed = Clock::now() - sitting->second.since;
        row.seconds = std::max(row.seconds, sitting->second.secondsBefore + elapsed.count());
    }
    auto done = insertEvents(id, events);
    if (done) {
        done = updateRun(row);
    }
    if (done) {
        done = transaction->commit();
    }
    if (!done) {
        m_sittings = sittings;
    }
    return done;
}

Result<std::vector<train::Event>> RunTable::events(RunId id)
{
    const std::lock_guard guard(m_mutex);
    const auto known = m_database.number("SELECT count(*) FROM runs WHERE id = ?1 AND trash IS NULL", id);
    if (!known) {
        return known.error();
    }
    if (*known == 0) {
        return noRun(id);
    }
    auto events = readEvents(m_database, id);
    return events ? withoutRepeats(std::move(*events)) : std::move(events);
}

} // namespace luthier::store
