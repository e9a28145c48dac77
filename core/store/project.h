// SPDX-License-Identifier: GPL-3.0-or-later
// Project: a folder with one SQLite database (luthier.db), runs/ and what belongs to them.
// Opening it on another day shows everything.
//
// Threads: every function may be called from any thread; one connection behind one mutex, WAL, full sync
// for what a person does. None of it belongs on the GUI thread. What returned ok is on disk.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/data/checks/row_losses.h"
#include "core/data/dataset.h"
#include "core/measures/summary.h"
#include "core/store/edit_step.h"
#include "core/train/events.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::store {

using RunId = std::int64_t;

struct RunRow {
    RunId id = 0;
    std::string name;
    std::string state;        // running, finished, stopped, failed, interrupted
    std::string created;      // ISO 8601, UTC
    std::string folder;       // absolute
    Json recipe;
    std::int64_t step = 0;
    std::int64_t totalSteps = 0;
    measures::Summaries measures;
    double seconds = 0;
    std::string result;       // adapter or model folder
    std::string sentence;     // why it failed
    std::string notes;        // what a person wrote about it
    std::vector<std::string> tags;
};

class Comparisons;
class Judgings;

struct DataSourceRow {
    std::int64_t id = 0;
    std::string path;
    std::string format; // chosen format id or "auto"
};

class Project {
public:
    // Creates the folder and database where there is none. A second Luthier that has it open gives a
    // sentence that names the other process; pass readOnly to look all the same.
    static Result<std::shared_ptr<Project>> open(const std::filesystem::path& folder, bool readOnly = false);
    virtual ~Project() = default;

    virtual const std::filesystem::path& folder() const = 0;

    // Runs. A run that was "running" when the project was last left is "interrupted" after open.
    virtual Result<RunRow> createRun(const std::string& name, const Json& recipe) = 0; // makes runs/<id>/
    virtual Result<std::vector<RunRow>> runs() = 0;                                     // newest first
    virtual Result<RunRow> run(RunId id) = 0;
    virtual Result<void> renameRun(RunId id, const std::string& name) = 0;
    virtual Result<void> deleteRun(RunId id) = 0;                                       // rows and folder, to trash/
    virtual Result<void> annotateRun(RunId id, const std::string& notes, const std::vector<std::string>& tags) = 0;
    virtual Result<std::vector<RunRow>> deletedRuns() = 0;                              // whose folders still lie in trash/
    virtual Result<void> restoreRun(RunId id) = 0;                                      // out of the trash
    // A run from elsewhere, with a number of its own and its folder moved in from `folder`. Of the row all but number, folder and
    // what the events tell.
    virtual Result<RunRow> adoptRun(const RunRow& row, const std::vector<train::Event>& events, const std::filesystem::path& folder) = 0;
    virtual Result<void> markRunning(RunId id) = 0;                                     // resumed
    virtual Result<void> appendEvents(RunId id, const std::vector<train::Event>& events) = 0; // one transaction
    virtual Result<std::vector<train::Event>> events(RunId id) = 0;                     // in order; a resumed run's repeated steps: the later one

    // Data sources and edits.
    virtual Result<DataSourceRow> addSource(const std::string& path, const std::string& format) = 0; // same path: the existing row
    virtual Result<std::vector<DataSourceRow>> sources() = 0;
    virtual Result<void> removeSource(std::int64_t id) = 0;
    virtual Result<void> saveEdit(const std::string& path, std::int64_t row, const std::optional<Json>& edited) = 0; // nullopt: no edit
    virtual Result<data::Overlay> edits(const std::string& path) = 0;
    // Rows (from 0) left out of training: all at once or none.
    virtual Result<void> setExcluded(const std::string& path, const std::vector<std::int64_t>& rows, bool excluded) = 0;
    virtual Result<data::Exclusions> exclusions(const std::string& path) = 0;

    // Edits as steps that can be undone on another day. Recording does the step to edits, exclusions and tags in the
    // same transaction, and forgets the steps that were undone before it: they cannot be done again any more.
    virtual Result<std::int64_t> recordStep(const EditStep& step) = 0; // its id
    virtual Result<void> setStepUndone(std::int64_t id, bool undone) = 0;
    virtual Result<std::vector<EditStep>> steps(std::int64_t maxBytes) = 0; // oldest first, of the newest that fit
    virtual Result<RowTags> tags(const std::string& path) = 0;

    // Versions of a data file: its edits and exclusions as they are now, under a name.
    virtual Result<VersionRow> addVersion(const std::string& path, const std::string& name) = 0;
    virtual Result<std::vector<VersionRow>> versions(const std::string& path) = 0; // oldest first
    virtual Result<Snapshot> version(std::int64_t id) = 0;
    virtual Result<void> removeVersion(std::int64_t id) = 0;

    // Losses of single rows (data/checks/row_losses.h tells from them what is hard, never learned or suspect). Saving replaces
    // what there is of the run and file; run 0: measured without one. A Recorder saves those of its run when it ends.
    virtual Result<void> saveRowLosses(RunId run, const std::string& path, const std::vector<data::RowLoss>& losses) = 0;
    virtual Result<std::vector<data::RowLoss>> rowLosses(RunId run, const std::string& path) = 0; // by the row

    // Pairs of answers that people judge, and their votes.
    virtual Judgings& judgings() = 0;
    // What was compared, to be found again.
    virtual Comparisons& comparisons() = 0;

    // Small things the window remembers with the project (last recipe, chosen model).
    virtual Result<void> setValue(const std::string& key, const Json& value) = 0;
    virtual Result<Json> value(const std::string& key) = 0; // null when unset
};

// Ready-made first project: the bundled model and instruction set chosen, the first tune's recipe filled in.
// `resources` holds models/ and `datasets` the bundled data.
Result<std::shared_ptr<Project>> openOrCreateFirst(const std::filesystem::path& folder);

} // namespace luthier::store
