// SPDX-License-Identifier: GPL-3.0-or-later
// RunPlan: what a run is before it begins: its rows, encoded, cut and split, its steps, its largest micro-batches and what
// its method trains. A run is made from planRows and nothing else, so what is counted here is what trains. Torch-free.
//
// Threads: functions block and may be called from any thread; rows are encoded on `threads` threads.
#pragma once

#include "core/train/base_model.h"
#include "core/train/plan/batch_plan.h"
#include "core/train/plan/method_size.h"
#include "core/train/plan/reference_plan.h"
#include "core/train/plan/run_rows.h"
#include "core/train/plan/training_data.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

class PlanCache;

// How a plan is made: how many threads, what is told, whether it may end early.
struct PlanControl {
    std::int64_t threads = 0;        // 0: as many as the machine has
    base::Progress progress = {};    // rows of a file
    std::function<bool()> isStopped = {}; // asked a few times a second; true gives the error "cancelled"
    PlanCache* cache = nullptr;      // null: everything is read now
    const objectives::Objective* objective = nullptr; // one that stands in no table; null: the recipe's
};

struct RowPlan {
    std::int64_t maxLength = 0; // tokens; where rows are cut: data.max_length, or what the model reads where that is less
    data::EncodingSettings encoding; // as rows are encoded
    TrainingData data;
    BatchSettings batches;      // a BatchPlan of data.train with these is the run's
    std::int64_t steps = 0;     // optimizer steps in all
    ReferencePlan reference;
    std::int64_t positions = 0; // tokens that the model reads
    std::optional<objectives::RolloutShape> rollouts; // answers are made while training: a batch is the prompts of an update
    std::vector<std::string> warnings; // what the run will say of its rows

    bool isPacked() const { return batches.padding == "packed"; }
    std::int64_t longestRow() const; // tokens, of the rows to learn from
};

// Errors: a file that cannot be read, no row to learn from, "cancelled".
Result<RowPlan> planRows(const config::RunConfig& config, const RunRows& rows, const BaseModel& model, const PlanControl& control);

// A micro-batch as it is computed.
struct BatchShape {
    std::int64_t step = 0;   // from 1: the first with a batch of this shape
    std::int64_t rows = 0;   // sequences: of an item that is a pair, two
    std::int64_t length = 0; // tokens of the longest; packed: of all, which stand one behind the other
    std::int64_t tokens = 0; // computed at once, padding among them

    bool operator==(const BatchShape&) const = default;
};

// The `most` largest shapes among all micro-batches of the run: most tokens first, of as many the longer.
std::vector<BatchShape> largestBatches(const RowPlan& plan, std::size_t most, const std::function<bool()>& isStopped = {});

struct RunPlan {
    BaseModel model;
    RowPlan rows;
    std::vector<BatchShape> largest;
    std::optional<MethodSize> size;
    std::string sizeProblem; // why the run would not begin although its rows can be read; empty: `size` is there
};

// Reads no weights. Errors: those of the model, and of planRows.
Result<RunPlan> planRun(const config::RunConfig& config, const RunRows& rows, const PlanControl& control);

} // namespace luthier::train
