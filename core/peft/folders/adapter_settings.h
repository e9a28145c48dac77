// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterSettings: the method and the settings that an adapter was made with, read from its config and its file's header, so
// that training can go on from it. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/fields/field.h"
#include "core/quant/code_tables.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::peft {

struct AdapterSetting {
    std::string key;         // of the method's settings
    fields::Value value;
    bool isFree = false;     // does not shape the adapter: a recipe may change it and go on all the same
};

struct AdapterSettings {
    std::string kind;        // id of the method's row
    std::string folderType;  // rows of this type can go on from it
    std::vector<AdapterSetting> settings;
    std::optional<quant::Quantisation> heldBase; // how the base was held while it was trained
};

// Errors: no adapter, a GGUF file (it does not say what it was made with), a kind or an arrangement that no row trains.
Result<AdapterSettings> readAdapterSettings(const std::filesystem::path& adapter);

} // namespace luthier::peft
