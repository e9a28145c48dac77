// SPDX-License-Identifier: GPL-3.0-or-later
// RunReport: everything about a run on one page that stands alone: what became of it, curves, evaluations, settings, hashes of what it was
// made from, and what was not measured; and the model card of its result.
//
// Threads: functions block (they read and hash files), any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/store/project.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::report {

struct FileHash {
    std::string what; // "training data"
    std::string path;
    std::string hash; // SHA-256; or why there is none
};

struct RunReport {
    bool isOfProject = true; // else of a folder alone: events are known only where they were logged there
    store::RunRow run;
    std::vector<train::Event> events;
    std::vector<Json> evaluations; // results.json of each, the newest first
    std::vector<FileHash> files;
};

// The project's run, its events, the evaluations in the project's folder that its result took part in, and the files it was made from.
Result<RunReport> runReport(store::Project& project, store::RunId run, const base::CancelToken& cancel = {});

// The same of a run that no project knows: its recipe, its checkpoints and its result, and its events where it logged them as lines of JSON
// (events.jsonl or logs/events.jsonl in its folder). Error: no run lies there.
Result<RunReport> runReport(const std::filesystem::path& runFolder, const base::CancelToken& cancel = {});

std::string toHtml(const RunReport& report);
// A page about one evaluation alone.
std::string toHtml(const Json& evaluation, const std::string& title);

// The README.md that the hub wants beside the run's result, without an export of it. Error: the run has no result.
Result<std::string> runCard(store::Project& project, store::RunId run);

} // namespace luthier::report
