// SPDX-License-Identifier: GPL-3.0-or-later
// WeightNames: how each layout spells the weights of a model folder. Torch-free.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <string>
#include <vector>

namespace luthier::nn {

struct WeightNames {
    std::string embedding;  // "model.embed_tokens"
    std::string positions;  // gpt2: "transformer.wpe"
    std::string layers;     // "model.layers."
    std::string attention;  // "self_attn", under a layer
    std::string mlp;
    std::vector<std::string> qkv;    // names of the slices
    std::string output;
    std::vector<std::string> gateUp;
    std::string down;
    std::string queryNorm;           // under attention
    std::string keyNorm;
    std::string inputNorm;           // under a layer; empty: none
    std::string attentionNorm;
    std::string mlpNorm;
    std::string outputNorm;
    std::string finalNorm;
    bool transposed = false;         // matrices are stored [in, out]
};

WeightNames weightNames(const DecoderConfig& config);

} // namespace luthier::nn
