// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/save_folder.h"

#include "core/base/files.h"
#include "core/gguf/file.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/weights/folder_check.h"
#include "core/weights/gguf/export.h"
#include "core/weights/source_names.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::uint64_t kSmallFile = std::uint64_t{1} << 28;

// What travels with the weights unchanged.
constexpr const char* kCompanions[] = {
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "generation_config.json",
};

std::string dtypeName(at::ScalarType type)
{
    return type == at::kBFloat16 ? "bfloat16" : type == at::kHalf ? "float16" : "float32";
}

// Leaves the writer of a file, which takes back what it began, in the middle.
struct Cancelled {};

// What was asked for when the turn of a tensor came adds up to the progress.
struct Counter {
    const SaveWatch& watch;
    std::int64_t done = 0;
    std::int64_t total = 0;

    void add(std::int64_t bytes)
    {
        if (watch.cancel.isCancelled()) {
            throw Cancelled{};
        }
        if (watch.progress) {
            watch.progress(done, total);
        }
        done += bytes;
    }
};

// One tensor on its way into a file.
struct Outgoing {
    std::int64_t bytes = 0;
    std::string name;
    std::function<TensorToWrite(Counter&)> write;
};

Outgoing converted(const std::string& name, const at::Tensor& tensor, at::ScalarType storeAs)
{
    const std::int64_t bytes = tensor.numel() * static_cast<std::int64_t>(c10::elementSize(storeAs));
    return {bytes, name, [name, tensor, storeAs, bytes](Counter& counter) {
                auto held = std::make_shared<at::Tensor>();
                return TensorToWrite{name, dtypeOf(storeAs), tensor.sizes().vec(), [tensor, held, storeAs, bytes, &counter]() -> const void* {
                                         counter.add(bytes);
                                         *held = tensor.detach().to(at::kCPU).to(storeAs).contiguous();
                                         return held->const_data_ptr();
                                     }};
            }};
}

// As it stands in the source.
Outgoing copied(const std::string& name, const StoredTensor& stored)
{
    const auto bytes = static_cast<std::int64_t>(stored.info->end - stored.info->begin);
    return {bytes, name, [name, stored, bytes](Counter& counter) {
                auto held = std::make_shared<std::string>();
                return TensorToWrite{name, stored.info->dtype, stored.info->shape, [stored, held, bytes, &counter]() -> const void* {
                                         counter.add(bytes);
                                         held->resize(static_cast<std::size_t>(bytes));
                                         if (auto read = stored.file->read(*stored.info, 0, static_cast<std::uint64_t>(bytes), held->data()); !read) {
                                             throw std::runtime_error(read.message());
                                         }
                                         return held->data();
                                     }};
            }};
}

// In the order of the tensors; a tensor above the limit gets a shard alone.
std::vector<std::vector<Outgoing>> split(std::vector<Outgoing> tensors, std::int64_t shardBytes)
{
    std::vector<std::vector<Outgoing>> shards(1);
    std::int64_t filled = 0;
    for (Outgoing& item : tensors) {
        if (!shards.back().empty() && filled + item.bytes > shardBytes) {
            shards.emplace_back();
            filled = 0;
        }
        filled += item.bytes;
        shards.back().push_back(std::move(item));
    }
    return shards;
}

using Others = std::map<std::string, StoredTensor>; // what the source holds besides

Result<Others> othersOf(nn::Decoder& decoder, const SourceNames& names)
{
    std::vector<std::string> usual;
    for (const nn::NamedTensor& item : decoder.tensors()) {
        usual.push_back(item.name);
    }
    return names.others(usual);
}

std::vector<Outgoing> outgoing(nn::Decoder& decoder, const SourceNames& names, const Others& others, at::ScalarType storeAs)
{
    std::vector<Outgoing> list;
    for (const nn::NamedTensor& item : decoder.tensors()) {
        list.push_back(converted(names.nameOf(item.name), item.tensor, storeAs));
    }
    for (const auto& [name, stored] : others) {
        list.push_back(copied(name, stored));
    }
    return list;
}

std::string shardName(std::size_t index, std::size_t count)
{
    if (count == 1) {
        return kSingle;
    }
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name;
}

bool isWeightFile(const std::string& name)
{
    const bool shard = name.rfind("model-", 0) == 0 && name.find("-of-") != std::string::npos
        && fs::path(name).extension() == ".safetensors";
    return shard || name == kSingle || name == kIndex;
}

