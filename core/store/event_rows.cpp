// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/event_rows.h"

#include "core/store/event_codec.h"

#include <algorithm>
#include <limits>

namespace luthier::store {

namespace {

const char kInsertStep[] =
    "INSERT INTO steps (run, seq, step, epoch, loss, learning_rate, grad_norm, tokens, trained_tokens, "
    "tokens_per_second, memory_bytes, seconds_left) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const char kInsertEvaluation[] = "INSERT INTO evaluations (run, seq, step, set_name, tokens) VALUES (?1, ?2, ?3, ?4, ?5)";
const char kInsertMeasure[] = "INSERT INTO measures (run, seq, place, measure, value) VALUES (?1, ?2, ?3, ?4, ?5)";
const char kInsertOther[] = "INSERT INTO events (run, seq, body) VALUES (?1, ?2, ?3)";

const char kSelectSteps[] =
    "SELECT seq, step, epoch, loss, learning_rate, grad_norm, tokens, trained_tokens, tokens_per_second, "
    "memory_bytes, seconds_left FROM steps WHERE run = ?1 ORDER BY seq";
const char kSelectEvaluations[] = "SELECT seq, step, set_name, tokens FROM evaluations WHERE run = ?1 ORDER BY seq";
const char kSelectMeasures[] = "SELECT seq, measure, value FROM measures WHERE run = ?1 ORDER BY seq, place";
const char kSelectOthers[] = "SELECT seq, body FROM events WHERE run = ?1 ORDER BY seq";

const measures::Measure& loss()
{
    static const measures::Measure& measure = measures::measureOf("loss");
    return measure;
}

// The rows of one table in the order of `seq`, which is their first column.
class Source {
public:
    static Result<Source> of(Database& database, const char* select, std::int64_t run)
    {
        auto rows = database.prepare(select);
        if (!rows) {
            return rows.error();
        }
        rows->bindAll(run);
        return Source(std::move(*rows));
    }

    // Beyond every other at the end.
    std::int64_t seq() const { return m_on && *m_on ? m_rows.integer(0) : std::numeric_limits<std::int64_t>::max(); }
    bool isAtEnd() const { return !m_on || !*m_on; }
    const Statement& row() const { return m_rows; }
    void advance() { m_on = m_rows.step(); }
    Result<void> problem() const { return m_on ? Result<void>() : m_on.error(); }

private:
    explicit Source(Statement rows) : m_rows(std::move(rows)), m_on(m_rows.step()) {}

    Statement m_rows;
    Result<bool> m_on;
};

train::StepDone stepOf(const Statement& row, measures::Values values)
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
    e.measures = std::move(values);
    return e;
}

train::EvalDone evaluationOf(const Statement& row, measures::Values values)
{
    train::EvalDone e{row.integer(1), row.text(2), measures::find(values, loss()), row.integer(3), {}};
    std::erase_if(values, [](const measures::Value& value) { return value.measure == &loss(); });
    e.measures = std::move(values);
    return e;
}

Result<train::Event> otherOf(const Statement& row, const Database& database, std::int64_t run)
{
    const auto body = base::parseJson(row.text(1));
    auto event = body ? eventFromJson(*body) : Result<train::Event>(body.error());
    return event ? std::move(event)
                 : Result<train::Event>(Error{database.path().string() + ": event " + std::to_string(row.integer(0)) + " of run "
                                              + std::to_string(run) + " cannot be read: " + event.message()});
}

// The values of the event at `seq`. Steps of a run have the same measures in the same order: `known` are those of the one before.
measures::Values takeValues(Source& values, std::int64_t seq, std::vector<const measures::Measure*>& known)
{
    measures::Values taken;
    taken.reserve(known.size());
    for (; !values.isAtEnd() && values.seq() <= seq; values.advance()) {
        if (values.seq() == seq) {
            const std::string_view id = values.row().textView(1);
            const std::size_t place = taken.size();
            if (place >= known.size() || known[place]->id != id) {
                known.resize(place);
                known.push_back(&measures::measureOf(id));
            }
            taken.push_back({known[place], values.row().real(2)});
        }
    }
    return taken;
}

} // namespace

