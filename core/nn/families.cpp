// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families.h"

namespace luthier::nn {

namespace {

// Far above every published model, and low enough that products of two never wrap.
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 24;
constexpr std::int64_t kMaxHeads = 16384;
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 26;

void readLlama(ConfigReader& reader, DecoderConfig& config)
{
    config.vocab = reader.integer("vocab_size", 32000, 1, kMaxWidth);
    config.hidden = reader.integer("hidden_size", 4096, 1, kMaxWidth);
    config.intermediate = reader.integer("intermediate_size", 11008, 1, kMaxWidth);
    config.layers = reader.integer("num_hidden_layers", 32, 1, kMaxLayers);
    config.heads = reader.integer("num_attention_heads", 32, 1, kMaxHeads);
    config.kvHeads = reader.integer("num_key_value_heads", config.heads, 1, kMaxHeads);
    if (!reader.find("head_dim") && config.hidden % config.heads != 0) {
        reader.fail("hidden_size (" + std::to_string(config.hidden)
                    + ") is not a multiple of num_attention_heads (" + std::to_string(config.heads)
                    + ") and there is no head_dim; set head_dim");
    }
    config.headDim = reader.integer("head_dim", config.hidden / config.heads, 1, 65536);
    config.maxPositions = reader.integer("max_position_embeddings", 2048, 1, kMaxPositions);
    config.normEps = reader.number("rms_norm_eps", 1e-6, 0, 1);
    config.initializerRange = reader.number("initializer_range", 0.02, 0, 1000);
    config.tiedHead = reader.boolean("tie_word_embeddings", false);
    config.attentionBias = reader.boolean("attention_bias", false);
    config.outputBias = config.attentionBias;
    config.rotaryDim = config.headDim;
    config.mlpBias = reader.boolean("mlp_bias", false);
    const std::string activation = reader.text("hidden_act", "silu");
    if (activation != "silu" && activation != "swish") {
        reader.fail("hidden_act is \"" + activation + "\"; a llama model uses \"silu\"");
    }
    readRope(reader, config, 10000);
}

constexpr Family kFamilies[] = {
    {"llama", readLlama},
};

} // namespace

std::span<const Family> families()
{
    return kFamilies;
}

} // namespace luthier::nn
