// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/source_names.h"

#include "core/gguf/file.h"
#include "core/nn/families/weight_names.h"
#include "core/weights/stored_codes.h"
#include "core/weights/stored_names.h"

#include <set>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr const char* kHead = "lm_head.weight";
constexpr const char* kOld = "language_model.";       // as gemma's folders came: language_model.model.layers
constexpr const char* kNew = "model.language_model."; // as transformers saves since 4.52: model.language_model.layers
constexpr const char* kUsual = "model.";

} // namespace

bool isComputed(const std::string& name)
{
    return name.ends_with("rotary_emb.inv_freq") || name.ends_with("attn.masked_bias")
           || (name.ends_with("attn.bias") && !name.ends_with("c_attn.bias"));
}

Result<SourceNames> SourceNames::of(const fs::path& source)
{
    SourceNames names;
    std::error_code code;
    const bool hasWeights = fs::exists(source / "model.safetensors", code) || fs::exists(source / "model.safetensors.index.json", code);
    if (gguf::isGguf(source) || !hasWeights) {
        return names;
    }
    auto folder = ModelFolder::open(source);
    if (!folder) {
        return folder.error();
    }
    names.m_folder = std::move(*folder);
    const std::string embedding = nn::weightNames(names.m_folder->config()).embedding + ".weight";
    const auto found = findStored(names.m_folder->tensors(), embedding);
    const std::string stored = found == names.m_folder->tensors().end() ? std::string() : found->first;
    names.m_front = stored.starts_with(kOld) ? kOld : stored.starts_with(kNew) ? kNew : "";
    return names;
}

std::string SourceNames::nameOf(const std::string& usual) const
{
    if (m_front.empty()) {
        return usual;
    }
    if (m_front == kOld) {
        return kOld + usual;
    }
    return usual.starts_with(kUsual) ? kNew + usual.substr(std::string(kUsual).size()) : usual;
}

Result<std::map<std::string, StoredTensor>> SourceNames::others(const std::vector<std::string>& usual) const
{
    std::map<std::string, StoredTensor> list;
    if (!m_folder) {
        return list;
    }
    const Stored& stored = m_folder->tensors();
    std::set<std::string> known;
    const auto add = [&](const std::string& name) {
        if (findStored(stored, name) != stored.end()) {
            for (const std::string& part : codeTensors(*m_folder, name)) {
                known.insert(part);
            }
        }
    };
    for (const std::string& name : usual) {
        add(name);
    }
    add(kHead); // where the decoder has none, it is the embedding
    for (const auto& [name, tensor] : stored) {
        if (known.contains(name) || isComputed(name)) {
            continue;
        }
        if (name.find(".quant_state.bitsandbytes__") != std::string::npos) {
            return Error{m_folder->path().string() + ": \"" + name.substr(0, name.find(".quant_state."))
                         + "\" is held in 4-bit codes and belongs to no part that is known here, so it cannot stay beside numbers; "
                           "take the model before it was quantised"};
        }
        list[name] = tensor;
    }
    return list;
}

} // namespace luthier::weights
