// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/loose_lora.h"

#include "core/nn/families/weight_names.h"
#include "core/peft/targets.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace luthier::peft {

namespace {

class Module {
public:
    Module(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config, std::string path)
        : m_file(file), m_config(config), m_path(std::move(path)), m_key(kPeftPrefix + m_path),
          m_base(decoder.replaceableTensor(m_path + ".weight")), m_options(smallOptions(decoder))
    {
        m_update.isHead = m_path == kHeadPath;
    }

    Result<void> read(const std::optional<std::vector<std::int64_t>>& tokens)
    {
        for (const auto step : {&Module::readBase, &Module::readLowRank}) {
            if (auto done = (this->*step)(); !done) {
                return done.error();
            }
        }
        return has(kTokenRows) ? readTokens(tokens) : Result<void>();
    }

    const nn::TableUpdate& update() const { return m_update; }
    // With the update in it; undefined: the decoder's own table is what the adapter stands on.
    at::Tensor otherTable() const { return m_other.defined() ? nn::tableNow(m_update, m_other.to(m_options)).to(at::kCPU) : m_other; }

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
                const at::Tensor own = m_base.detach().to(at::kCPU);
                m_other = own.equal(base->to(own.scalar_type())) ? at::Tensor() : *base;
            }
        }
        return {};
    }

    Result<void> readLowRank()
    {
        const bool isEmbedding = !m_update.isHead;
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
        m_update.a = a->to(m_options);
        m_update.b = b->to(m_options);
        m_update.scale = m_config.scaleFor(m_path);
        return {};
    }

    Result<void> readTokens(const std::optional<std::vector<std::int64_t>>& tokens)
    {
        if (!tokens) {
            return m_file.problem("trainable_token_indices names no tokens of " + m_path + ", but the file holds rows of some");
        }
        auto trained = part(kTokenRows, {static_cast<std::int64_t>(tokens->size()), columns()});
        if (!trained) {
            return trained.error();
        }
        for (const std::int64_t token : *tokens) {
            if (token < 0 || token >= rows()) {
                return m_file.problem("trainable_token_indices names the token " + std::to_string(token) + ", the model has "
                                      + std::to_string(rows()));
            }
        }
        setRows(m_update, *tokens, trained->to(m_options), rows());
        return {};
    }

    AdapterFile& m_file;
    const LoraConfig& m_config;
    std::string m_path;
    std::string m_key;
    at::Tensor m_base;
    at::TensorOptions m_options;
    at::Tensor m_other; // the file's table, where it is another
    nn::TableUpdate m_update;
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

// The head changes as the embedding does.
void followEmbedding(nn::Decoder& decoder, const std::string& embedding, LooseLora& loose)
{
    const auto copy = loose.copies.find(embedding);
    if (copy != loose.copies.end()) {
        loose.copies[kHeadPath + std::string(".weight")] = copy->second;
    } else if (loose.embedding.a.defined()) {
        loose.copies[kHeadPath + std::string(".weight")] = nn::tableNow(loose.embedding, decoder.replaceableTensor(embedding).to(at::kFloat)).to(at::kCPU);
    } else {
        loose.head = loose.embedding;
        loose.head.isHead = true;
    }
}

} // namespace

void followTied(nn::Decoder& decoder)
{
    const nn::TableUpdate& embedding = decoder.extras().embedding;
    if (nn::TableUpdate& head = decoder.extras().head; decoder.config().tiedHead && embedding.rows.defined()) {
        head.isHead = true;
        head.rows = embedding.rows;
        head.tokens = embedding.tokens;
        head.places = embedding.places;
    }
}

void setRows(nn::TableUpdate& update, const std::vector<std::int64_t>& tokens, const at::Tensor& rows, std::int64_t vocab)
{
    update.rows = rows;
    if (rows.is_meta()) { // a model that is only measured
        update.tokens = at::empty({static_cast<std::int64_t>(tokens.size())}, rows.options().dtype(at::kLong));
        update.places = at::empty({vocab}, update.tokens.options());
        return;
    }
    update.tokens = at::tensor(tokens, at::kLong).to(rows.device());
    update.places = nn::placesOf(update.tokens, vocab);
}

bool isLooseLora(const std::string& key)
{
    const bool isHead = key.starts_with(std::string(kPeftPrefix) + kHeadPath + ".");
    return key.ends_with(kEmbeddingA) || key.ends_with(kEmbeddingB) || key.find(".token_adapter.") != std::string::npos
           || key.ends_with("embed_tokens.base_layer.weight") || key.ends_with("wte.base_layer.weight")
           || (isHead && (key.ends_with(".base_layer.weight") || key.find(".lora_") != std::string::npos));
}

Result<LooseLora> readLooseLora(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config)
{
    LooseLora loose;
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    for (const std::string& path : {embedding, std::string(kHeadPath)}) {
        auto tokens = tokensOf(file, path, embedding);
        Module module(decoder, file, config, path);
        auto read = tokens ? module.read(*tokens) : Result<void>(tokens.error());
        if (!read) {
            return read.error();
        }
        if (const at::Tensor other = module.otherTable(); other.defined()) {
            loose.copies[path + ".weight"] = other;
        } else {
            (path == embedding ? loose.embedding : loose.head) = module.update();
        }
    }
    const bool isChanged = loose.embedding.exists() || loose.copies.contains(embedding + ".weight");
    const bool headIsOwn = loose.head.exists() || loose.copies.contains(kHeadPath + std::string(".weight"));
    const bool hasRows = file.find(kPeftPrefix + embedding + kTokenRows) != nullptr;
    if (decoder.config().tiedHead && isChanged && !headIsOwn && (hasRows || !isOff(file.config(), "ensure_weight_tying"))) {
        followEmbedding(decoder, embedding + ".weight", loose);
    }
    return loose;
}

} // namespace luthier::peft
