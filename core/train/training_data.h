// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingData: a run's files opened, encoded and split into rows to learn from and rows held out. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/train/items.h"
#include "core/train/row_encoder.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace luthier::train {

struct TrainingData {
    ItemStore train;
    ItemStore heldOut;
    std::vector<std::uint64_t> heldOutHashes; // base::rowHash of the rows that were split off, whole
    std::int64_t skipped = 0;   // of the training files: broken, or with nothing to learn
    std::int64_t truncated = 0; // likewise
    bool areTexts = false;      // plain texts: prompts are continued, not answered
    std::vector<std::string> warnings;
};

struct DataRequest {
    const config::RunConfig& config;
    const std::map<std::string, data::Overlay>& overlays;
    const data::Encoder& encoder;
    EncodeSettings encode; // limit and, where it is null, objective are taken from the config
    const std::map<std::string, data::Exclusions>* exclusions = nullptr; // null: none
};

// Errors: a file that cannot be read, no row to learn from, no such objective, "cancelled".
Result<TrainingData> prepareData(const DataRequest& request);

} // namespace luthier::train
