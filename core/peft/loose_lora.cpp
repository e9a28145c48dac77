// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/loose_lora.h"

#include "core/nn/families/weight_names.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace luthier::peft {

namespace {

constexpr const char* kHead = "lm_head";
constexpr const char* kTokens = ".token_adapter.trainable_tokens_delta";
constexpr const char* kEmbeddingA = ".lora_embedding_A";
constexpr const char* kEmbeddingB = ".lora_embedding_B";

class Module {
public:
    Module(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config, std::string path)
        : m_file(file), m_config(config), m_path(std::move(path)), m_key(kPeftPrefix + m_path),
          m_base(decoder.replaceableTensor(m_path + ".weight").detach().to(at::kCPU).to(at::kFloat))
    {
    }

    // Undefined where the file has nothing of it.
    Result<at::Tensor> read(const std::optional<std::vector<std::int64_t>>& tokens)
    {
        for (const auto step : {&Module::readBase, &Module::readLowRank}) {
            if (auto done = (this->*step)(); !done) {
                return done.error();
            }
        }
        auto rows = has(kTokens) ? readTokens(tokens) : Result<void>();
        return rows ? Result<at::Tensor>(m_changed) : Result<at::Tensor>(rows.error());
    }

private:
    bool has(const char* part) const { return m_file.find(m_key + part) != nullptr; }
    Result<at::Tensor> part(const char* name, const std::vector<std::int64_t>& shape) { return m_file.read(m_key + name, shape); }
    std::int64_t rows() const { return m_base.size(0); }
    std::int64_t columns() const { return m_base.size(1); }

    // PEFT writes the weights that it stands on beside an update of these, since the vocabulary may have grown.
    Result<void> readBase()
    {
        for (const char* name : {".base_layer.weight", ".token_adapter.base_layer.weight"}) {
            if (has(name)) {
                auto base = part(name, m_base.sizes().vec());
                if (!base) {
                    return base.error();
                }
                m_base = *base;
                m_changed = m_base;
            }
        }
        return {};
    }

    Result<void> readLowRank()
    {
        const bool isEmbedding = m_path != kHead;
        const char* down = isEmbedding ? kEmbeddingA : ".lora_A.weight";
        const char* up = isEmbedding ? kEmbeddingB : ".lora_B.weight";
        if (!has(down) && !has(up)) {
            return {};
        }
        if (has(".lora_magnitude_vector") || has(".lora_B.bias")) {
            return m_file.problem("DoRA or biases of " + m_path + " cannot be computed here; merge the adapter with the tool that made it");
        }
        const std::int64_t rank = m_config.rankFor(m_path);
        auto a = part(down, {rank, isEmbedding ? rows() : columns()});
        auto b = a ? part(up, {isEmbedding ? columns() : rows(), rank}) : a;
        if (!b) {
            return b.error();
        }
        const at::Tensor update = b->mm(*a);
        m_changed = m_base + (isEmbedding ? update.t() : update) * m_config.scaleFor(m_path);
        return {};
    }

    Result<void> readTokens(const std::optional<std::vector<std::int64_t>>& tokens)
    {
        if (!tokens) {
            return m_file.problem("trainable_token_indices names no tokens of " + m_path + ", but the file holds rows of some");
        }
        auto trained = part(kTokens, {static_cast<std::int64_t>(tokens->size()), columns()});
        if (!trained) {
            return trained.error();
        }
        for (const std::int64_t token : *tokens) {
            if (token < 0 || token >= rows()) {
                return m_file.problem("trainable_token_indices names the token " + std::to_string(token) + ", the model has "
                                      + std::to_string(rows()));
            }
        }
        m_changed = (m_changed.defined() ? m_changed : m_base).clone();
        m_changed.index_copy_(0, at::tensor(*tokens, at::kLong), *trained);
        return {};
    }

    AdapterFile& m_file;
    const LoraConfig& m_config;
    std::string m_path;
    std::string m_key;
    at::Tensor m_base;
    at::Tensor m_changed;
};

Result<std::vector<std::int64_t>> tokensIn(const Json& list, const AdapterFile& file)
{
    std::vector<std::int64_t> tokens;
    for (const Json& token : list.is_array() ? list : Json::array({nullptr})) {
        if (!token.is_number_integer()) {
            return file.problem("trainable_token_indices must be a list of token ids, or such lists by module");
        }
        tokens.push_back(token.get<std::int64_t>());
    }
    return tokens;
}

// A list is of the embedding; an object has one for each module, by its name or the end of its path.
Result<std::optional<std::vector<std::int64_t>>> tokensOf(const AdapterFile& file, const std::string& path, const std::string& embedding)
{
    using Found = std::optional<std::vector<std::int64_t>>;
    const Json said = file.config().value("trainable_token_indices", Json());
    Json list;
    if (said.is_object()) {
        for (const auto& [name, tokens] : said.items()) {
            list = path == name || path.ends_with("." + name) ? tokens : list;
        }
    } else if (path == embedding) {
        list = said;
    }
    if (list.is_null()) {
        return Found();
    }
    auto tokens = tokensIn(list, file);
    return tokens ? Result<Found>(Found(std::move(*tokens))) : Result<Found>(tokens.error());
}

} // namespace

bool isLooseLora(const std::string& key)
{
    const bool isHead = key.starts_with(std::string(kPeftPrefix) + kHead + ".");
    return key.ends_with(kEmbeddingA) || key.ends_with(kEmbeddingB) || key.find(".token_adapter.") != std::string::npos
           || key.ends_with("embed_tokens.base_layer.weight") || key.ends_with("wte.base_layer.weight")
           || (isHead && (key.ends_with(".base_layer.weight") || key.find(".lora_") != std::string::npos));
}

Result<std::map<std::string, at::Tensor>> readLooseLora(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config)
{
    std::map<std::string, at::Tensor> changed;
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    for (const std::string& path : {embedding, std::string(kHead)}) {
        auto tokens = tokensOf(file, path, embedding);
        auto tensor = tokens ? Module(decoder, file, config, path).read(*tokens) : Result<at::Tensor>(tokens.error());
        if (!tensor) {
            return tensor.error();
        }
        if (tensor->defined()) {
            changed[path + ".weight"] = *tensor;
        }
    }
    const bool hasRows = file.find(kPeftPrefix + embedding + kTokens) != nullptr;
    const std::string head = std::string(kHead) + ".weight";
    if (decoder.config().tiedHead && changed.contains(embedding + ".weight") && !changed.contains(head)
        && (hasRows || !isOff(file.config(), "ensure_weight_tying"))) {
        changed[head] = changed[embedding + ".weight"];
    }
    return changed;
}

} // namespace luthier::peft
