// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench/bench_shapes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace luthier::cli {

namespace {

struct Shape {
    const char* name;
    const char* config; // as config.json has it
};

constexpr std::array kShapes = {
    Shape{"tiny", R"({"model_type":"llama","vocab_size":4096,"hidden_size":256,"intermediate_size":704,"num_hidden_layers":8,
        "num_attention_heads":8,"num_key_value_heads":4,"max_position_embeddings":1024,"tie_word_embeddings":true})"},
    Shape{"135m", R"({"model_type":"llama","vocab_size":49152,"hidden_size":576,"intermediate_size":1536,"num_hidden_layers":30,
        "num_attention_heads":9,"num_key_value_heads":3,"max_position_embeddings":2048,"tie_word_embeddings":true})"},
    Shape{"0.5b", R"({"model_type":"qwen2","vocab_size":151936,"hidden_size":896,"intermediate_size":4864,"num_hidden_layers":24,
        "num_attention_heads":14,"num_key_value_heads":2,"max_position_embeddings":32768,"tie_word_embeddings":true})"},
    Shape{"1b", R"({"model_type":"llama","vocab_size":128256,"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,
        "num_attention_heads":32,"num_key_value_heads":8,"max_position_embeddings":131072,"tie_word_embeddings":true})"},
    Shape{"8b", R"({"model_type":"llama","vocab_size":128256,"hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,
        "num_attention_heads":32,"num_key_value_heads":8,"max_position_embeddings":131072,"tie_word_embeddings":false})"},
    Shape{"65b", R"({"model_type":"llama","vocab_size":32000,"hidden_size":8192,"intermediate_size":22016,"num_hidden_layers":80,
        "num_attention_heads":64,"num_key_value_heads":64,"max_position_embeddings":2048,"tie_word_embeddings":false})"},
};

// About a billion weights each, as wide and deep as the family's own models of that size are.
constexpr std::array kFamilies = {
    Shape{"llama", R"({"model_type":"llama","vocab_size":128256,"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,
        "num_attention_heads":32,"num_key_value_heads":8,"max_position_embeddings":131072,"tie_word_embeddings":true})"},
    Shape{"mistral", R"({"model_type":"mistral","vocab_size":32000,"hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":8,
        "num_attention_heads":32,"num_key_value_heads":8,"max_position_embeddings":32768,"sliding_window":4096,"tie_word_embeddings":false})"},
    Shape{"qwen2", R"({"model_type":"qwen2","vocab_size":151936,"hidden_size":1536,"intermediate_size":8960,"num_hidden_layers":28,
        "num_attention_heads":12,"num_key_value_heads":2,"max_position_embeddings":32768,"tie_word_embeddings":true})"},
    Shape{"qwen3", R"({"model_type":"qwen3","vocab_size":151936,"hidden_size":2048,"intermediate_size":6144,"num_hidden_layers":20,
        "num_attention_heads":16,"num_key_value_heads":8,"head_dim":128,"max_position_embeddings":40960,"tie_word_embeddings":true})"},
    Shape{"gemma2", R"({"model_type":"gemma2","vocab_size":256000,"hidden_size":2304,"intermediate_size":9216,"num_hidden_layers":12,
        "num_attention_heads":8,"num_key_value_heads":4,"head_dim":256,"max_position_embeddings":8192,"sliding_window":4096})"},
    Shape{"gemma3", R"({"model_type":"gemma3_text","vocab_size":262144,"hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":12,
        "num_attention_heads":8,"num_key_value_heads":4,"head_dim":256,"max_position_embeddings":32768,"sliding_window":1024})"},
    Shape{"phi3", R"({"model_type":"phi3","vocab_size":200064,"hidden_size":3072,"intermediate_size":8192,"num_hidden_layers":10,
        "num_attention_heads":24,"num_key_value_heads":8,"max_position_embeddings":8192,"partial_rotary_factor":0.75,
        "tie_word_embeddings":true})"},
    Shape{"olmo2", R"({"model_type":"olmo2","vocab_size":100352,"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,
        "num_attention_heads":16,"num_key_value_heads":16,"max_position_embeddings":4096,"tie_word_embeddings":false})"},
    Shape{"gpt2", R"({"model_type":"gpt2","vocab_size":50257,"n_embd":1600,"n_layer":30,"n_head":25,"n_positions":2048})"},
};

template <std::size_t N>
std::vector<std::string> namesOf(const std::array<Shape, N>& shapes)
{
    std::vector<std::string> names;
    for (const Shape& shape : shapes) {
        names.emplace_back(shape.name);
    }
    return names;
}

template <std::size_t N>
nn::DecoderConfig configIn(const std::array<Shape, N>& shapes, const std::string& name)
{
    const auto found = std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) { return name == s.name; });
    const Shape& shape = found == shapes.end() ? shapes.front() : *found;
    auto json = base::parseJson(shape.config);
    auto config = json ? nn::parseDecoderConfig(*json) : Result<nn::DecoderConfig>(json.error());
    return config ? std::move(*config) : nn::DecoderConfig();
}

} // namespace

std::vector<std::string> shapeNames()
{
    return namesOf(kShapes);
}

nn::DecoderConfig shapeOf(const std::string& name)
{
    return configIn(kShapes, name);
}

std::vector<std::string> familyShapeNames()
{
    return namesOf(kFamilies);
}

nn::DecoderConfig familyShapeOf(const std::string& name)
{
    return configIn(kFamilies, name);
}

} // namespace luthier::cli
