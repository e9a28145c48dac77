// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_file.h"

#include "core/base/files.h"
#include "core/peft/methods/method.h"
#include "core/weights/load.h"
#include "core/weights/model_folder.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

bool isBottleneck(const Json& config)
{
    const auto inner = config.find("config");
    return inner != config.end() && inner->is_object() && inner->contains("mh_adapter")
           && inner->contains("output_adapter");
}

// Folders of other makes hold the same in other ways.
Result<void> checkKind(const fs::path& folder, const fs::path& weights, const Json& config)
{
    std::error_code code;
    if (fs::exists(weights, code)) {
        return {};
    }
    if (config.contains("lora_parameters") || config.contains("fine_tune_type") || fs::exists(folder / "adapters.safetensors", code)) {
        return Error{folder.string() + ": this is an adapter of MLX (adapters.safetensors), whose matrices lie otherwise and which says "
                     "nothing of its targets; fuse it into its model with mlx_lm.fuse and open that folder, or convert it to PEFT"};
    }
    if (fs::exists(folder / "adapter_model.bin", code)) {
        return Error{(folder / "adapter_model.bin").string() + ": this adapter is a pickle (.bin), which can run code when it is opened; "
                     "load it in PEFT and save it again, which writes adapter_model.safetensors"};
    }
    return {};
}

} // namespace

Result<void> checkBase(const std::string& recorded, const std::string& baseFingerprint, const std::string& recordedName)
{
    if (baseFingerprint.empty() || recorded.empty() || recorded == baseFingerprint) {
        return {};
    }
    const std::string name = recordedName.empty() ? std::string() : recordedName + ", ";
    return Error{"this adapter was trained on another base (" + name + recorded.substr(0, 12) + ", this one is "
                 + baseFingerprint.substr(0, 12) + "); open the model it was trained on"};
}

std::string kindsOf(bool (*can)(const Method& method))
{
    std::vector<std::string> kinds;
    for (const Method& method : methods()) {
        if (can(method) && std::find(kinds.begin(), kinds.end(), method.folderType) == kinds.end()) {
            kinds.push_back(method.folderType);
        }
    }
    std::string text;
    for (const std::string& kind : kinds) {
        text += (text.empty() ? "" : ", ") + kind;
    }
    return text;
}

std::string listedNames(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 5; ++i) {
        text += (i ? ", " : "") + names[i].substr(0, 120);
    }
    return text + (names.size() > 5 ? " and " + std::to_string(names.size() - 5) + " more" : "");
}

bool isOff(const Json& config, const char* key)
{
    const auto found = config.find(key);
    return found == config.end() || found->is_null() || (found->is_boolean() && !found->get<bool>())
           || ((found->is_array() || found->is_object()) && found->empty());
}

Result<AdapterFile> AdapterFile::open(const fs::path& folder, double weight, const std::string& baseFingerprint)
{
    AdapterFile result;
    result.m_weight = weight;
    result.m_configPath = folder / "adapter_config.json";
    auto json = base::readJson(result.m_configPath);
    if (!json) {
        return Error{json.message() + "; choose the folder of an adapter"};
    }
    if (!json->is_object()) {
        return Error{result.m_configPath.string() + ": must be a JSON object"};
    }
    result.m_config = std::move(*json);
    const bool hub = isBottleneck(result.m_config);
    const fs::path weights = folder / (hub ? "adapter.safetensors" : "adapter_model.safetensors");
    if (auto known = checkKind(folder, weights, result.m_config); !known) {
        return known.error();
    }
    auto file = weights::SafetensorsFile::open(weights);
    if (!file) {
        return file.error();
    }
    result.m_file = *file;
    for (const weights::TensorInfo& info : result.m_file->tensors()) {
        if (info.name == kScoreTensor || info.name == kScoreBias) {
            continue;
        }
        result.m_keys.push_back(hub ? info.name : plainKey(info.name));
        if (!result.m_tensors.emplace(result.m_keys.back(), &info).second) {
            return Error{weights.string() + ": two tensors are \"" + result.m_keys.back() + "\""};
        }
    }
    result.leaveOutScoreHead();
    const auto recorded = result.m_file->metadata().find("luthier_base");
    const auto name = result.m_config.find("base_model_name_or_path");
    const auto good = checkBase(recorded == result.m_file->metadata().end() ? "" : recorded->second, baseFingerprint,
                                name != result.m_config.end() && name->is_string() ? name->get<std::string>() : "");
    if (!good) {
        return Error{result.m_file->path().string() + ": " + good.message()};
    }
    return result;
}

void AdapterFile::leaveOutScoreHead()
{
    if (!m_file->find(kScoreTensor)) {
        return;
    }
    m_read.insert(kScoreTensor);
    const auto modules = m_config.find("modules_to_save");
    if (modules != m_config.end() && modules->is_array()) {
        Json others = Json::array();
        for (const Json& module : *modules) {
            if (module != "score" && module != "classifier") { // PEFT names both, whichever the model has
                others.push_back(module);
            }
        }
        *modules = others.empty() ? Json() : std::move(others);
    }
}

std::string AdapterFile::type() const
{
    const auto found = m_config.find("peft_type");
    if (found != m_config.end() && found->is_string()) {
        return found->get<std::string>().substr(0, 80);
    }
    return isBottleneck(m_config) ? "BOTTLENECK" : "";
}

const weights::TensorInfo* AdapterFile::find(const std::string& key) const
{
    const auto found = m_tensors.find(key);
    return found == m_tensors.end() ? nullptr : found->second;
}

