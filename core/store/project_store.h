// SPDX-License-Identifier: GPL-3.0-or-later
// ProjectStore: a Project in a SQLite database. Its parts lie in project.cpp (opening, values),
// project_runs.cpp, project_events.cpp, project_sources.cpp, project_steps.cpp and project_versions.cpp.
//
// Threads: any; every public function takes m_mutex, private ones expect it taken.
#pragma once

#include "core/store/database.h"
#include "core/store/project.h"
#include "core/store/project_lock.h"

#include <chrono>
#include <map>
#include <mutex>

namespace luthier::store {

class ProjectStore : public Project {
public:
    // Without a lock it is for looking only.
    ProjectStore(std::filesystem::path folder, std::optional<ProjectLock> lock, Database database);

    const std::filesystem::path& folder() const override { return m_folder; }

    Result<RunRow> createRun(const std::string& name, const Json& recipe) override;
    Result<std::vector<RunRow>> runs() override;
    Result<RunRow> run(RunId id) override;
    Result<void> renameRun(RunId id, const std::string& name) override;
    Result<void> deleteRun(RunId id) override;
    Result<void> markRunning(RunId id) override;
    Result<void> appendEvents(RunId id, const std::vector<train::Event>& events) override;
    Result<std::vector<train::Event>> events(RunId id) override;

    Result<DataSourceRow> addSource(const std::string& path, const std::string& format) override;
    Result<std::vector<DataSourceRow>> sources() override;
    Result<void> removeSource(std::int64_t id) override;
    Result<void> saveEdit(const std::string& path, std::int64_t row,
                          const std::optional<Json>& edited) override;
    Result<data::Overlay> edits(const std::string& path) override;
    Result<void> setExcluded(const std::string& path, const std::vector<std::int64_t>& rows, bool excluded) override;
    Result<data::Exclusions> exclusions(const std::string& path) override;
    Result<std::int64_t> recordStep(const EditStep& step) override;
    Result<void> setStepUndone(std::int64_t id, bool undone) override;
    Result<std::vector<EditStep>> steps(std::int64_t maxBytes) override;
    Result<RowTags> tags(const std::string& path) override;
    Result<VersionRow> addVersion(const std::string& path, const std::string& name) override;
    Result<std::vector<VersionRow>> versions(const std::string& path) override;
    Result<Snapshot> version(std::int64_t id) override;
    Result<void> removeVersion(std::int64_t id) override;

    Result<void> saveRowLosses(RunId run, const std::string& path, const std::vector<data::RowLoss>& losses) override;
    Result<std::vector<data::RowLoss>> rowLosses(RunId run, const std::string& path) override;

    Result<void> setValue(const std::string& key, const Json& value) override;
    Result<Json> value(const std::string& key) override;

    // After opening for writing: runs that were left running are interrupted, rows whose trash was emptied
    // go.
    Result<void> tidy();

private:
    // One sitting of a run that is being recorded: its seconds count on from those before.
    struct Sitting {
        std::chrono::steady_clock::time_point since;
        double secondsBefore = 0;
    };

    Result<Transaction> beginWriting();
    static std::string keyOf(const std::string& path); // of a data file: absolute, without detours
    Result<void> writeEdit(const std::string& key, std::int64_t row, const std::optional<Json>& edited);
    Result<void> writeExcluded(const std::string& key, const std::vector<std::int64_t>& rows, bool excluded);
    Result<void> writeTag(const std::string& key, const TagChange& change, bool added);
    Result<void> writeStep(const EditStep& step, bool forward);
    Result<data::Overlay> readEdits(const std::string& key);
    Result<data::Exclusions> readExclusions(const std::string& key);
    Result<void> change(const char* sql, RunId id,
                        const std::string& text); // ?1 text, ?2 id; one run or a sentence
    Error noRun(RunId id) const;

    std::filesystem::path runFolder(RunId id) const { return m_folder / "runs" / std::to_string(id); }
    Result<RunId> freeRunId();
    RunRow rowOf(const Statement& statement, bool isAnyoneRunning) const;
    Result<std::vector<RunRow>> readRuns(const char* where, RunId id);
    Result<void> readSummaries(std::vector<RunRow>& rows, RunId id);
    std::string storedPath(const std::string& path) const;
    std::string absolutePath(const std::string& path) const;

    void apply(RunRow& row, const train::Event& event);
    Result<void> insertEvents(RunId id, const std::vector<train::Event>& events);
    Result<void> updateRun(const RunRow& row);

    std::filesystem::path m_folder;
    std::optional<ProjectLock> m_lock; // given back after the database is closed
    std::mutex m_mutex;
    Database m_database;
    std::map<RunId, Sitting> m_sittings;
};

} // namespace luthier::store
