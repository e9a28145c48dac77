// SPDX-License-Identifier: GPL-3.0-or-later
// LoraFolder: writing a decoder's low-rank adapters as PEFT does, so that they open there unchanged.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::nn {
class Decoder;
struct NamedTensor;
}

namespace luthier::peft {

struct LoraFolderInfo {
    std::int64_t rank = 8;
    double alpha = 8;
    double dropout = 0;
    std::vector<std::string> targetModules; // "all-linear" or empty: the names of what was adapted
    std::string basePath;                   // base_model_name_or_path
    std::string baseFingerprint;            // kept in the file's metadata; attachAdapter compares it
    bool rootScale = false;                 // use_rslora
    bool dora = false;                      // use_dora
    std::string bias = "none";
    std::vector<std::string> modulesToSave = {};
    Json rankPattern = Json::object();      // pattern: rank
    Json alphaPattern = Json::object();
    bool isPartOfMore = false;              // saveLoraFolder() finds it out
    bool hasLowBiases = false;              // lora_bias
    std::vector<std::int64_t> tokens = {};  // trainable_token_indices of the embedding; saveLoraFolder() finds them out
};

// Writes adapter_config.json and adapter_model.safetensors: the trainable adapters, or all when none is
// trainable.
// Errors: two adapters of one projection, no adapter at all, a full disk (older files stay whole).
Result<void> saveLoraFolder(nn::Decoder& decoder, const std::filesystem::path& folder,
                            const LoraFolderInfo& info);

// What the adapters train or hold, under the keys of PEFT's file without its prefix: A, B and magnitude of each
// projection, biases, trained copies of whole tensors.
std::vector<nn::NamedTensor> loraTensors(nn::Decoder& decoder, bool trainableOnly);

// adapter_config.json with every LoRA key, sorted.
Json loraFolderConfig(const LoraFolderInfo& info);

} // namespace luthier::peft
