// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/lora_folder.h"

#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/loose_lora.h"
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
    // The embedding and the head are adapted where they are named.
    const nn::Extras& extras = decoder.extras();
    if (extras.embedding.a.defined()) {
        const std::string path = nn::weightNames(decoder.config()).embedding;
        names.insert(path.substr(path.rfind('.') + 1));
    }
    if (extras.head.a.defined()) {
        names.insert(kHeadPath);
    }
    return names;
}

bool hasLowBiases(nn::Decoder& decoder)
{
    const auto all = decoder.groups();
    return std::any_of(all.begin(), all.end(), [](const nn::LinearGroup* group) {
        return std::any_of(group->adapters.begin(), group->adapters.end(), [](const nn::LowRank& adapter) { return adapter.bias.defined(); });
    });
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
    info.hasLowBiases = hasLowBiases(decoder);
    if (const at::Tensor& tokens = decoder.extras().embedding.tokens; tokens.defined()) {
        const at::Tensor ids = tokens.to(at::kCPU);
        info.tokens.assign(ids.const_data_ptr<std::int64_t>(), ids.const_data_ptr<std::int64_t>() + ids.numel());
    }
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
            add(path + ".lora_B.bias", adapter.bias);
        }
        for (const nn::SliceBias& bias : group->biases) {
            add(group->slicePath(bias.slice) + (adapted.contains(bias.slice) ? ".base_layer.bias" : ".bias"), bias.bias);
        }
    }
    for (const nn::Replacement& replacement : decoder.replacements()) {
        add(replacement.name, replacement.copy);
    }
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    const nn::Extras& extras = decoder.extras();
    add(embedding + kEmbeddingA, extras.embedding.a);
    add(embedding + kEmbeddingB, extras.embedding.b);
    add(embedding + kTokenRows, extras.embedding.rows);
    add(kHeadPath + std::string(".lora_A.weight"), extras.head.a);
    add(kHeadPath + std::string(".lora_B.weight"), extras.head.b);
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
        {"lora_bias", info.hasLowBiases},
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
        {"trainable_token_indices", info.tokens.empty() ? Json() : Json(info.tokens)},
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
