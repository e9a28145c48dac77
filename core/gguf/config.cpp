// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/config.h"

#include "core/gguf/rope.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace luthier::gguf {

namespace {

struct Architecture {
    const char* name;      // general.architecture
    const char* modelType; // of config.json
    Layout layout;
    void (*add)(const Settings& settings, Json& config); // what is its own
};

bool holds(const File& file, const std::string& tensor)
{
    return file.find(tensor) != nullptr;
}

void addBiases(const Settings& s, Json& config)
{
    config["attention_bias"] = holds(s.file, "blk.0.attn_q.bias");
    config["mlp_bias"] = holds(s.file, "blk.0.ffn_gate.bias");
}

void addOutputBias(const Settings& s, Json& config)
{
    config["attention_bias"] = holds(s.file, "blk.0.attn_output.bias");
}

void addNothing(const Settings&, Json&) {}

// The scale of scores is not written. It is 1 / sqrt(head size), and 1 / sqrt(hidden / heads) in the 27B models alone.
void addQueryScale(const Settings& s, Json& config, std::int64_t layersOf27B)
{
    const bool large = config["num_hidden_layers"] == layersOf27B;
    const auto perHead = config["hidden_size"].get<std::int64_t>() / std::max<std::int64_t>(1, config["num_attention_heads"].get<std::int64_t>());
    config["query_pre_attn_scalar"] = large ? perHead : config.value("head_dim", std::int64_t{256});
    config["sliding_window"] = s.integer("attention.sliding_window").value_or(4096);
    config["hidden_activation"] = "gelu_pytorch_tanh";
}

void addGemma2(const Settings& s, Json& config)
{
    addQueryScale(s, config, 46);
    config["attn_logit_softcapping"] = s.number("attn_logit_softcapping").value_or(50);
    config["final_logit_softcapping"] = s.number("final_logit_softcapping").value_or(30);
}

void addGemma3(const Settings& s, Json& config)
{
    addQueryScale(s, config, 62);
    config["rope_local_base_freq"] = s.number("rope.freq_base_swa").value_or(10000);
    config["sliding_window_pattern"] = s.integer("attention.sliding_window_pattern").value_or(6);
}

void addPhi3(const Settings& s, Json& config)
{
    const auto rotary = s.integer("rope.dimension_count").value_or(0);
    const auto head = config.value("head_dim", config["hidden_size"].get<std::int64_t>()
                                                   / std::max<std::int64_t>(1, config["num_attention_heads"].get<std::int64_t>()));
    if (rotary > 0 && rotary < head) {
        config["partial_rotary_factor"] = static_cast<double>(rotary) / static_cast<double>(head);
    }
    if (const auto window = s.integer("attention.sliding_window"); window && *window > 0) {
        config["sliding_window"] = *window;
    }
}

void addGpt2(const Settings& s, Json& config)
{
    config["n_inner"] = config["intermediate_size"];
    config["layer_norm_epsilon"] = s.number("attention.layer_norm_epsilon").value_or(1e-5);
    config.erase("head_dim");
}

constexpr Architecture kArchitectures[] = {
    {"llama", "llama", {.interleavedHeads = true}, addBiases},
    {"qwen2", "qwen2", {}, addNothing},
    {"qwen3", "qwen3", {}, addOutputBias},
    {"gemma2", "gemma2", {.normsPlusOne = true}, addGemma2},
    {"gemma3", "gemma3_text", {.normsPlusOne = true}, addGemma3},
    {"phi3", "phi3", {}, addPhi3},
    {"olmo2", "olmo2", {}, addOutputBias},
    {"gpt2", "gpt2", {.untransposed = true}, addGpt2},
};

// What a plain decoder cannot be, whatever its architecture is called.
Result<void> checkKind(const Settings& s)
{
    if (const auto type = s.file.text("general.type"); type && *type != "model") {
        return Error{"general.type is \"" + *type + "\"; a base must be a \"model\""};
    }
    if (s.file.integer("split.count").value_or(1) > 1) {
        return Error{"this is one of " + std::to_string(*s.file.integer("split.count"))
                     + " parts; join the parts into one file first (gguf-split --merge)"};
    }
    if (s.integer("expert_count").value_or(0) > 0) {
        return Error{"a model of several experts (" + s.arch + ".expert_count) is not known here"};
    }
    for (const char* key : {"logit_scale", "embedding_scale", "residual_scale", "attention.scale", "attention.clamp_kqv"}) {
        if (s.file.has(s.arch + "." + key)) {
            return Error{s.arch + "." + key + " is not known here"};
        }
    }
    return {};
}

Result<const Architecture*> architectureNamed(const std::string& name)
{
    std::string known;
    for (const Architecture& row : kArchitectures) {
        if (name == row.name) {
            return &row;
        }
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    return Error{"general.architecture \"" + name + "\" is not known here; known are " + known};
}

Result<const Architecture*> architectureOf(const File& file)
{
    const auto name = file.text("general.architecture");
    return name ? architectureNamed(*name)
                : Result<const Architecture*>(Error{"general.architecture is missing; this is not the file of a model"});
}

Result<void> addSizes(const Settings& s, Json& config)
{
    struct Size {
        const char* key;
        const char* name; // in config.json
        bool isNeeded;
    };
    constexpr Size kSizes[] = {
        {"embedding_length", "hidden_size", true},
        {"block_count", "num_hidden_layers", true},
        {"feed_forward_length", "intermediate_size", true},
        {"attention.head_count", "num_attention_heads", true},
        {"attention.head_count_kv", "num_key_value_heads", false},
        {"attention.key_length", "head_dim", false},
        {"context_length", "max_position_embeddings", true},
    };
    for (const Size& size : kSizes) {
        const std::string key = s.arch + "." + size.key;
        const auto value = s.integer(size.key);
        if (!value && (size.isNeeded || s.file.has(key))) {
            return Error{key + (s.file.has(key) ? " is not one whole number; layers of different sizes are not known here"
                                                : " is missing")};
        }
        if (value) {
            config[size.name] = *value;
        }
    }
    if (!s.integer("attention.head_count_kv")) {
        config["num_key_value_heads"] = config["num_attention_heads"];
    }
    const auto values = s.integer("attention.value_length");
    if (values && config.contains("head_dim") && config["head_dim"] != *values) {
        return Error{s.arch + ".attention.value_length differs from key_length, which is not known here"};
    }
    // The table of embeddings is what counts; a file of a vocabulary alone has none.
    const auto* table = s.file.find("token_embd.weight");
    const auto* tokens = s.file.texts("tokenizer.ggml.tokens");
    if (table && table->dims.size() == 2 && table->dims[1] <= INT32_MAX) {
        config["vocab_size"] = table->dims[1];
    } else if (const auto vocab = s.integer("vocab_size").value_or(tokens ? static_cast<std::int64_t>(tokens->size()) : 0); vocab > 0) {
        config["vocab_size"] = vocab;
    } else {
        return Error{s.arch + ".vocab_size is missing"};
    }
    return {};
}

void addEnds(const Settings& s, Json& config)
{
    if (const auto bos = s.file.integer("tokenizer.ggml.bos_token_id")) {
        config["bos_token_id"] = *bos;
    }
    Json ends = Json::array();
    for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
        const auto id = s.file.integer(key);
        if (id && *id >= 0 && std::find(ends.begin(), ends.end(), *id) == ends.end()) {
            ends.push_back(*id);
        }
    }
    if (!ends.empty()) {
        config["eos_token_id"] = ends.size() == 1 ? ends[0] : ends;
    }
}

} // namespace