Result<EventWriter> EventWriter::on(Database& database)
{
    auto steps = database.prepare(kInsertStep);
    auto evaluations = database.prepare(kInsertEvaluation);
    auto measures = database.prepare(kInsertMeasure);
    auto others = database.prepare(kInsertOther);
    for (const auto* statement : {&steps, &evaluations, &measures, &others}) {
        if (!*statement) {
            return statement->error();
        }
    }
    return EventWriter(std::move(*steps), std::move(*evaluations), std::move(*measures), std::move(*others));
}

Result<void> EventWriter::write(std::int64_t run, std::int64_t seq, const train::Event& event)
{
    if (const auto* e = std::get_if<train::StepDone>(&event)) {
        m_steps.bindAll(run, seq, e->step, e->epoch, e->loss, e->learningRate, e->gradNorm, e->tokens, e->trainedTokens,
                        e->tokensPerSecond, e->memoryBytes, e->secondsLeft);
        auto done = m_steps.run();
        return done ? writeMeasures(run, seq, 0, e->measures) : done;
    }
    if (const auto* e = std::get_if<train::EvalDone>(&event)) {
        m_evaluations.bindAll(run, seq, e->step, e->set, e->tokens);
        auto done = m_evaluations.run();
        if (done && e->loss) {
            done = writeMeasures(run, seq, 0, {{&loss(), *e->loss}});
        }
        return done ? writeMeasures(run, seq, 1, e->measures) : done;
    }
    m_others.bindAll(run, seq, base::dumpJson(toJson(event)));
    return m_others.run();
}

Result<void> EventWriter::writeMeasures(std::int64_t run, std::int64_t seq, std::int64_t place, const measures::Values& values)
{
    for (const measures::Value& value : values) {
        m_measures.bindAll(run, seq, place++, value.measure->id, value.value);
        if (auto done = m_measures.run(); !done) {
            return done;
        }
    }
    return {};
}

Result<std::vector<train::Event>> readEvents(Database& database, std::int64_t run)
{
    auto steps = Source::of(database, kSelectSteps, run);
    auto evaluations = Source::of(database, kSelectEvaluations, run);
    auto values = Source::of(database, kSelectMeasures, run);
    auto others = Source::of(database, kSelectOthers, run);
    for (const auto* source : {&steps, &evaluations, &values, &others}) {
        if (!*source) {
            return source->error();
        }
    }
    std::vector<train::Event> events;
    std::vector<const measures::Measure*> ofSteps;
    std::vector<const measures::Measure*> ofEvaluations;
    while (!steps->isAtEnd() || !evaluations->isAtEnd() || !others->isAtEnd()) {
        const std::int64_t seq = std::min({steps->seq(), evaluations->seq(), others->seq()});
        if (!steps->isAtEnd() && steps->seq() == seq) {
            events.emplace_back(stepOf(steps->row(), takeValues(*values, seq, ofSteps)));
            steps->advance();
        } else if (!evaluations->isAtEnd() && evaluations->seq() == seq) {
            events.emplace_back(evaluationOf(evaluations->row(), takeValues(*values, seq, ofEvaluations)));
            evaluations->advance();
        } else {
            auto event = otherOf(others->row(), database, run);
            if (!event) {
                return event.error();
            }
            events.push_back(std::move(*event));
            others->advance();
        }
    }
    for (const auto* source : {&steps, &evaluations, &values, &others}) {
        if (auto problem = (*source)->problem(); !problem) {
            return problem.error();
        }
    }
    return events;
}

Result<void> writeSummaries(Database& database, std::int64_t run, const measures::Summaries& summaries)
{
    auto insert = database.prepare("INSERT OR REPLACE INTO run_measures (run, place, measure, set_name, first_step, first, last_step, last) "
                                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    if (!insert) {
        return insert.error();
    }
    std::int64_t place = 0;
    for (const measures::Summary& summary : summaries) {
        insert->bindAll(run, place++, summary.measure->id, summary.set, summary.firstStep, summary.first, summary.lastStep, summary.last);
        if (auto done = insert->run(); !done) {
            return done;
        }
    }
    return {};
}

measures::Summary summaryOf(const Statement& row, int column)
{
    return {&measures::measureOf(row.text(column)), row.text(column + 1), row.integer(column + 2), row.real(column + 3),
            row.integer(column + 4), row.real(column + 5)};
}

} // namespace luthier::store
