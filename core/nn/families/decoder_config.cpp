// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families/decoder_config.h"

#include "core/base/checked.h"
#include "core/base/other_makes.h"
#include "core/gguf/config.h"
#include "core/gguf/file.h"
#include "core/nn/families/families.h"
#include "core/quant/code_tables.h"

#include <algorithm>
#include <cmath>

namespace luthier::nn {

namespace {

// As stored, bytes of a model stay below what a signed 64-bit size can say.
constexpr std::uint64_t kMaxParameters = std::uint64_t{1} << 50;

Result<std::vector<std::int64_t>> idsAt(const Json& config, const char* key, std::int64_t vocab)
{
    std::vector<std::int64_t> ids;
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) {
        return ids;
    }
    const Json list = found->is_array() ? *found : Json::array({*found});
    for (const Json& item : list) {
        // -1 stands for "none" in some old files.
        if (!item.is_number_integer() || item.get<std::int64_t>() < -1) {
            return Error{std::string(key) + " must be a token id or a list of token ids"};
        }
        if (const auto id = item.get<std::int64_t>(); id >= 0 && id < vocab) {
            ids.push_back(id);
        }
    }
    return ids;
}

const Family* findFamily(const std::string& type, std::string& known)
{
    const Family* found = nullptr;
    for (const Family& family : families()) {
        known += (known.empty() ? "" : ", ") + std::string(family.modelType);
        found = type == family.modelType ? &family : found;
    }
    return found;
}

Result<void> checkSizes(const DecoderConfig& config)
{
    if (config.heads % config.kvHeads != 0) {
        return Error{"num_attention_heads (" + std::to_string(config.heads)
                     + ") must be a multiple of num_key_value_heads (" + std::to_string(config.kvHeads)
                     + ")"};
    }
    if (config.rotaryDim % 2 != 0) {
        return Error{"head_dim (" + std::to_string(config.headDim) + ") must be even for rotary positions"};
    }
    if (config.numParameters() < 0) {
        return Error{"the sizes multiply to more weights than can be counted; check vocab_size, hidden_size, "
                     "intermediate_size and num_hidden_layers"};
    }
    return {};
}

Result<std::string> storedDtype(const Json& config)
{
    for (const char* key : {"dtype", "torch_dtype"}) {
        const auto found = config.find(key);
        if (found == config.end() || found->is_null()) {
            continue;
        }
        std::string name = found->is_string() ? found->get<std::string>() : base::dumpJson(*found);
        if (name.rfind("torch.", 0) == 0) {
            name = name.substr(6);
        }
        for (const char* known : {"float32", "float16", "bfloat16"}) {
            if (name == known) {
                return name;
            }
        }
        return Error{std::string(key) + " is \"" + name + "\"; known are float32, float16, bfloat16"};
    }
    return std::string("float32");
}

// Id of the 4-bit code that bitsandbytes stored, or nothing.
Result<std::string> storedQuantisation(const Json& config)
{
    const std::string hint = "; take the unquantised model and set model.quantization to nf4";
    // MLX writes its groups under a key of its own, which stands beside the other one or alone.
    if (const auto mlx = config.find("quantization"); mlx != config.end() && mlx->is_object() && mlx->contains("bits")) {
        return Error{"quantization: the weights are quantised by MLX, whose codes lie otherwise" + hint
                     + ", or write it out with mlx_lm.convert --dequantize"};
    }
    const auto found = config.find("quantization_config");
    if (found == config.end() || found->is_null()) {
        return std::string();
    }
    const auto at = [&](const char* key) {
        return found->is_object() && found->contains(key) ? found->at(key) : Json();
    };
    if (at("quant_method") != Json("bitsandbytes") && at("load_in_4bit") != Json(true)) {
        const std::string method = at("quant_method").is_string() ? " (" + base::dumpJson(at("quant_method")) + ")" : "";
        return Error{"quantization_config: the weights are quantised by a method other than bitsandbytes" + method + ", which cannot be "
                     "read" + hint};
    }
    if (at("load_in_4bit") != Json(true)) {
        return Error{"quantization_config: the weights are quantised to 8 bits; only 4-bit ones (load_in_4bit) can be read"
                     + hint};
    }
    const Json kind = at("bnb_4bit_quant_type").is_null() ? Json("fp4") : at("bnb_4bit_quant_type");
    const auto* table = kind.is_string() ? quant::findCodeTable(kind.get<std::string>()) : nullptr;
    if (!table) {
        return Error{"quantization_config: bnb_4bit_quant_type is " + base::dumpJson(kind) + "; known are nf4 and fp4"};
    }
    return std::string(table->id);
}

// Of ...ForSequenceClassification, which has no head for tokens: id2label, or LABEL_0 and so on, which stand for nothing.
Result<void> readScores(const Json& json, DecoderConfig& config)
{
    const auto architectures = json.find("architectures");
    const bool judges = architectures != json.end() && architectures->is_array() && !architectures->empty() && architectures->front().is_string()
                        && architectures->front().get_ref<const std::string&>().ends_with("ForSequenceClassification");
    if (!judges) {
        return {};
    }
    constexpr std::size_t kMostLabels = 1U << 20;
    const auto given = json.find("id2label");
    const Json names = given == json.end() || given->is_null() ? Json::object() : *given;
    if (!names.is_object() || names.size() > kMostLabels) {
        return Error{"id2label must be an object of labels by their number"};
    }
    config.tiedHead = true;
    config.scores = names.empty() ? 2 : static_cast<std::int64_t>(names.size()); // two is transformers' usual number
    bool areUsual = true;
    for (std::int64_t i = 0; i < config.scores && !names.empty(); ++i) {
        const auto name = names.find(std::to_string(i));
        if (name == names.end() || !name->is_string()) {
            return Error{"id2label has no label with the number " + std::to_string(i)};
        }
        config.labels.push_back(name->get<std::string>());
        areUsual = areUsual && config.labels.back() == "LABEL_" + std::to_string(i);
    }
    if (config.scores == 1 && areUsual) {
        config.labels.clear();
    }
    return {};
}

Result<DecoderConfig> readGguf(const std::filesystem::path& path)
{
    auto file = gguf::File::open(path);
    if (!file) {
        return file.error();
    }
    auto json = gguf::configJson(**file);
    auto config = json ? parseDecoderConfig(*json) : Result<DecoderConfig>(json.error());
    return config ? config : Error{path.string() + ": " + config.message()};
}

} // namespace

