// SPDX-License-Identifier: GPL-3.0-or-later
// What a model folder made from a GGUF file holds beside the weights. Torch-free.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>

namespace luthier::weights {

// config.json of the folder, before its dtype is set.
Result<Json> ggufFolderConfig(const std::filesystem::path& gguf);

// tokenizer.json, tokenizer_config.json with the chat template, generation_config.json.
Result<void> writeGgufCompanions(const std::filesystem::path& gguf, const std::filesystem::path& target);

} // namespace luthier::weights