std::optional<double> Settings::number(const char* key) const
{
    const auto value = file.number(arch + "." + key);
    if (!value) {
        return value;
    }
    // Written as a float: 1e-05f must not become 9.99999974737875e-06.
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<float>(*value)).ptr;
    double shortest = *value;
    std::from_chars(digits, end, shortest);
    return shortest;
}

Result<Layout> layoutOf(const std::string& name)
{
    auto architecture = architectureNamed(name);
    return architecture ? Result<Layout>((*architecture)->layout) : Result<Layout>(architecture.error());
}

Result<Layout> layoutOf(const File& file)
{
    auto architecture = architectureOf(file);
    return architecture ? Result<Layout>((*architecture)->layout) : Result<Layout>(architecture.error());
}

Result<Json> configJson(const File& file)
{
    auto architecture = architectureOf(file);
    if (!architecture) {
        return architecture.error();
    }
    const Settings settings{file, (*architecture)->name};
    if (auto good = checkKind(settings); !good) {
        return good.error();
    }
    Json config = {{"model_type", (*architecture)->modelType}};
    if (auto added = addSizes(settings, config); !added) {
        return added.error();
    }
    if (const auto eps = settings.number("attention.layer_norm_rms_epsilon")) {
        config["rms_norm_eps"] = *eps;
    }
    // A value of ours would give other numbers without a word. A file of a vocabulary alone needs none.
    const char* epsilon = config["model_type"] == "gpt2" ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
    if (!file.tensors().empty() && !settings.number(epsilon)) {
        return Error{settings.arch + "." + epsilon + " is missing, without which the model cannot be computed; the file is damaged, "
                     "download or convert it again"};
    }
    config["tie_word_embeddings"] = !holds(file, "output.weight");
    (*architecture)->add(settings, config);
    if (auto added = addRope(settings, config); !added) {
        return added.error();
    }
    addEnds(settings, config);
    config["torch_dtype"] = "float32";
    return config;
}

} // namespace luthier::gguf