double DecoderConfig::scaleOf(std::int64_t layer) const
{
    const double scale = attentionScale > 0 ? attentionScale : 1 / std::sqrt(static_cast<double>(headDim));
    return attentionByLayer ? scale / static_cast<double>(layer + 1) : scale;
}

std::int64_t DecoderConfig::numParameters() const
{
    // Saturating: once a product wraps, the total stays "too many".
    bool wrapped = false;
    const auto times = [&](std::int64_t a, std::int64_t b) {
        const auto product = base::checkedMul(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
        wrapped = wrapped || !product || *product > kMaxParameters;
        return wrapped ? std::int64_t{0} : static_cast<std::int64_t>(*product);
    };
    const std::int64_t queries = times(heads, headDim);
    const std::int64_t keys = times(kvHeads, headDim);
    const std::int64_t attention = 2 * times(hidden, queries) + 2 * times(hidden, keys)
        + (attentionBias ? queries + 2 * keys : 0) + (outputBias ? hidden : 0);
    const std::int64_t matrices = isGated() ? 3 : 2;
    const std::int64_t mlp = matrices * times(hidden, intermediate)
        + (mlpBias ? (matrices - 1) * intermediate + hidden : 0);
    const std::int64_t oneNorm = norm == NormKind::Layer ? 2 * hidden : hidden;
    const std::int64_t queryKey = queryKeyNorm == QueryKeyNorm::Head    ? 2 * headDim
                                  : queryKeyNorm == QueryKeyNorm::Whole ? queries + keys
                                                                        : 0;
    const std::int64_t embeddings = times(vocab, hidden);
    const std::int64_t norms = normPlace == NormPlace::Both ? 4 : 2;
    const std::int64_t total = times(layers, attention + mlp + norms * oneNorm + queryKey) + oneNorm + embeddings
        + (tiedHead ? 0 : embeddings) + (layout == WeightLayout::Gpt2 ? times(maxPositions, hidden) : 0);
    return wrapped ? -1 : total;
}

Result<DecoderConfig> parseDecoderConfig(const Json& json)
{
    if (!json.is_object()) {
        return Error{"must be a JSON object"};
    }
    const auto type = json.find("model_type");
    if (type == json.end() || !type->is_string()) {
        return Error{"model_type is missing; is this the config.json of a language model?"};
    }
    std::string known;
    const Family* family = findFamily(type->get<std::string>(), known);
    if (!family) {
        return Error{"model_type \"" + type->get<std::string>() + "\" is not a family known here; known are "
                     + known};
    }
    DecoderConfig config;
    config.family = family->modelType;
    ConfigReader reader(json);
    family->read(reader, config);
    config.bosId = reader.integer("bos_token_id", -1, -1, config.vocab - 1);
    if (reader.error()) {
        return *reader.error();
    }
    if (auto good = checkSizes(config); !good) {
        return good.error();
    }
    auto dtype = storedDtype(json);
    if (!dtype) {
        return dtype.error();
    }
    config.dtype = *dtype;
    auto stored = storedQuantisation(json);
    if (!stored) {
        return stored.error();
    }
    config.storedAs = *stored;
    auto ends = idsAt(json, "eos_token_id", config.vocab);
    if (!ends) {
        return ends.error();
    }
    config.eosIds = *ends;
    if (auto judged = readScores(json, config); !judged) {
        return judged.error();
    }
    return config;
}

Result<DecoderConfig> readDecoderConfig(const std::filesystem::path& folder)
{
    namespace fs = std::filesystem;
    if (gguf::isGguf(folder)) {
        return readGguf(folder);
    }
    const fs::path path = folder / "config.json";
    std::error_code code;
    if (!fs::exists(path, code)) {
        const std::string other = base::whatElse(folder);
        const std::string missing = fs::exists(folder, code) ? "there is no config.json; " : "";
        return Error{folder.string() + ": " + missing + (other.empty() ? "choose the folder of a model, or get that file of it, too" : other)};
    }
    auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    auto config = parseDecoderConfig(*json);
    if (!config) {
        return Error{path.string() + ": " + config.message()};
    }
    const fs::path generation = folder / "generation_config.json";
    if (fs::exists(generation, code)) {
        auto defaults = base::readJson(generation);
        if (!defaults) {
            return defaults.error();
        }
        auto ends = defaults->is_object() ? idsAt(*defaults, "eos_token_id", config->vocab)
                                          : Result<std::vector<std::int64_t>>(Error{"must be a JSON object"});
        if (!ends) {
            return Error{generation.string() + ": " + ends.message()};
        }
        for (const std::int64_t id : *ends) {
            if (std::find(config->eosIds.begin(), config->eosIds.end(), id) == config->eosIds.end()) {
                config->eosIds.push_back(id);
            }
        }
    }
    return config;
}

} // namespace luthier::nn
