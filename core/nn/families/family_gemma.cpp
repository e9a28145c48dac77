// SPDX-License-Identifier: GPL-3.0-or-later
// gemma2 and gemma3: norms on both sides of a branch, scaled embeddings, sliding layers among full ones.
#include "core/nn/families/families.h"

#include <cmath>

namespace luthier::nn {

namespace {

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 26;
constexpr double kMaxCap = 1e6;

void readGemmaSwitches(ConfigReader& reader, DecoderConfig& config)
{
    config.norm = NormKind::RmsPlusOne;
    config.normPlace = NormPlace::Both;
    config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
    config.attentionScale = 1 / std::sqrt(reader.number("query_pre_attn_scalar", 256, 0, 1e9));
    config.attentionBias = reader.boolean("attention_bias", false);
    config.outputBias = config.attentionBias;
}

// Null switches a cap off.
double readCap(ConfigReader& reader, const char* key, double usual)
{
    return reader.isSwitchedOff(key) || (usual == 0 && !reader.find(key)) ? 0 : reader.number(key, usual, 0, kMaxCap);
}

} // namespace

void readGemma2(ConfigReader& reader, DecoderConfig& config)
{
    readCommon(reader, config, {.vocab = 256000, .hidden = 2304, .intermediate = 9216, .layers = 26, .heads = 8,
                                .kvHeads = 4, .headDim = 256, .maxPositions = 8192, .tiedHead = true,
                                .activationKey = "hidden_activation", .activation = Activation::GeluTanhGated});
    readGemmaSwitches(reader, config);
    config.attentionSoftcap = readCap(reader, "attn_logit_softcapping", 50);
    config.logitSoftcap = readCap(reader, "final_logit_softcapping", 30);
    readWindows(reader, config, reader.integer("sliding_window", 4096, 1, kMaxWindow),
                [](std::int64_t layer) { return layer % 2 == 0; });
}

void readGemma3Text(ConfigReader& reader, DecoderConfig& config)
{
    config.hasLocalRope = true;
    config.localRope.theta = reader.number("rope_local_base_freq", 10000, 0, 1e15);
    readCommon(reader, config, {.vocab = 262208, .hidden = 2304, .intermediate = 9216, .layers = 26, .heads = 8,
                                .kvHeads = 4, .headDim = 256, .maxPositions = 131072, .tiedHead = true, .theta = 1e6,
                                .activationKey = "hidden_activation", .activation = Activation::GeluTanhGated});
    readGemmaSwitches(reader, config);
    config.queryKeyNorm = QueryKeyNorm::Head;
    config.attentionSoftcap = readCap(reader, "attn_logit_softcapping", 0);
    config.logitSoftcap = readCap(reader, "final_logit_softcapping", 0);
    if (reader.boolean("use_bidirectional_attention", false)) {
        reader.fail("use_bidirectional_attention: this model reads a text in both directions and cannot write one");
    }
    const char* key = reader.find("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
    const std::int64_t pattern = reader.integer(key, 6, 1, 4096);
    const std::int64_t window = reader.integer("sliding_window", 4096, 1, kMaxWindow);
    readWindows(reader, config, window, [](std::int64_t) { return true; });
    for (std::size_t i = 0; i < config.windows.size() && !reader.find("layer_types"); ++i) {
        config.windows[i] = (static_cast<std::int64_t>(i) + 1) % pattern == 0 ? 0 : window;
    }
}

void readGemma3(ConfigReader& reader, DecoderConfig& config)
{
    const Json* text = reader.find("text_config");
    if (!text || !text->is_object()) {
        reader.fail("text_config is missing; is this the config.json of a gemma3 model?");
        return;
    }
    ConfigReader inner(*text, "text_config.");
    readGemma3Text(inner, config);
    if (inner.error()) {
        reader.fail(inner.error()->message);
    }
}

} // namespace luthier::nn
