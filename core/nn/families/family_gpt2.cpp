// SPDX-License-Identifier: GPL-3.0-or-later
// gpt2: learned positions, LayerNorm, matrices stored [in, out]. Its dropouts of pretraining are not used in tuning.
#include "core/nn/families/families.h"

namespace luthier::nn {

namespace {

constexpr std::int64_t kMaxWidth = std::int64_t{1} << 24;

// Its own name of a size, or the name that other families use.
std::int64_t size(ConfigReader& reader, const char* own, const char* other, std::int64_t usual)
{
    return reader.integer(reader.find(own) ? own : other, usual, 1, kMaxWidth);
}

} // namespace

void readGpt2(ConfigReader& reader, DecoderConfig& config)
{
    config.vocab = reader.integer("vocab_size", 50257, 1, kMaxWidth);
    config.hidden = size(reader, "n_embd", "hidden_size", 768);
    config.layers = reader.integer(reader.find("n_layer") ? "n_layer" : "num_hidden_layers", 12, 1, 4096);
    config.heads = reader.integer(reader.find("n_head") ? "n_head" : "num_attention_heads", 12, 1, 16384);
    config.kvHeads = config.heads;
    config.maxPositions = size(reader, "n_positions", "max_position_embeddings", 1024);
    config.intermediate = reader.integer("n_inner", 4 * config.hidden, 1, kMaxWidth);
    if (config.hidden % config.heads != 0) {
        reader.fail("n_embd (" + std::to_string(config.hidden) + ") is not a multiple of n_head ("
                    + std::to_string(config.heads) + ")");
    }
    config.headDim = config.hidden / config.heads;
    config.rotaryDim = 0;
    config.normEps = reader.number("layer_norm_epsilon", 1e-5, 0, 1);
    config.initializerRange = reader.number("initializer_range", 0.02, 0, 1000);
    config.tiedHead = reader.boolean("tie_word_embeddings", true);
    config.norm = NormKind::Layer;
    config.activation = Activation::GeluTanh;
    config.layout = WeightLayout::Gpt2;
    config.attentionBias = config.outputBias = config.mlpBias = true;
    const std::string activation = reader.text("activation_function", "gelu_new");
    if (activation != "gelu_new" && activation != "gelu_pytorch_tanh") {
        reader.fail("activation_function is \"" + activation + "\"; a gpt2 model uses \"gelu_new\"");
    }
    // reorder_and_upcast_attn says in which order and precision it is computed, not what.
    config.attentionScale = reader.boolean("scale_attn_weights", true) ? 0 : 1;
    config.attentionByLayer = reader.boolean("scale_attn_by_inverse_layer_idx", false);
    if (reader.boolean("add_cross_attention", false)) {
        reader.fail("add_cross_attention is set: attention to another text is not known here");
    }
}

} // namespace luthier::nn
