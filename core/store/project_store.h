// SPDX-License-Identifier: GPL-3.0-or-later
// ProjectStore: a Project in a SQLite database, put together of its tables, each of which is the one place for its noun.
//
// Threads: any; the tables share one mutex.
#pragma once

#include "core/store/project.h"
#include "core/store/tables/edit_table.h"
#include "core/store/tables/comparison_table.h"
#include "core/store/tables/judging_table.h"
#include "core/store/tables/loss_table.h"
#include "core/store/tables/run_table.h"
#include "core/store/tables/source_table.h"
#include "core/store/tables/step_table.h"
#include "core/store/tables/value_table.h"
#include "core/store/tables/version_table.h"

namespace luthier::store {

class ProjectStore : public Project {
public:
    // Without a lock it is for looking only.
    ProjectStore(std::filesystem::path folder, std::optional<ProjectLock> lock, Database database);

    const std::filesystem::path& folder() const override { return m_base.folder; }

    Result<RunRow> createRun(const std::string& name, const Json& recipe) override { return m_runs.create(name, recipe); }
    Result<std::vector<RunRow>> runs() override { return m_runs.all(); }
    Result<RunRow> run(RunId id) override { return m_runs.find(id); }
    Result<void> renameRun(RunId id, const std::string& name) override { return m_runs.rename(id, name); }
    Result<void> deleteRun(RunId id) override { return m_runs.remove(id); }
    Result<void> annotateRun(RunId id, const std::string& notes, const std::vector<std::string>& tags) override { return m_runs.annotate(id, notes, tags); }
    Result<std::vector<RunRow>> deletedRuns() override { return m_runs.deleted(); }
    Result<void> restoreRun(RunId id) override { return m_runs.restore(id); }
    Result<RunRow> adoptRun(const RunRow& row, const std::vector<train::Event>& events, const std::filesystem::path& folder) override
    {
        return m_runs.adopt(row, events, folder);
    }
    Result<void> markRunning(RunId id) override { return m_runs.markRunning(id); }
    Result<void> appendEvents(RunId id, const std::vector<train::Event>& events) override { return m_runs.appendEvents(id, events); }
    Result<std::vector<train::Event>> events(RunId id) override { return m_runs.events(id); }

    Result<DataSourceRow> addSource(const std::string& path, const std::string& format) override { return m_sources.add(path, format); }
    Result<std::vector<DataSourceRow>> sources() override { return m_sources.all(); }
    Result<void> removeSource(std::int64_t id) override { return m_sources.remove(id); }

    Result<void> saveEdit(const std::string& path, std::int64_t row, const std::optional<Json>& edited) override { return m_edits.save(path, row, edited); }
    Result<data::Overlay> edits(const std::string& path) override { return m_edits.edits(path); }
    Result<void> setExcluded(const std::string& path, const std::vector<std::int64_t>& rows, bool excluded) override
    {
        return m_edits.setExcluded(path, rows, excluded);
    }
    Result<data::Exclusions> exclusions(const std::string& path) override { return m_edits.exclusions(path); }

    Result<std::int64_t> recordStep(const EditStep& step) override { return m_steps.record(step); }
    Result<void> setStepUndone(std::int64_t id, bool undone) override { return m_steps.setUndone(id, undone); }
    Result<std::vector<EditStep>> steps(std::int64_t maxBytes) override { return m_steps.all(maxBytes); }
    Result<RowTags> tags(const std::string& path) override { return m_steps.tags(path); }

    Result<VersionRow> addVersion(const std::string& path, const std::string& name) override { return m_versions.add(path, name); }
    Result<std::vector<VersionRow>> versions(const std::string& path) override { return m_versions.all(path); }
    Result<Snapshot> version(std::int64_t id) override { return m_versions.snapshot(id); }
    Result<void> removeVersion(std::int64_t id) override { return m_versions.remove(id); }

    Result<void> saveRowLosses(RunId run, const std::string& path, const std::vector<data::RowLoss>& losses) override
    {
        return m_losses.save(run, path, losses);
    }
    Result<std::vector<data::RowLoss>> rowLosses(RunId run, const std::string& path) override { return m_losses.losses(run, path); }

    Judgings& judgings() override { return m_judgings; }
    Comparisons& comparisons() override { return m_comparisons; }

    Result<void> setValue(const std::string& key, const Json& value) override { return m_values.set(key, value); }
    Result<Json> value(const std::string& key) override { return m_values.get(key); }

    Result<void> tidy(); // after opening for writing

private:
    ProjectBase m_base;
    RunTable m_runs{m_base};
    SourceTable m_sources{m_base};
    EditTable m_edits{m_base};
    StepTable m_steps{m_base, m_edits};
    VersionTable m_versions{m_base, m_edits};
    LossTable m_losses{m_base};
    JudgingTable m_judgings{m_base};
    ComparisonTable m_comparisons{m_base};
    ValueTable m_values{m_base};
};

} // namespace luthier::store