Result<at::Tensor> AdapterFile::read(const std::string& name, const std::vector<std::int64_t>& shape)
{
    using weights::Dtype;
    const weights::TensorInfo* info = find(name);
    const std::string where = m_file->path().string() + ": ";
    if (!info) {
        return Error{where + "tensor \"" + name + "\" is missing"};
    }
    if (info->shape != shape) {
        return Error{where + "tensor \"" + name + "\" is " + base::dumpJson(Json(info->shape))
                     + ", the model and adapter_config.json ask for " + base::dumpJson(Json(shape))};
    }
    if (info->dtype != Dtype::F32 && info->dtype != Dtype::F16 && info->dtype != Dtype::BF16) {
        return Error{where + "tensor \"" + name + "\" is stored as " + weights::nameOf(info->dtype)
                     + "; it must be F32, F16 or BF16"};
    }
    auto tensor = weights::readTensor({m_file, info});
    if (!tensor) {
        return tensor.error();
    }
    m_read.insert(name);
    const at::Tensor numbers = tensor->to(at::kFloat);
    if (!at::isfinite(numbers).all().item<bool>()) {
        return Error{where + "tensor \"" + info->name + "\" holds numbers that are not finite (NaN or infinite): the training that made "
                     "it diverged, and the model would answer nothing; take an earlier checkpoint, or train again with a lower "
                     "learning rate"};
    }
    return numbers;
}

Result<void> AdapterFile::checkAllRead() const
{
    std::vector<std::string> unread;
    for (const std::string& key : m_keys) {
        if (!m_read.contains(key)) {
            unread.push_back(find(key)->name);
        }
    }
    if (unread.empty()) {
        return {};
    }
    return Error{m_file->path().string() + ": these keys fit nothing in the model: " + listedNames(unread)
                 + "; the adapter belongs to another model"};
}

Result<std::int64_t> AdapterFile::count(const char* key, std::int64_t usual, std::int64_t low, std::int64_t high) const
{
    const auto found = m_config.find(key);
    if (found == m_config.end() || found->is_null()) {
        return usual;
    }
    const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
    if (!found->is_number_integer() || huge || found->get<std::int64_t>() < low || found->get<std::int64_t>() > high) {
        return problem(std::string(key) + " is " + base::dumpJson(*found).substr(0, 80)
                       + "; it must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return found->get<std::int64_t>();
}

Result<std::vector<std::string>> AdapterFile::names(const char* key) const
{
    std::vector<std::string> list;
    const auto found = m_config.find(key);
    if (found == m_config.end() || found->is_null()) {
        return list;
    }
    if (!found->is_array()) {
        return problem(std::string(key) + " is no list of names");
    }
    for (const Json& name : *found) {
        if (!name.is_string()) {
            return problem(std::string(key) + " must be a list of names");
        }
        list.push_back(name.get<std::string>());
    }
    return list;
}

Result<void> AdapterFile::refuse(const char* key) const
{
    if (isOff(m_config, key)) {
        return {};
    }
    return problem(std::string(key) + " is " + base::dumpJson(m_config[key]).substr(0, 80)
                   + ", which cannot be computed here");
}

Error AdapterFile::problem(const std::string& sentence) const
{
    return Error{m_configPath.string() + ": " + sentence};
}

Result<void> AdapterFile::checkAlone(nn::Decoder& decoder) const
{
    if (m_weight != 1) {
        return problem("only plain LoRA adapters can be weighed; open this one with the weight 1");
    }
    if (carriesAdapters(decoder)) {
        return problem("only plain LoRA adapters add up; open this one alone");
    }
    return {};
}

bool carriesMoreThanLora(nn::Decoder& decoder)
{
    for (const nn::LinearGroup* group : decoder.groups()) {
        if (!group->factors.empty() || !group->biases.empty()) {
            return true;
        }
        for (const nn::LowRank& adapter : group->adapters) {
            if (adapter.magnitude.defined() || adapter.bias.defined()) {
                return true;
            }
        }
    }
    return !decoder.extras().isEmpty() || !decoder.replacements().empty();
}

bool carriesAdapters(nn::Decoder& decoder)
{
    for (const nn::LinearGroup* group : decoder.groups()) {
        if (!group->adapters.empty()) {
            return true;
        }
    }
    return carriesMoreThanLora(decoder);
}

Result<void> writeAdapter(const fs::path& target, const char* file, std::vector<nn::NamedTensor> tensors,
                          const Json& config, const std::string& baseFingerprint)
{
    try {
        if (auto made = base::makeDirectories(target); !made) {
            return made;
        }
        std::map<std::string, std::string> metadata;
        if (!baseFingerprint.empty()) {
            metadata["luthier_base"] = baseFingerprint;
        }
        std::vector<weights::TensorToWrite> list;
        for (const auto& [name, tensor] : tensors) {
            list.push_back(weights::toWrite(name, tensor));
        }
        if (auto written = weights::writeSafetensors(target / file, std::move(list), metadata); !written) {
            return written;
        }
        return base::writeFileAtomically(target / "adapter_config.json", base::dumpJson(config, 2) + "\n");
    } catch (const std::exception& problem) {
        return Error{target.string() + ": cannot save the adapter: " + problem.what()};
    }
}

Result<std::string> fingerprintOf(const fs::path& baseFolder)
{
    auto base = weights::ModelFolder::open(baseFolder);
    return base ? base->fingerprint() : Result<std::string>(std::string());
}

Result<std::int64_t> AdapterFile::virtualTokens(nn::Decoder& decoder) const
{
    if (auto alone = checkAlone(decoder); !alone) {
        return alone.error();
    }
    if (auto refused = refuse("modules_to_save"); !refused) {
        return refused.error();
    }
    auto tokens = count("num_virtual_tokens", 0, 1, 1'000'000);
    auto parts = count("num_transformer_submodules", 1, 1, 1);
    if (!tokens || !parts) {
        return tokens ? parts.error() : tokens.error();
    }
    return tokens;
}

} // namespace luthier::peft
