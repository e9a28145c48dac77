// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_names.h"

#include <string_view>

namespace luthier::peft {

namespace {

void removeAll(std::string& text, std::string_view part)
{
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.erase(at, part.size());
    }
}

bool cutFront(std::string& text, std::string_view part)
{
    if (!text.starts_with(part)) {
        return false;
    }
    text.erase(0, part.size());
    return true;
}

// Raw states of PEFT's modules name the adapter behind each of its parts.
void cutAdapterName(std::string& key)
{
    for (const char* part : {".lora_A", ".lora_B", ".lora_embedding_A", ".lora_embedding_B", ".lora_magnitude_vector", ".ia3_l",
                             ".trainable_tokens_delta"}) {
        const std::string named = std::string(part) + ".default";
        if (const auto at = key.find(named); at != std::string::npos) {
            key.erase(at + std::string_view(part).size(), std::string_view(".default").size());
        }
    }
    removeAll(key, ".modules_to_save.default");
    constexpr std::string_view kMagnitude = ".lora_magnitude_vector.weight"; // a module in newer PEFT
    if (key.ends_with(kMagnitude)) {
        key.resize(key.size() - std::string_view(".weight").size());
    }
}

} // namespace

bool isPartOfMore(const nn::DecoderConfig& config)
{
    return config.family == "gemma3";
}

std::string peftName(const nn::DecoderConfig& config, const std::string& name)
{
    const bool inside = isPartOfMore(config) && name.starts_with("model.");
    return kPeftPrefix + (inside ? "model.language_" + name : name);
}

std::string plainKey(const std::string& key)
{
    std::string name = key;
    removeAll(name, "_orig_mod.");
    while (cutFront(name, "module.")) {
    }
    const bool hasPrefix = cutFront(name, kPeftPrefix);
    const bool isBare = name.starts_with("model.") || name.starts_with("language_model.") || name.starts_with("transformer.")
                        || name.starts_with("lm_head.");
    if (!hasPrefix && !isBare) {
        return key; // of another kind of file
    }
    while (cutFront(name, "module.")) {
    }
    if (cutFront(name, "model.language_model.")) {
        name = "model." + name;
    } else {
        cutFront(name, "language_model.");
    }
    cutAdapterName(name);
    return kPeftPrefix + name;
}

} // namespace luthier::peft
