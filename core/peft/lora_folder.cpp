// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/lora_folder.h"

#include "core/base/files.h"
#include "core/nn/decoder.h"
#include "core/weights/load.h"

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

struct Saved {
    std::vector<weights::TensorToWrite> tensors;
    std::set<std::string> modules;
};

Result<Saved> collect(nn::Decoder& decoder)
{
    bool anyTrainable = false;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            anyTrainable = anyTrainable || adapter.a.requires_grad();
        }
    }
    Saved saved;
    std::set<std::string> paths;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            if (anyTrainable && !adapter.a.requires_grad()) {
                continue;
            }
            const std::string path = group->slicePath(adapter.slice);
            if (!paths.insert(path).second) {
                return Error{"two adapters act on " + path + "; merge them before saving"};
            }
            saved.modules.insert(group->slices[adapter.slice].name);
            saved.tensors.push_back(
                weights::toWrite("base_model.model." + path + ".lora_A.weight", adapter.a));
            saved.tensors.push_back(
                weights::toWrite("base_model.model." + path + ".lora_B.weight", adapter.b));
        }
    }
    if (saved.tensors.empty()) {
        return Error{"the model has no adapter to save"};
    }
    return saved;
}

Result<void> save(nn::Decoder& decoder, const fs::path& folder, LoraFolderInfo info)
{
    auto saved = collect(decoder);
    if (!saved) {
        return Error{folder.string() + ": " + saved.message()};
    }
    const auto& wanted = info.targetModules;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), "all-linear") != wanted.end()) {
        info.targetModules.assign(saved->modules.begin(), saved->modules.end());
    }
    if (auto made = base::makeDirectories(folder); !made) {
        return made;
    }
    std::map<std::string, std::string> metadata;
    if (!info.baseFingerprint.empty()) {
        metadata["luthier_base"] = info.baseFingerprint;
    }
    auto written =
        weights::writeSafetensors(folder / "adapter_model.safetensors", std::move(saved->tensors), metadata);
    if (!written) {
        return written;
    }
    return base::writeFileAtomically(folder / "adapter_config.json",
                                     base::dumpJson(loraFolderConfig(info), 2) + "\n");
}

} // namespace

Json loraFolderConfig(const LoraFolderInfo& info)
{
    std::vector<std::string> modules = info.targetModules;
    std::sort(modules.begin(), modules.end());
    return Json{
        {"alora_invocation_tokens", nullptr},
        {"alpha_pattern", Json::object()},
        {"arrow_config", nullptr},
        {"auto_mapping", nullptr},
        {"base_model_name_or_path", info.basePath},
        {"bias", "none"},
        {"corda_config", nullptr},
        {"ensure_weight_tying", false},
        {"eva_config", nullptr},
        {"exclude_modules", nullptr},
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
        {"modules_to_save", nullptr},
        {"peft_type", "LORA"},
        {"qalora_group_size", 16},
        {"r", info.rank},
        {"rank_pattern", Json::object()},
        {"revision", nullptr},
        {"target_modules", modules},
        {"target_parameters", nullptr},
        {"task_type", "CAUSAL_LM"},
        {"trainable_token_indices", nullptr},
        {"use_dora", false},
        {"use_qalora", false},
        {"use_rslora", false},
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
