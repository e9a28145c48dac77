// SPDX-License-Identifier: GPL-3.0-or-later
// A run's events: written in batches, read back as one story; and what they say about the run's row.
#include "core/store/event_codec.h"
#include "core/store/event_history.h"
#include "core/store/project_store.h"

#include <algorithm>
#include <limits>

namespace luthier::store {

namespace {

using Clock = std::chrono::steady_clock;

const char kInsertStep[] =
    "INSERT INTO steps (run, seq, step, epoch, loss, learning_rate, grad_norm, tokens, trained_tokens, "
    "tokens_per_second, memory_bytes, seconds_left) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const char kSelectSteps[] =
    "SELECT seq, step, epoch, loss, learning_rate, grad_norm, tokens, trained_tokens, tokens_per_second, "
    "memory_bytes, seconds_left FROM steps WHERE run = ?1 ORDER BY seq";

Result<void> insertStep(Statement& insert, RunId id, std::int64_t seq, const train::StepDone& e)
{
    insert.bindAll(id, seq, e.step, e.epoch, e.loss, e.learningRate, e.gradNorm, e.tokens, e.trainedTokens,
                   e.tokensPerSecond, e.memoryBytes, e.secondsLeft);
    return insert.run();
}

train::StepDone stepOf(const Statement& row)
{
    train::StepDone e;
    e.step = row.integer(1);
    e.epoch = row.real(2);
    e.loss = row.real(3);
    e.learningRate = row.real(4);
    e.gradNorm = row.real(5);
    e.tokens = row.integer(6);
    e.trainedTokens = row.integer(7);
    e.tokensPerSecond = row.real(8);
    e.memoryBytes = row.integer(9);
    e.secondsLeft = row.real(10);
    return e;
}

// A parked run can go on like a stopped one, and the row knows no third way to be at rest.
const char* stateOf(train::Outcome outcome)
{
    return outcome == train::Outcome::Parked ? train::toText(train::Outcome::Stopped)
                                             : train::toText(outcome);
}

} // namespace

void ProjectStore::apply(RunRow& row, const train::Event& event)
{
    if (const auto* started = std::get_if<train::RunStarted>(&event)) {
        m_sittings[row.id] = {Clock::now(), row.seconds};
        row.state = "running";
        row.sentence.clear();
        row.totalSteps = started->totalSteps;
        row.step = started->firstStep;
    } else if (const auto* step = std::get_if<train::StepDone>(&event)) {
        row.step = step->step;
        row.lastLoss = step->loss;
    } else if (const auto* eval = std::get_if<train::EvalDone>(&event);
               eval != nullptr && eval->set == "held_out") {
        row.firstHeldOut = eval->step == 0 ? eval->loss : row.firstHeldOut;
        row.lastHeldOut = eval->loss;
    } else if (const auto* ended = std::get_if<train::RunEnded>(&event)) {
        // A run that failed may know its last sitting alone.
        const bool failed = ended->outcome == train::Outcome::Failed;
        row.seconds = failed ? std::max(row.seconds, ended->seconds) : ended->seconds;
        m_sittings.erase(row.id);
        row.state = stateOf(ended->outcome);
        row.sentence = ended->sentence;
        row.step = ended->step > 0 ? ended->step : row.step;
        row.result = ended->adapter.empty() ? row.result : ended->adapter;
    }
}

Result<void> ProjectStore::insertEvents(RunId id, const std::vector<train::Event>& events)
{
    auto seq = m_database.number("SELECT max(ifnull((SELECT max(seq) FROM steps WHERE run = ?1), 0), "
                                 "ifnull((SELECT max(seq) FROM events WHERE run = ?1), 0))",
                                 id);
    auto steps = m_database.prepare(kInsertStep);
    auto others = m_database.prepare("INSERT INTO events (run, seq, body) VALUES (?1, ?2, ?3)");
    if (!seq || !steps || !others) {
        return !seq ? seq.error() : !steps ? steps.error() : others.error();
    }
    for (const train::Event& event : events) {
        ++*seq;
        Result<void> done;
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            done = insertStep(*steps, id, *seq, *step);
        } else {
            others->bindAll(id, *seq, base::dumpJson(toJson(event)));
            done = others->run();
        }
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> ProjectStore::updateRun(const RunRow& row)
{
    return m_database.run(
        "UPDATE runs SET state = ?1, step = ?2, total_steps = ?3, last_loss = ?4, first_held_out = ?5, "
        "last_held_out = ?6, seconds = ?7, result = ?8, sentence = ?9 WHERE id = ?10",
        row.state, row.step, row.totalSteps, row.lastLoss, row.firstHeldOut, row.lastHeldOut, row.seconds,
        storedPath(row.result), row.sentence, row.id);
}

Result<void> ProjectStore::appendEvents(RunId id, const std::vector<train::Event>& events)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto rows = readRuns("AND id = ?1", id);
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

Result<std::vector<train::Event>> ProjectStore::events(RunId id)
{
    const std::lock_guard guard(m_mutex);
    const auto known = m_database.number("SELECT count(*) FROM runs WHERE id = ?1 AND trash IS NULL", id);
    auto steps = m_database.prepare(kSelectSteps);
    if (!known || !steps) {
        return known ? steps.error() : known.error();
    }
    if (*known == 0) {
        return noRun(id);
    }
    std::vector<train::Event> events;
    steps->bindAll(id);
    auto step = steps->step();
    const auto takeStepsBefore = [&](std::int64_t seq) {
        for (; step && *step && steps->integer(0) < seq; step = steps->step()) {
            events.emplace_back(stepOf(*steps));
        }
    };
    auto read = m_database.each(
        "SELECT seq, body FROM events WHERE run = ?1 ORDER BY seq",
        [&](const Statement& row) -> Result<void> {
            takeStepsBefore(row.integer(0));
            const auto body = base::parseJson(row.text(1));
            auto event = body ? eventFromJson(*body) : Result<train::Event>(body.error());
            if (!event) {
                return Error{m_database.path().string() + ": event " + std::to_string(row.integer(0))
                             + " of run " + std::to_string(id) + " cannot be read: " + event.message()};
            }
            events.push_back(std::move(*event));
            return {};
        },
        id);
    takeStepsBefore(std::numeric_limits<std::int64_t>::max());
    if (!read || !step) {
        return read ? step.error() : read.error();
    }
    return withoutRepeats(std::move(events));
}

} // namespace luthier::store
