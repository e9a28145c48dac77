// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/gguf/export.h"

#include "core/base/files.h"
#include "core/gguf/config.h"
#include "core/gguf/file.h"
#include "core/text/tokenizers/gguf/gguf_tokenizer.h"

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

// The class that transformers opens a folder of this kind with.
struct ClassRow {
    const char* modelType;
    const char* name;
};
constexpr ClassRow kClasses[] = {
    {"llama", "LlamaForCausalLM"},   {"qwen2", "Qwen2ForCausalLM"},        {"qwen3", "Qwen3ForCausalLM"},
    {"gemma2", "Gemma2ForCausalLM"}, {"gemma3_text", "Gemma3ForCausalLM"}, {"phi3", "Phi3ForCausalLM"},
    {"olmo2", "Olmo2ForCausalLM"},   {"gpt2", "GPT2LMHeadModel"},
};

// gpt2 spells its sizes in a way of its own.
void spellGpt2(Json& config)
{
    constexpr std::pair<const char*, const char*> kNames[] = {{"hidden_size", "n_embd"},
                                                              {"num_hidden_layers", "n_layer"},
                                                              {"num_attention_heads", "n_head"},
                                                              {"max_position_embeddings", "n_positions"}};
    for (const auto& [usual, own] : kNames) {
        config[own] = config[usual];
        config.erase(usual);
    }
    config.erase("intermediate_size");
    config.erase("num_key_value_heads");
}

Result<void> writeJson(const fs::path& path, const Json& value)
{
    return base::writeFileAtomically(path, base::dumpJson(value, 2) + "\n");
}

} // namespace

Result<Json> ggufFolderConfig(const fs::path& gguf)
{
    auto file = gguf::File::open(gguf);
    if (!file) {
        return file.error();
    }
    auto config = gguf::configJson(**file);
    if (!config) {
        return Error{gguf.string() + ": " + config.message()};
    }
    for (const ClassRow& row : kClasses) {
        if ((*config)["model_type"] == row.modelType) {
            (*config)["architectures"] = Json::array({row.name});
        }
    }
    if ((*config)["model_type"] == "gpt2") {
        spellGpt2(*config);
    }
    return config;
}

Result<void> writeGgufCompanions(const fs::path& gguf, const fs::path& target)
{
    auto file = gguf::File::open(gguf);
    if (!file) {
        return file.error();
    }
    auto tokenizer = text::ggufTokenizerJson(**file);
    auto settings = tokenizer ? text::ggufTokenizerConfig(**file) : Result<Json>(tokenizer.error());
    auto config = settings ? gguf::configJson(**file) : Result<Json>(settings.error());
    if (!config) {
        return Error{gguf.string() + ": " + config.message()};
    }
    if (auto done = base::writeFileAtomically(target / "tokenizer.json", base::dumpJson(*tokenizer)); !done) {
        return done;
    }
    if (auto done = writeJson(target / "tokenizer_config.json", *settings); !done) {
        return done;
    }
    Json generation = Json::object();
    for (const char* key : {"bos_token_id", "eos_token_id"}) {
        if (config->contains(key)) {
            generation[key] = (*config)[key];
        }
    }
    return writeJson(target / "generation_config.json", generation);
}

} // namespace luthier::weights
