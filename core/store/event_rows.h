// SPDX-License-Identifier: GPL-3.0-or-later
// Event rows: a run's events in the database. Steps and evaluations lie in tables of their own with their measures in
// `measures`, all others as JSON in `events`; `seq` orders them among each other.
//
// Threads: those of the Database.
#pragma once

#include "core/measures/summary.h"
#include "core/store/database.h"
#include "core/train/events.h"

#include <vector>

namespace luthier::store {

class EventWriter {
public:
    // The database must outlive it.
    static Result<EventWriter> on(Database& database);
    Result<void> write(std::int64_t run, std::int64_t seq, const train::Event& event);

private:
    EventWriter(Statement steps, Statement evaluations, Statement measures, Statement others)
        : m_steps(std::move(steps)), m_evaluations(std::move(evaluations)), m_measures(std::move(measures)), m_others(std::move(others))
    {
    }
    Result<void> writeMeasures(std::int64_t run, std::int64_t seq, std::int64_t place, const measures::Values& values);

    Statement m_steps;
    Statement m_evaluations;
    Statement m_measures;
    Statement m_others;
};

// As they were written, repeats of a resumed run included.
Result<std::vector<train::Event>> readEvents(Database& database, std::int64_t run);

// What rows of runs tell of their measures.
Result<void> writeSummaries(Database& database, std::int64_t run, const measures::Summaries& summaries);
measures::Summary summaryOf(const Statement& row, int column); // measure, set_name, first_step, first, last_step, last from there

} // namespace luthier::store