// An older save of another number of shards must not stay beside the new one.
void removeStale(const fs::path& target, const std::vector<std::string>& written)
{
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(target, code)) {
        const std::string name = entry.path().filename().string();
        if (isWeightFile(name) && std::find(written.begin(), written.end(), name) == written.end()) {
            fs::remove(entry.path(), code);
        }
    }
}

Result<std::vector<std::string>> writeWeights(std::vector<Outgoing> tensors, const fs::path& target, std::int64_t shardBytes,
                                              const SaveWatch& watch)
{
    Counter counter{watch};
    for (const Outgoing& item : tensors) {
        counter.total += item.bytes;
    }
    const auto shards = split(std::move(tensors), shardBytes);
    std::vector<std::string> written;
    Json map = Json::object();
    for (std::size_t i = 0; i < shards.size(); ++i) {
        written.push_back(shardName(i, shards.size()));
        std::vector<TensorToWrite> list;
        for (const Outgoing& item : shards[i]) {
            list.push_back(item.write(counter));
            map.get_ref<Json::object_t&>().push_back({item.name, written.back()});
        }
        if (auto done = writeSafetensors(target / written.back(), std::move(list)); !done) {
            return done.error();
        }
    }
    if (shards.size() > 1) {
        written.push_back(kIndex);
        const Json index = {{"metadata", {{"total_size", counter.total}}}, {"weight_map", map}};
        if (auto done = base::writeFileAtomically(target / kIndex, base::dumpJson(index, 2) + "\n"); !done) {
            return done.error();
        }
    }
    counter.add(0); // the last shard may have taken its time
    return written;
}

Result<void> copyFile(const fs::path& from, const fs::path& to)
{
    auto content = base::readFile(from, kSmallFile);
    return content ? base::writeFileAtomically(to, *content) : Result<void>(content.error());
}

Result<void> copyCompanions(const fs::path& source, const fs::path& target)
{
    if (gguf::isGguf(source)) {
        return writeGgufCompanions(source, target);
    }
    std::error_code code;
    for (const char* name : kCompanions) {
        if (!fs::exists(source / name, code)) {
            continue;
        }
        if (auto copied = copyFile(source / name, target / name); !copied) {
            return copied;
        }
    }
    const char* templates = "additional_chat_templates";
    for (const auto& entry : fs::directory_iterator(source / templates, code)) {
        if (auto made = base::makeDirectories(target / templates); !made) {
            return made;
        }
        if (auto copied = copyFile(entry.path(), target / templates / entry.path().filename()); !copied) {
            return copied;
        }
    }
    return {};
}

// "LlamaForCausalLM" -> "LlamaForSequenceClassification".
std::string judgingArchitecture(const Json& config)
{
    constexpr std::string_view kJudges = "ForSequenceClassification";
    const auto list = config.find("architectures");
    const bool isNamed = list != config.end() && list->is_array() && !list->empty() && list->front().is_string();
    const std::string name = isNamed ? list->front().get<std::string>() : std::string();
    if (name.ends_with(kJudges)) {
        return name;
    }
    const std::string type = config.value("model_type", std::string());
    if (type == "gemma3_text") {
        return "Gemma3TextForSequenceClassification";
    }
    for (const std::string_view end : {"ForCausalLM", "LMHeadModel", "ForConditionalGeneration"}) {
        if (name.ends_with(end)) {
            return name.substr(0, name.size() - end.size()) + std::string(kJudges);
        }
    }
    return std::string(kJudges);
}

// Readers find the last token as the last that is not this one, so it must be none that ends a text.
Result<Json> paddingFor(const nn::DecoderConfig& config, const fs::path& source)
{
    auto tokenizer = text::loadTokenizer(source);
    if (!tokenizer) {
        return Json(config.bosId >= 0 ? config.bosId : 0); // a folder without one reads no texts
    }
    const auto ends = [&](std::optional<text::TokenId> id) {
        return !id || *id == (*tokenizer)->eos() || std::find(config.eosIds.begin(), config.eosIds.end(), *id) != config.eosIds.end();
    };
    for (const auto& id : {(*tokenizer)->pad(), (*tokenizer)->idOf("<unk>"), (*tokenizer)->bos()}) {
        if (!ends(id)) {
            return Json(*id);
        }
    }
    return Json(0);
}

