// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families/weight_names.h"

namespace luthier::nn {

namespace {

WeightNames gpt2Names()
{
    WeightNames names;
    names.embedding = "transformer.wte";
    names.positions = "transformer.wpe";
    names.layers = "transformer.h.";
    names.attention = "attn";
    names.mlp = "mlp";
    names.qkv = {"c_attn"};
    names.output = "c_proj";
    names.gateUp = {"c_fc"};
    names.down = "c_proj";
    names.inputNorm = "ln_1";
    names.mlpNorm = "ln_2";
    names.finalNorm = "transformer.ln_f";
    names.transposed = true;
    return names;
}

} // namespace

WeightNames weightNames(const DecoderConfig& config)
{
    if (config.layout == WeightLayout::Gpt2) {
        return gpt2Names();
    }
    const bool fused = config.layout == WeightLayout::Fused;
    WeightNames names;
    names.embedding = "model.embed_tokens";
    names.layers = "model.layers.";
    names.attention = "self_attn";
    names.mlp = "mlp";
    names.qkv = fused ? std::vector<std::string>{"qkv_proj"} : std::vector<std::string>{"q_proj", "k_proj", "v_proj"};
    names.output = "o_proj";
    names.gateUp = fused ? std::vector<std::string>{"gate_up_proj"} : std::vector<std::string>{"gate_proj", "up_proj"};
    names.down = "down_proj";
    names.queryNorm = "q_norm";
    names.keyNorm = "k_norm";
    names.finalNorm = "model.norm";
    if (config.normPlace != NormPlace::After) {
        names.inputNorm = "input_layernorm";
        names.mlpNorm = config.normPlace == NormPlace::Both ? "pre_feedforward_layernorm" : "post_attention_layernorm";
    }
    if (config.normPlace != NormPlace::Before) {
        names.attentionNorm = "post_attention_layernorm";
        names.outputNorm = "post_feedforward_layernorm";
    }
    return names;
}

} // namespace luthier::nn
