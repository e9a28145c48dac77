// SPDX-License-Identifier: GPL-3.0-or-later
// TunedRun: a finished run that can answer: where its result lies, what it was tuned from, and which rows it
// never saw. Read from the project.
//
// Threads: any; everything here touches disks and is meant for jobs.
#pragma once

#include "core/store/project.h"
#include "ui/models/runs/comparison_model.h"

#include <QString>

#include <memory>
#include <vector>

namespace luthier::ui {

struct TunedRun {
    store::RunId id = 0;   // 0: a folder that belongs to no run
    QString name;
    QString model;         // folder of the base
    QString result;        // adapter or model folder
    bool isAdapter = true;
    Json recipe;           // null for a folder
};

struct TunedRuns {
    std::vector<TunedRun> runs; // newest first
    QString problem;
};

TunedRuns readTunedRuns(store::Project& project);

// A folder as a contender: an adapter (adapter_config.json) or a model (config.json).
Result<TunedRun> readTunedFolder(const QString& folder);

struct HeldOutPrompts {
    std::vector<PromptItem> items; // at most `limit`
    std::int64_t total = 0;        // held-out rows in all
    QString source;                // names of the files, for the note
    QString problem;
};

// The rows this run never trained on: its held-out files, or what the run wrote down of the rows it split off. Only rows
// with a question and an answer.
HeldOutPrompts readHeldOut(store::Project* project, const TunedRun& run, std::int64_t limit, const base::CancelToken& cancel);

} // namespace luthier::ui
