// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/score_folder.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/score_facts.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAdapter = "adapter_model.safetensors";
constexpr const char* kAlone = "score_head.safetensors";
constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kName = "score.weight";
constexpr const char* kBias = "score.bias";
constexpr const char* kLabels = "luthier_labels";
constexpr const char* kModules = "modules_to_save";

Json textsOf(const std::vector<std::string>& texts)
{
    Json list = Json::array();
    for (const std::string& text : texts) {
        list.push_back(text);
    }
    return list;
}

using Tensors = std::vector<std::pair<std::string, at::Tensor>>; // by the names that they have in the file

// The whole file is an adapter's: small.
Result<void> addTensors(const fs::path& path, const Tensors& tensors, const std::map<std::string, std::string>& said)
{
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    std::vector<weights::TensorToWrite> all;
    for (const weights::TensorInfo& info : file->tensors()) {
        const bool isNew = std::any_of(tensors.begin(), tensors.end(), [&](const auto& pair) { return pair.first == info.name; });
        auto tensor = isNew ? Result<at::Tensor>(at::Tensor()) : weights::readTensor({file, &info});
        if (!tensor) {
            return tensor.error();
        }
        if (tensor->defined()) {
            all.push_back(weights::toWrite(info.name, *tensor));
        }
    }
    for (const auto& [name, tensor] : tensors) {
        all.push_back(weights::toWrite(name, tensor));
    }
    auto metadata = file->metadata();
    for (const auto& [key, value] : said) {
        metadata[key] = value;
    }
    return weights::writeSafetensors(path, std::move(all), metadata);
}

Result<void> nameTask(const fs::path& path, const char* task)
{
    auto config = base::readJson(path);
    if (!config) {
        return config.error();
    }
    Json modules = config->contains(kModules) && config->at(kModules).is_array() ? config->at(kModules) : Json::array();
    for (const char* module : {"classifier", "score"}) {
        if (std::find(modules.begin(), modules.end(), module) == modules.end()) {
            modules.push_back(module);
        }
    }
    (*config)["task_type"] = task;
    (*config)[kModules] = std::move(modules);
    return base::writeFileAtomically(path, base::dumpJson(*config, 2) + "\n");
}

// A head as a folder holds it, in its adapter's file or alone.
struct StoredHead {
    fs::path path;
    std::shared_ptr<const weights::SafetensorsFile> file; // null: there is none
    const weights::TensorInfo* weight = nullptr;          // null: it is not there
    const weights::TensorInfo* bias = nullptr;            // of values alone
};

Result<StoredHead> openHead(const fs::path& folder)
{
    std::error_code code;
    const bool isAlone = fs::exists(folder / kAlone, code);
    StoredHead head;
    head.path = folder / (isAlone ? kAlone : kAdapter);
    if (!fs::exists(head.path, code)) {
        return head;
    }
    auto opened = weights::SafetensorsFile::open(head.path);
    if (!opened) {
        return opened.error();
    }
    head.file = *opened;
    head.weight = head.file->find(isAlone ? kName : kScoreTensor);
    head.bias = head.file->find(isAlone ? kBias : kScoreBias);
    return head;
}

Result<void> checkShape(const StoredHead& head)
{
    return head.weight->shape.size() == 2 ? Result<void>()
                                          : Result<void>(Error{head.path.string() + ": \"" + head.weight->name + "\" is no head of scores; it must be a matrix"});
}

std::vector<std::string> labelsOf(const weights::SafetensorsFile& file)
{
    std::vector<std::string> labels;
    const auto noted = file.metadata().find(kLabels);
    const auto known = noted == file.metadata().end() ? Result<Json>(Error{}) : base::parseJson(noted->second);
    for (const Json& label : known && known->is_array() ? *known : Json::array()) {
        labels.push_back(label.is_string() ? label.get<std::string>() : base::dumpJson(label));
    }
    return labels;
}

} // namespace

Result<ScoreFacts> readScoreFacts(const fs::path& folder)
{
    const auto stored = openHead(folder);
    if (!stored || !stored->weight || stored->bias) { // values of tokens judge no text
        return stored ? Result<ScoreFacts>(ScoreFacts{}) : Result<ScoreFacts>(stored.error());
    }
    const auto good = checkShape(*stored);
    return good ? Result<ScoreFacts>(ScoreFacts{stored->weight->shape[0], labelsOf(*stored->file)}) : Result<ScoreFacts>(good.error());
}

Result<void> addScoreHead(const fs::path& folder, const nn::ScoreHead& head)
{
    std::error_code code;
    if (!fs::exists(folder / kAdapter, code)) {
        return weights::writeSafetensors(folder / kAlone, {weights::toWrite(kName, head.weight)},
                                         {{kLabels, base::dumpJson(textsOf(head.labels))}});
    }
    auto added = addTensors(folder / kAdapter, {{kScoreTensor, head.weight}}, {{kLabels, base::dumpJson(textsOf(head.labels))}});
    return added ? nameTask(folder / kConfig, "SEQ_CLS") : added;
}

Result<nn::ScoreHead> readScoreHead(const fs::path& folder)
{
    const auto stored = openHead(folder);
    if (!stored) {
        return stored.error();
    }
    if (!stored->weight || stored->bias) { // values of tokens judge no text
        return nn::ScoreHead{};
    }
    const auto good = checkShape(*stored);
    auto weight = good ? weights::readTensor({stored->file, stored->weight}) : Result<at::Tensor>(good.error());
    return weight ? Result<nn::ScoreHead>(nn::ScoreHead{weight->to(at::kFloat), labelsOf(*stored->file)}) : Result<nn::ScoreHead>(weight.error());
}

Result<void> addValueHead(const fs::path& folder, const ValueHead& head)
{
    std::error_code code;
    if (!fs::exists(folder / kAdapter, code)) {
        return weights::writeSafetensors(folder / kAlone, {weights::toWrite(kName, head.weight), weights::toWrite(kBias, head.bias)});
    }
    auto added = addTensors(folder / kAdapter, {{kScoreTensor, head.weight}, {kScoreBias, head.bias}}, {});
    return added ? nameTask(folder / kConfig, "TOKEN_CLS") : added;
}

Result<ValueHead> readValueHead(const fs::path& folder)
{
    const auto stored = openHead(folder);
    if (!stored) {
        return stored.error();
    }
    if (!stored->weight || !stored->bias) {
        return ValueHead{};
    }
    const auto& shape = stored->weight->shape;
    if (shape.size() != 2 || shape[0] != 1 || stored->bias->shape != std::vector<std::int64_t>{1}) {
        return Error{stored->path.string() + ": \"" + stored->weight->name + "\" is no head of values; it must have one row, and one bias"};
    }
    auto row = weights::readTensor({stored->file, stored->weight});
    auto added = row ? weights::readTensor({stored->file, stored->bias}) : Result<at::Tensor>(row.error());
    return added ? Result<ValueHead>(ValueHead{row->to(at::kFloat), added->to(at::kFloat)}) : Result<ValueHead>(added.error());
}

} // namespace luthier::peft
