// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingData: a run's files opened, encoded and split into rows to learn from and rows held out. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/unread/unread_fields.h"
#include "core/train/plan/items.h"
#include "core/train/plan/row_encoder.h"
#include "core/train/plan/run_rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace luthier::train {

struct UnreadOfFile {
    std::string path;
    data::UnreadReport report;
};

struct TrainingData {
    ItemStore train;
    ItemStore heldOut;
    ItemStore general;                        // of data.general: measured as the set "general"
    std::int64_t mixedIn = 0;                 // rows of data.general among `train`
    std::vector<std::uint64_t> heldOutHashes; // base::rowHash of the rows that were split off, whole
    std::int64_t skipped = 0;   // of the training files: broken, or with nothing to learn
    std::int64_t truncated = 0; // likewise
    std::int64_t broken = 0;    // of the skipped
    std::int64_t nothingToLearn = 0; // likewise
    std::int64_t excluded = 0;  // of the training files: left out by the person, counted nowhere else
    std::string firstBroken;    // "rows.jsonl, row 12: ..."; empty: none is
    std::vector<std::shared_ptr<const data::Dataset>> files; // of data.train, as they were read
    std::vector<UnreadOfFile> unread; // of every file, training files first
    std::vector<std::string> labels; // Objective::labelled: those of the training files, sorted; items have their numbers
    std::vector<std::shared_ptr<const data::Dataset>> heldOutFiles; // of data.held_out, likewise; empty: rows were split off
    bool areTexts = false;      // plain texts: prompts are continued, not answered
    std::vector<std::string> warnings;
};

class PlanCache;

struct DataRequest {
    const config::RunConfig& config;
    const RunRows& rows;
    const data::Encoder& encoder;
    EncodeSettings encode;      // limit, stratum and, where it is null, objective are taken from the config
    PlanCache* cache = nullptr; // null: every file is read now
};

// Errors: a file that cannot be read, or of which more than data.broken_share gives no example, or that has unread fields
// where data.unread refuses them; no row to learn from, no such objective, "cancelled".
Result<TrainingData> prepareData(const DataRequest& request);

} // namespace luthier::train
