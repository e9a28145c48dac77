// SPDX-License-Identifier: GPL-3.0-or-later
// DecoderConfig: sizes and switches of a decoder, as read from config.json. Torch-free, for display and estimates.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::nn {

struct RopeSettings {
    std::string type = "default"; // default, llama3, linear
    double theta = 10000;
    double factor = 1;
    double lowFreqFactor = 1;
    double highFreqFactor = 4;
    std::int64_t originalMaxPositions = 8192;
};

struct DecoderConfig {
    std::string family;              // "llama"
    std::int64_t vocab = 0;
    std::int64_t hidden = 0;
    std::int64_t intermediate = 0;
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t maxPositions = 2048;
    double normEps = 1e-6;
    double initializerRange = 0.02;
    bool tiedHead = false;
    bool attentionBias = false;      // on q, k, v, o
    bool mlpBias = false;            // on gate, up, down
    RopeSettings rope;
    std::string dtype = "float32";   // stored: float32, float16, bfloat16
    std::vector<std::int64_t> eosIds;
    std::int64_t bosId = -1;

    std::int64_t numParameters() const;
};

// Reads config.json of a folder. Errors name the key: missing, wrong type, out of range, unknown family or rope type.
Result<DecoderConfig> readDecoderConfig(const std::filesystem::path& folder);
Result<DecoderConfig> parseDecoderConfig(const Json& config);

} // namespace luthier::nn
