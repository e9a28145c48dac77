// SPDX-License-Identifier: GPL-3.0-or-later
// BaseModel: what a run reads of its model before any weight: the configuration, the tokenizer and the template. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/data/encoding.h"
#include "core/nn/families/decoder_config.h"

namespace luthier::train {

struct BaseModel {
    nn::DecoderConfig config;
    data::Encoder encoder;
};

// As a run reads it: with random weights from config.json alone, else from the folder or GGUF file with its weights.
Result<nn::DecoderConfig> baseConfig(const config::ModelSettings& settings);
// Tokenizer and template: the recipe's choice, else that of the adapter that the run starts from, else the model's own. It
// renders by the settings' time, and folds the system's words where data.system_turns says so.
Result<data::Encoder> readEncoder(const config::RunConfig& config);
Result<BaseModel> readBaseModel(const config::RunConfig& config);

// Where the template writes a date and the settings say none: that of now. What cannot be opened is left for others to tell.
void fixTemplateTime(config::ModelSettings& settings);

} // namespace luthier::train
