// SPDX-License-Identifier: GPL-3.0-or-later
// TunePlan: the run that training would make of the recipe (core/train/plan/run_plan.h, which training itself is made from), as
// the page shows it, with one row as it would be read. Made by a job.
//
// Threads: any.
#pragma once

#include "core/store/project.h"
#include "core/train/plan/disk_plan.h"
#include "core/train/plan/memory_estimate.h"
#include "core/train/plan/plan_cache.h"
#include "core/train/plan/run_plan.h"
#include "core/train/ranks/rank_plan.h"
#include "ui/bridge/job.h"
#include "ui/widgets/tokens/token_tile.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace luthier::ui {

// A text of a row as it would be read.
struct TuneSample {
    enum class Use { Learned, Compared, Judged, Answered }; // its answer is copied; weighed against another; scored; is written by the model itself

    TokenStripContent tokens; // with its mask
    QString text;             // what the template made of it
    std::int64_t row = 0;     // from 1
    QString file;
    Use use = Use::Learned;
    bool isRejected = false; // of a pair
};

struct TunePlan {
    std::int64_t trainRows = 0;
    std::int64_t heldOutRows = 0;
    std::int64_t nothingToLearn = 0;
    std::int64_t cut = 0;
    std::int64_t broken = 0;
    std::int64_t excluded = 0; // left out by the person; counted nowhere else
    std::int64_t steps = 0;
    std::int64_t examplesOfStep = 0; // the effective batch
    std::int64_t tokensOfEpoch = 0;  // of the rows to learn from, without padding
    std::vector<train::BatchShape> largest; // micro-batches, the largest first
    bool isPacked = false;
    std::optional<train::MethodSize> size;  // what the method trains
    std::optional<train::RunMemory> memory; // nothing: it cannot be counted
    std::optional<train::RankPlan> ranks;   // where several devices were asked for
    std::optional<train::DiskPlan> disk;
    QString resultFolder;                   // where runs of the project go
    bool makesAnswers = false;              // while training: no batch is there before
    std::optional<double> secondsPerStep;
    std::vector<TuneSample> samples; // of the rows to learn from, spread over them; the first is the first
    QStringList remarks;        // what would surprise, and starts all the same
    QStringList unread;         // what of the files is not learned, a sentence each
    QString firstBroken;        // "rows.jsonl, row 3: ..."
    QString problem;            // why there is no plan of the rows
    QString sizeProblem;        // why the method cannot train this model
};

// What `cache` holds is not read again. `devices`: of the ranks; empty: it trains alone.
TunePlan planTune(const config::RunConfig& config, store::Project* project, train::PlanCache& cache, const JobControl& control,
                  const std::vector<std::string>& devices = {});

} // namespace luthier::ui
