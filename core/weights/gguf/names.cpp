// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/gguf/names.h"

#include "core/nn/families/weight_names.h"

#include <utility>
#include <vector>

namespace luthier::weights {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>; // GGUF's name, the folder's under its layer

Pairs layerNames(const nn::WeightNames& names)
{
    const std::string attention = names.attention + ".";
    const std::string mlp = names.mlp + ".";
    Pairs pairs = {
        {"attn_output", attention + names.output},
        {"attn_q_norm", attention + names.queryNorm},
        {"attn_k_norm", attention + names.keyNorm},
        {"ffn_down", mlp + names.down},
        {"attn_norm", names.inputNorm},
        {"post_attention_norm", names.attentionNorm},
        {"ffn_norm", names.mlpNorm},
        {"post_ffw_norm", names.outputNorm},
    };
    const std::vector<const char*> qkv = names.qkv.size() == 3 ? std::vector<const char*>{"attn_q", "attn_k", "attn_v"}
                                                               : std::vector<const char*>{"attn_qkv"};
    for (std::size_t i = 0; i < qkv.size(); ++i) {
        pairs.emplace_back(qkv[i], attention + names.qkv[i]);
    }
    const std::vector<const char*> gateUp = names.gateUp.size() == 2 ? std::vector<const char*>{"ffn_gate", "ffn_up"}
                                                                     : std::vector<const char*>{"ffn_up"};
    for (std::size_t i = 0; i < gateUp.size(); ++i) {
        pairs.emplace_back(gateUp[i], mlp + names.gateUp[i]);
    }
    return pairs;
}

} // namespace

std::map<std::string, std::string> ggufNames(const nn::DecoderConfig& config)
{
    const nn::WeightNames names = nn::weightNames(config);
    std::map<std::string, std::string> all;
    const auto add = [&](const std::string& gguf, const std::string& folder) {
        all[gguf + ".weight"] = folder + ".weight";
        all[gguf + ".bias"] = folder + ".bias";
    };
    add("token_embd", names.embedding);
    add("output_norm", names.finalNorm);
    add("output", "lm_head");
    if (!names.positions.empty()) {
        add("position_embd", names.positions);
    }
    const Pairs pairs = layerNames(names);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        for (const auto& [gguf, folder] : pairs) {
            // A norm that the family lacks has no name.
            if (!folder.empty() && folder.back() != '.') {
                add("blk." + std::to_string(i) + "." + gguf, names.layers + std::to_string(i) + "." + folder);
            }
        }
    }
    return all;
}

} // namespace luthier::weights
