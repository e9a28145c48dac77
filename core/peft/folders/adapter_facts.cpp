// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_facts.h"

#include "core/gguf/file.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/config_names.h"
#include "core/peft/methods/method.h"
#include "core/peft/folders/origin.h"
#include "core/weights/model_folder.h"

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

std::string textAt(const Json& config, const char* key)
{
    const auto found = config.find(key);
    return found != config.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add(std::string& text, const std::string& part)
{
    text += (text.empty() ? "" : ", ") + part;
}

std::string detailsOf(const Json& config)
{
    std::string text;
    constexpr std::pair<const char*, const char*> kNumbers[] = {
        {"r", "rank "}, {"lora_alpha", "alpha "}, {"num_virtual_tokens", "virtual tokens "}, {"reduction_factor", "reduction "}};
    for (const auto& [key, name] : kNumbers) {
        if (const auto found = config.find(key); found != config.end() && found->is_number()) {
            add(text, name + base::dumpJson(*found));
        }
    }
    const auto targets = config.find("target_modules");
    if (targets != config.end() && targets->is_string()) {
        add(text, targets->get<std::string>().substr(0, 80));
    } else if (targets != config.end() && targets->is_array()) {
        std::string names;
        for (std::size_t i = 0; i < targets->size() && i < 8; ++i) {
            names += (*targets)[i].is_string() ? (names.empty() ? "" : " ") + (*targets)[i].get<std::string>() : "";
        }
        add(text, names + (targets->size() > 8 ? " ..." : ""));
    }
    return text;
}

std::string labelOf(const std::string& type, const Json& config)
{
    if (type == "LORA" && !isOff(config, "use_dora")) {
        return "DoRA";
    }
    for (const Method& method : methods()) {
        if (method.open && method.folderType == type) {
            return method.label;
        }
    }
    return {};
}

void readFolder(AdapterFacts& facts)
{
    auto file = AdapterFile::open(facts.path, 1, {});
    if (!file) {
        facts.problem = file.message();
        return;
    }
    const Json& config = file->config();
    facts.method = labelOf(file->type(), config);
    facts.problem = facts.method.empty() ? "peft_type \"" + file->type() + "\" cannot be opened here" : "";
    facts.details = detailsOf(config);
    if (const auto empty = namesWithoutTensors(*file); !empty.empty()) {
        add(facts.details, "nothing in the file of " + listedNames(empty));
    }
    facts.baseName = textAt(config, "base_model_name_or_path");
    const auto& metadata = file->tensors().metadata();
    const auto base = metadata.find("luthier_base");
    facts.baseFingerprint = base == metadata.end() ? std::string() : base->second;
    const auto origin = readOrigin(facts.path);
    facts.origin = origin ? sentenceOf(*origin) : origin.message();
    for (const weights::TensorInfo& tensor : file->tensors().tensors()) {
        facts.parameters += static_cast<std::int64_t>(tensor.end - tensor.begin) / weights::sizeOf(tensor.dtype);
    }
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(facts.path, code)) {
        facts.bytes += entry.is_regular_file(code) ? static_cast<std::int64_t>(entry.file_size(code)) : 0;
    }
}

void readGguf(AdapterFacts& facts)
{
    auto file = gguf::File::open(facts.path);
    if (!file) {
        facts.problem = file.message();
        return;
    }
    if ((*file)->text("general.type") != "adapter") {
        facts.problem = facts.path.string() + ": this GGUF file is a model, no adapter";
        return;
    }
    facts.method = "LoRA";
    facts.details = "GGUF, " + (*file)->text("general.architecture").value_or("");
    facts.baseFingerprint = (*file)->text("luthier.base").value_or("");
    for (const gguf::Tensor& tensor : (*file)->tensors()) {
        facts.parameters += static_cast<std::int64_t>(tensor.elements());
    }
    std::error_code code;
    facts.bytes = static_cast<std::int64_t>(fs::file_size(facts.path, code));
}

} // namespace

bool isAdapter(const fs::path& path)
{
    std::error_code code;
    if (fs::is_directory(path, code)) {
        return fs::is_regular_file(path / "adapter_config.json", code);
    }
    if (path.extension() != ".gguf" || !fs::is_regular_file(path, code)) {
        return false;
    }
    const auto file = gguf::File::open(path);
    return file && (*file)->text("general.type") == "adapter";
}

AdapterFacts readAdapterFacts(const fs::path& path)
{
    AdapterFacts facts;
    facts.path = path;
    gguf::isGguf(path) ? readGguf(facts) : readFolder(facts);
    return facts;
}

Result<void> checkParent(const AdapterFacts& adapter, const fs::path& model)
{
    if (adapter.baseFingerprint.empty()) {
        return {};
    }
    auto folder = weights::ModelFolder::open(model);
    auto fingerprint = folder ? folder->fingerprint() : Result<std::string>(folder.error());
    if (!fingerprint) {
        return fingerprint.error();
    }
    if (*fingerprint == adapter.baseFingerprint) {
        return {};
    }
    const std::string parent = adapter.baseName.empty() ? "another model" : adapter.baseName;
    return Error{adapter.path.string() + ": this adapter was trained on " + parent + " (" + adapter.baseFingerprint.substr(0, 12)
                 + "), which is not " + model.string() + " (" + fingerprint->substr(0, 12) + "); choose the model it was trained on"};
}

} // namespace luthier::peft
