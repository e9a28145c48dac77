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
    std::string type = "default"; // default, linear, dynamic, llama3, yarn, longrope
    double theta = 10000;
    double factor = 1;
    double lowFreqFactor = 1;
    double highFreqFactor = 4;
    std::int64_t originalMaxPositions = 8192;
    double attentionFactor = 0;      // yarn, longrope: scale of cos and sin; 0: from the factor
    double betaFast = 32;            // yarn
    double betaSlow = 1;
    std::vector<double> shortFactor; // longrope, rotary / 2 numbers
    std::vector<double> longFactor;
};

enum class NormKind { Rms, RmsPlusOne, Layer };       // RmsPlusOne: y * (1 + w) in fp32 (gemma); Layer: mean, scale, shift
enum class NormPlace { Before, Both, After };         // of a branch: llama; gemma2; olmo2
enum class QueryKeyNorm { None, Head, Whole };        // over each head [D] (qwen3, gemma3); over the projection (olmo2)
enum class Activation { SiluGated, GeluTanhGated, GeluTanh };
enum class WeightLayout { Split, Fused, Gpt2 };       // q,k,v apart; qkv_proj and gate_up_proj (phi3); Conv1D (gpt2)

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
    bool attentionBias = false;      // on q, k, v
    bool outputBias = false;         // on o
    bool mlpBias = false;            // on gate, up, down
    RopeSettings rope;
    RopeSettings localRope;          // of sliding layers when hasLocalRope (gemma3)
    bool hasLocalRope = false;
    std::int64_t rotaryDim = 0;      // first dimensions of a head that rotate; 0: learned positions (gpt2)
    std::vector<std::int64_t> windows; // per layer: keys seen, self included; 0: all. Empty: all layers see all
    NormKind norm = NormKind::Rms;
    NormPlace normPlace = NormPlace::Before;
    QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;
    Activation activation = Activation::SiluGated;
    WeightLayout layout = WeightLayout::Split;
    double attentionScale = 0;       // of scores; 0: headDim^-0.5
    double attentionSoftcap = 0;     // cap * tanh(score / cap); 0: off
    double logitSoftcap = 0;
    double embeddingScale = 1;       // rounded to the weights' dtype before use
    std::string dtype = "float32";   // stored: float32, float16, bfloat16
    std::string storedAs;            // "nf4", "fp4": projections are stored in 4-bit blocks by bitsandbytes; else empty
    std::int64_t scores = 0;         // of a model that judges texts (sequence classification): rows of its head; 0: none
    std::vector<std::string> labels; // what they are of; empty: one score that stands for no label
    std::vector<std::int64_t> eosIds;
    std::int64_t bosId = -1;
    bool attentionByLayer = false;   // scores of layer i are divided by i + 1 (gpt2's scale_attn_by_inverse_layer_idx)

    std::int64_t numParameters() const;
    double scaleOf(std::int64_t layer) const; // of its scores
    std::int64_t windowOf(std::int64_t layer) const
    {
        return windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
    }
    bool isGated() const { return activation != Activation::GeluTanh; }
};

// Reads config.json of a folder, or the settings of a GGUF file. Errors name the key: missing, wrong type, out of range, unknown family or rope type.
Result<DecoderConfig> readDecoderConfig(const std::filesystem::path& folder);
Result<DecoderConfig> parseDecoderConfig(const Json& config);

} // namespace luthier::nn
