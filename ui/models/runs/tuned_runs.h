// SPDX-License-Identifier: GPL-3.0-or-later
// TunedRun: what a run left that can answer: its result, its lowest held-out loss, or, where it was stopped, its newest
// checkpoint; where it lies, what it was tuned from, and which rows it never saw. Adapters that were imported stand behind the runs'.
// Read from the project, for every page that offers who can be asked.
//
// Threads: any; everything here touches disks and is meant for jobs.
#pragma once

#include "core/store/project.h"
#include "ui/models/runs/comparison_model.h"

#include <QString>

#include <memory>
#include <string>
#include <vector>

namespace luthier::ui {

struct TunedRun {
    store::RunId id = 0;   // 0: a folder that belongs to no run, or an imported adapter
    QString name;
    QString model;         // folder of the base; empty: not known
    QString result;        // adapter or model folder
    bool isAdapter = true;
    Json recipe;           // null for a folder
    QString folder = {};          // of the run
    std::int64_t checkpoint = 0;  // step of the checkpoint that answers; 0: what lies at `result`. Then `result` is made of it first
};

struct TunedRuns {
    std::vector<TunedRun> runs; // newest first, then imported adapters by name
    QString problem;
    std::vector<TunedRun> scorers = {}; // results that score texts and answer none: reward models and classifiers; the newest first
};

TunedRuns readTunedRuns(store::Project& project);

// Whether it left something that can be asked: readTunedRuns lists it. Of its folder, so not of a run in progress.
bool canAnswer(const store::RunRow& run);

// The kind of objective that a recipe asks for; empty: it names none, or there is no recipe.
std::string objectiveIn(const Json& recipe);

// Whether what a recipe makes scores texts and says nothing: a reward model, a classifier.
bool scoresOnly(const Json& recipe);

// Where it lies, a checkpoint being made to answer where it was not yet. Errors: those of train::resultOfCheckpoint.
Result<QString> resultOf(const TunedRun& run);

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
