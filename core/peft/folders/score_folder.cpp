// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/score_folder.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_file.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <memory>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAdapter = "adapter_model.safetensors";
constexpr const char* kAlone = "score_head.safetensors";
constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kName = "score.weight";
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

// The whole file is an adapter's: small.
Result<void> addTensor(const fs::path& path, const nn::ScoreHead& head)
{
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    const std::string name = std::string(kScoreTensor);
    std::vector<weights::TensorToWrite> all;
    for (const weights::TensorInfo& info : file->tensors()) {
        auto tensor = info.name == name ? Result<at::Tensor>(at::Tensor()) : weights::readTensor({file, &info});
        if (!tensor) {
            return tensor.error();
        }
        if (tensor->defined()) {
            all.push_back(weights::toWrite(info.name, *tensor));
        }
    }
    all.push_back(weights::toWrite(name, head.weight));
    auto metadata = file->metadata();
    metadata[kLabels] = base::dumpJson(textsOf(head.labels));
    return weights::writeSafetensors(path, std::move(all), metadata);
}

Result<void> nameTask(const fs::path& path)
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
    (*config)["task_type"] = "SEQ_CLS";
    (*config)[kModules] = std::move(modules);
    return base::writeFileAtomically(path, base::dumpJson(*config, 2) + "\n");
}

} // namespace

Result<void> addScoreHead(const fs::path& folder, const nn::ScoreHead& head)
{
    std::error_code code;
    if (!fs::exists(folder / kAdapter, code)) {
        return weights::writeSafetensors(folder / kAlone, {weights::toWrite(kName, head.weight)},
                                         {{kLabels, base::dumpJson(textsOf(head.labels))}});
    }
    auto added = addTensor(folder / kAdapter, head);
    return added ? nameTask(folder / kConfig) : added;
}

Result<nn::ScoreHead> readScoreHead(const fs::path& folder)
{
    std::error_code code;
    const bool isAlone = fs::exists(folder / kAlone, code);
    const fs::path path = folder / (isAlone ? kAlone : kAdapter);
    if (!fs::exists(path, code)) {
        return nn::ScoreHead{};
    }
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    const weights::TensorInfo* info = file->find(isAlone ? kName : kScoreTensor);
    if (!info) {
        return nn::ScoreHead{};
    }
    if (info->shape.size() != 2) {
        return Error{path.string() + ": \"" + info->name + "\" is no head of scores; it must be a matrix"};
    }
    auto weight = weights::readTensor({file, info});
    if (!weight) {
        return weight.error();
    }
    nn::ScoreHead head{weight->to(at::kFloat), {}};
    if (const auto noted = file->metadata().find(kLabels); noted != file->metadata().end()) {
        const auto labels = base::parseJson(noted->second);
        for (const Json& label : labels && labels->is_array() ? *labels : Json::array()) {
            head.labels.push_back(label.is_string() ? label.get<std::string>() : base::dumpJson(label));
        }
    }
    return head;
}

} // namespace luthier::peft
