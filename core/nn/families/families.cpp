// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families/families.h"

namespace luthier::nn {

namespace {

// Far above every published model, and low enough that products of two never wrap.
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 24;
constexpr std::int64_t kMaxHeads = 16384;
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 26;

constexpr Family kFamilies[] = {
    {"llama", readLlama},   {"mistral", readMistral}, {"qwen2", readQwen2},
    {"qwen3", readQwen3},   {"gemma2", readGemma2},   {"gemma3", readGemma3},
    {"gemma3_text", readGemma3Text}, {"phi3", readPhi3}, {"olmo2", readOlmo2},
    {"gpt2", readGpt2},
};

void readActivation(ConfigReader& reader, DecoderConfig& config, const FamilyDefaults& defaults)
{
    const bool silu = defaults.activation == Activation::SiluGated;
    const std::string usual = silu ? "silu" : "gelu_pytorch_tanh";
    const std::string name = reader.text(defaults.activationKey, usual);
    config.activation = defaults.activation;
    if (silu ? name != "silu" && name != "swish" : name != "gelu_pytorch_tanh" && name != "gelu_new") {
        reader.fail(std::string(defaults.activationKey) + " is \"" + name + "\"; a " + config.family + " model uses \""
                    + usual + "\"");
    }
}

} // namespace

std::span<const Family> families()
{
    return kFamilies;
}

void readCommon(ConfigReader& reader, DecoderConfig& config, const FamilyDefaults& defaults)
{
    config.vocab = reader.integer("vocab_size", defaults.vocab, 1, kMaxWidth);
    config.hidden = reader.integer("hidden_size", defaults.hidden, 1, kMaxWidth);
    config.intermediate = reader.integer("intermediate_size", defaults.intermediate, 1, kMaxWidth);
    config.layers = reader.integer("num_hidden_layers", defaults.layers, 1, kMaxLayers);
    config.heads = reader.integer("num_attention_heads", defaults.heads, 1, kMaxHeads);
    // Null stands for one key head a query head, also where the family's default is another number.
    const std::int64_t kvHeads
        = defaults.kvHeads == 0 || reader.isSwitchedOff("num_key_value_heads") ? config.heads : defaults.kvHeads;
    config.kvHeads = reader.integer("num_key_value_heads", kvHeads, 1, kMaxHeads);
    if (defaults.headDim == 0 && !reader.find("head_dim") && config.hidden % config.heads != 0) {
        reader.fail("hidden_size (" + std::to_string(config.hidden)
                    + ") is not a multiple of num_attention_heads (" + std::to_string(config.heads)
                    + ") and there is no head_dim; set head_dim");
    }
    const std::int64_t headDim = defaults.headDim > 0 ? defaults.headDim : config.hidden / config.heads;
    config.headDim = reader.integer("head_dim", headDim, 1, 65536);
    config.rotaryDim = config.headDim;
    config.maxPositions = reader.integer("max_position_embeddings", defaults.maxPositions, 1, kMaxPositions);
    config.normEps = reader.number("rms_norm_eps", defaults.normEps, 0, 1);
    config.initializerRange = reader.number("initializer_range", 0.02, 0, 1000);
    config.tiedHead = reader.boolean("tie_word_embeddings", defaults.tiedHead);
    readActivation(reader, config, defaults);
    readRope(reader, config, defaults.theta, defaults.partialRotary);
}

void readWindows(ConfigReader& reader, DecoderConfig& config, std::int64_t window, bool (*isSliding)(std::int64_t layer))
{
    if (window <= 0) {
        return;
    }
    config.windows.assign(static_cast<std::size_t>(config.layers), 0);
    const Json* types = reader.find("layer_types");
    if (types && (!types->is_array() || types->size() != config.windows.size())) {
        reader.fail("layer_types must be a list of " + std::to_string(config.layers) + " names, one for each layer");
        return;
    }
    for (std::size_t i = 0; i < config.windows.size(); ++i) {
        const Json name = types ? (*types)[i] : Json();
        if (types && name != "full_attention" && name != "sliding_attention") {
            reader.fail("layer_types names \"" + base::dumpJson(name).substr(0, 60)
                        + "\"; known are full_attention and sliding_attention");
            return;
        }
        const bool slides = types ? name == "sliding_attention" : isSliding(static_cast<std::int64_t>(i));
        config.windows[i] = slides ? window : 0;
    }
}

} // namespace luthier::nn
