// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/lora_folder.h"

#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/targets.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

// 16, not 16.0: readers expect a whole number where there is one.
Json number(double value)
{
    const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
    return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

std::set<std::string> adaptedNames(nn::Decoder& decoder)
{
    std::set<std::string> names;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            names.insert(group->slices[adapter.slice].name);
        }
    }
    return names;
}

Result<std::vector<nn::NamedTensor>> collect(nn::Decoder& decoder)
{
    auto tensors = loraTensors(decoder, true);
    if (tensors.empty()) {
        tensors = loraTensors(decoder, false);
    }
    if (tensors.empty()) {
        return Error{"the model has no adapter to save"};
    }
    std::set<std::string> names;
    for (nn::NamedTensor& named : tensors) {
        if (!names.insert(named.name).second) {
            return Error{"two adapters act on one projection (" + named.name + "); merge them before saving"};
        }
        named.name = peftName(decoder.config(), named.name);
    }
    return tensors;
}

Result<void> save(nn::Decoder& decoder, const fs::path& folder, LoraFolderInfo info)
{
    auto tensors = collect(decoder);
    if (!tensors) {
        return Error{folder.string() + ": " + tensors.message()};
    }
    info.isPartOfMore = isPartOfMore(decoder.config());
    const auto& wanted = info.targetModules;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), kAllLinear) != wanted.end()) {
        const auto names = adaptedNames(decoder);
        info.targetModules.assign(names.begin(), names.end());
    }
    return writeAdapter(folder, "adapter_model.safetensors", std::move(*tensors), loraFolderConfig(info),
                        info.baseFingerprint);
}

} // namespace

std::vector<nn::NamedTensor> loraTensors(nn::Decoder& decoder, bool trainableOnly)
{
    std::vector<nn::NamedTensor> list;
    const auto add = [&](const std::string& name, const at::Tensor& tensor) {
        if (tensor.defined() && (!trainableOnly || tensor.requires_grad())) {
            list.push_back({name, tensor});
        }
    };
    for (nn::LinearGroup* group : decoder.groups()) {
        std::set<std::size_t> adapted;
        for (const nn::LowRank& adapter : group->adapters) {
            const std::string path = group->slicePath(adapter.slice);
            adapted.insert(adapter.slice);
            add(path + ".lora_A.weight", adapter.a);
            add(path + ".lora_B.weight", adapter.b);
            add(path + ".lora_magnitude_vector", adapter.magnitude);
        }
        for (const nn::SliceBias& bias : group->biases) {
            add(group->slicePath(bias.slice) + (adapted.contains(bias.slice) ? ".base_layer.bias" : ".bias"), bias.bias);
        }
    }
    for (const nn::Replacement& replacement : decoder.replacements()) {
        add(replacement.name, replacement.copy);
    }
    return list;
}

Json loraFolderConfig(const LoraFolderInfo& info)
{
    std::vector<std::string> modules = info.targetModules;
    std::sort(modules.begin(), modules.end());
    return Json{
        {"alora_invocation_tokens", nullptr},
        {"alpha_pattern", info.alphaPattern},
        {"arrow_config", nullptr},
        {"auto_mapping", nullptr},
        {"base_model_name_or_path", info.basePath},
        {"bias", info.bias},
        {"corda_config", nullptr},
        {"ensure_weight_tying", false},
        {"eva_config", nullptr},
        {"exclude_modules", info.isPartOfMore ? Json(kVisionModules) : Json()},
        {"fan_in_fan_out", false},
        {"inference_mode", true},
        {"init_lora_weights", true},
        {"layer_replication", nullptr},
        {"layers_pattern", nullptr},
        {"layers_to_transform", nullptr},
        {"loftq_config", Json::object()},
        {"lora_alpha", number(info.alpha)},
        {"lora_bias", false},
        {"lora_dropout", info.dropout},
        {"megatron_config", nullptr},
        {"megatron_core", "megatron.core"},
        {"modules_to_save", info.modulesToSave.empty() ? Json() : Json(info.modulesToSave)},
        {"peft_type", "LORA"},
        {"qalora_group_size", 16},
        {"r", info.rank},
        {"rank_pattern", info.rankPattern},
        {"revision", nullptr},
        {"target_modules", modules},
        {"target_parameters", nullptr},
        {"task_type", "CAUSAL_LM"},
        {"trainable_token_indices", nullptr},
        {"use_dora", info.dora},
        {"use_qalora", false},
        {"use_rslora", info.rootScale},
    };
}

Result<void> saveLoraFolder(nn::Decoder& decoder, const fs::path& folder, const LoraFolderInfo& info)
{
    try {
        return save(decoder, folder, info);
    } catch (const std::exception& problem) {
        return Error{folder.string() + ": cannot save the adapter: " + problem.what()};
    }
}

} // namespace luthier::peft
