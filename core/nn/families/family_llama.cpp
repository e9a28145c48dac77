// SPDX-License-Identifier: GPL-3.0-or-later
// llama, and the families that differ from it by few switches: mistral, qwen2, qwen3, phi3, olmo2.
#include "core/nn/families/families.h"

namespace luthier::nn {

namespace {

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 26;

bool everyLayer(std::int64_t)
{
    return true;
}

// qwen2 and qwen3: off unless asked for, and then only from max_window_layers on.
void readQwenWindow(ConfigReader& reader, DecoderConfig& config)
{
    if (!reader.boolean("use_sliding_window", false)) {
        return;
    }
    const std::int64_t window = reader.integer("sliding_window", 4096, 1, kMaxWindow);
    const std::int64_t first = reader.integer("max_window_layers", 28, 0, config.layers);
    readWindows(reader, config, window, everyLayer);
    for (std::size_t i = 0; i < config.windows.size() && !reader.find("layer_types"); ++i) {
        config.windows[i] = static_cast<std::int64_t>(i) >= first ? window : 0;
    }
}

} // namespace

void readLlama(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config, {});
    config.attentionBias = reader.boolean("attention_bias", false);
    config.outputBias = config.attentionBias;
    config.mlpBias = reader.boolean("mlp_bias", false);
}

void readMistral(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config, {.intermediate = 14336, .kvHeads = 8, .maxPositions = 131072});
    const std::int64_t window = reader.isSwitchedOff("sliding_window")
                                    ? 0
                                    : reader.integer("sliding_window", 4096, 1, kMaxWindow);
    readWindows(reader, config, window, everyLayer);
}

void readQwen2(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config, {.vocab = 151936, .intermediate = 22016, .kvHeads = 32, .maxPositions = 32768});
    config.attentionBias = true;
    readQwenWindow(reader, config);
}

void readQwen3(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config,
               {.vocab = 151936, .intermediate = 22016, .kvHeads = 32, .headDim = 128, .maxPositions = 32768});
    config.attentionBias = reader.boolean("attention_bias", false);
    config.outputBias = config.attentionBias;
    config.queryKeyNorm = QueryKeyNorm::Head;
    readQwenWindow(reader, config);
}

void readPhi3(ConfigReader& reader, DecoderConfig& config)
{
    config.layout = WeightLayout::Fused;
    readCommon(reader, config, {.vocab = 32064, .hidden = 3072, .intermediate = 8192, .maxPositions = 4096,
                                .normEps = 1e-5, .partialRotary = true});
    if (const std::int64_t window = reader.integer("sliding_window", 0, 1, kMaxWindow); window > 0) {
        readWindows(reader, config, window, everyLayer);
    }
}

void readOlmo2(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config, {.vocab = 50304, .normEps = 1e-5});
    config.attentionBias = reader.boolean("attention_bias", false);
    config.outputBias = config.attentionBias;
    config.normPlace = NormPlace::After;
    config.queryKeyNorm = QueryKeyNorm::Whole;
}

} // namespace luthier::nn
