// SPDX-License-Identifier: GPL-3.0-or-later
// RunTable: runs and what they said. Rows and their folders lie in run_table.cpp, events in run_events.cpp. What the functions
// promise stands in project.h.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/table.h"

#include <chrono>
#include <map>

namespace luthier::store {

class RunTable : Table {
public:
    using Table::Table;

    Result<RunRow> create(const std::string& name, const Json& recipe);
    Result<std::vector<RunRow>> all();
    Result<RunRow> find(RunId id);
    Result<void> rename(RunId id, const std::string& name);
    Result<void> remove(RunId id);
    Result<void> annotate(RunId id, const std::string& notes, const std::vector<std::string>& tags);
    Result<std::vector<RunRow>> deleted();
    Result<void> restore(RunId id);
    Result<RunRow> adopt(const RunRow& row, const std::vector<train::Event>& events, const std::filesystem::path& folder);
    Result<void> markRunning(RunId id);
    Result<void> appendEvents(RunId id, const std::vector<train::Event>& events);
    Result<std::vector<train::Event>> events(RunId id);

    // After opening for writing: runs that were left running are interrupted, rows whose trash was emptied go.
    Result<void> tidy();

private:
    // One sitting of a run that is being recorded: its seconds count on from those before.
    struct Sitting {
        std::chrono::steady_clock::time_point since;
        double secondsBefore = 0;
    };

    Result<void> change(const char* sql, RunId id,
                        const std::string& text); // ?1 text, ?2 id; one run or a sentence
    Error noRun(RunId id) const;

    std::filesystem::path runFolder(RunId id) const { return m_folder / "runs" / std::to_string(id); }
    Result<RunId> freeRunId();
    RunRow rowOf(const Statement& statement, bool isAnyoneRunning) const;
    Result<std::vector<RunRow>> readRuns(const char* where, RunId id); // `where` begins with what it says of the trash
    Result<void> readSummaries(std::vector<RunRow>& rows, RunId id);
    std::string storedPath(const std::string& path) const;
    std::string absolutePath(const std::string& path) const;

    void apply(RunRow& row, const train::Event& event);
    Result<void> insertEvents(RunId id, const std::vector<train::Event>& events);
    Result<void> updateRun(const RunRow& row);

    std::map<RunId, Sitting> m_sittings;
};

} // namespace luthier::store