// What transformers' sequence classification reads.
Result<void> addJudging(const nn::Decoder& decoder, const fs::path& source, Json& config)
{
    const nn::ScoreHead& head = decoder.scoreHead();
    auto padding = paddingFor(decoder.config(), source);
    if (!padding) {
        return padding.error();
    }
    Json names = Json::object();
    Json numbers = Json::object();
    for (std::int64_t i = 0; i < head.weight.size(0); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::string name = at < head.labels.size() ? head.labels[at] : "LABEL_" + std::to_string(i);
        names[std::to_string(i)] = name;
        numbers[name] = i;
    }
    config["architectures"] = Json::array({judgingArchitecture(config)});
    config["id2label"] = std::move(names);
    config["label2id"] = std::move(numbers);
    config["pad_token_id"] = std::move(*padding);
    return {};
}

// The words of a model that also sees, as a model of their own: what is written without the rest of it.
Json textConfig(const Json& config)
{
    Json text = config["text_config"];
    text["model_type"] = config.value("model_type", "") + "_text";
    text["architectures"] = Json::array({"Gemma3ForCausalLM"});
    for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id", "dtype", "torch_dtype"}) {
        if (config.contains(key) && !text.contains(key)) {
            text[key] = config[key];
        }
    }
    return text;
}

Result<Json> newConfig(nn::Decoder& decoder, const fs::path& source, const SourceNames& names, at::ScalarType storeAs)
{
    auto config = gguf::isGguf(source) ? ggufFolderConfig(source) : base::readJson(source / "config.json");
    if (!config) {
        return config;
    }
    if (!config->is_object()) {
        return Error{(source / "config.json").string() + ": must be a JSON object"};
    }
    const bool hasText = config->contains("text_config") && (*config)["text_config"].is_object();
    if (hasText && !names.isNested()) {
        *config = textConfig(*config);
    } else if (hasText) {
        Json& text = (*config)["text_config"];
        text["tie_word_embeddings"] = decoder.config().tiedHead;
        for (const char* key : {"dtype", "torch_dtype"}) {
            if (text.contains(key)) {
                text[key] = dtypeName(storeAs);
            }
        }
    }
    (*config)[config->contains("dtype") ? "dtype" : "torch_dtype"] = dtypeName(storeAs);
    config->erase("quantization_config"); // what is written are numbers
    (*config)["tie_word_embeddings"] = decoder.config().tiedHead;
    if (decoder.scoreHead().exists()) {
        if (auto judged = addJudging(decoder, source, *config); !judged) {
            return judged.error();
        }
    }
    return config;
}

Result<void> save(nn::Decoder& decoder, const fs::path& source, const fs::path& target,
                  at::ScalarType storeAs, std::int64_t shardBytes, const SaveWatch& watch)
{
    if (decoder.isQuantised()) {
        return Error{target.string() + ": the model is held in 4-bit codes; a folder holds numbers, so dequantise it first"};
    }
    std::error_code code;
    if (fs::equivalent(source, target, code)) {
        return Error{target.string()
                     + ": is the base model itself; choose another folder, the base is never overwritten"};
    }
    const auto names = SourceNames::of(source);
    auto config = names ? newConfig(decoder, source, *names, storeAs) : Result<Json>(names.error());
    if (!config) {
        return config.error();
    }
    if (auto made = base::makeDirectories(target); !made) {
        return made;
    }
    if (auto copied = copyCompanions(source, target); !copied) {
        return copied;
    }
    const auto others = othersOf(decoder, *names);
    auto written = others ? writeWeights(outgoing(decoder, *names, *others, storeAs), target, shardBytes, watch)
                          : Result<std::vector<std::string>>(others.error());
    if (!written) {
        return written.error();
    }
    removeStale(target, *written);
    // Last, so that a folder with a config is a whole model.
    if (auto done = base::writeFileAtomically(target / "config.json", base::dumpJson(*config, 2) + "\n"); !done) {
        return done;
    }
    std::set<std::string> expected;
    for (const auto& [name, stored] : *others) {
        expected.insert(name);
    }
    return checkFolder(target, expected);
}

} // namespace

Result<void> saveModelFolder(nn::Decoder& decoder, const fs::path& source, const fs::path& target,
                             at::ScalarType storeAs, const SaveWatch& watch, std::int64_t shardBytes)
{
    try {
        return save(decoder, source, target, storeAs, shardBytes, watch);
    } catch (const Cancelled&) {
        return Error{"cancelled"};
    } catch (const std::exception& problem) {
        return Error{target.string() + ": cannot save the model: " + problem.what()};
    }
}

Result<void> saveModelFolder(nn::Decoder& decoder, const fs::path& source, const fs::path& target,
                             at::ScalarType storeAs, std::int64_t shardBytes)
{
    return saveModelFolder(decoder, source, target, storeAs, SaveWatch{}, shardBytes);
}

} // namespace luthier::weights
