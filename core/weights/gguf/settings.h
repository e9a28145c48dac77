// SPDX-License-Identifier: GPL-3.0-or-later
// GgufSettings: a decoder's configuration as the settings of a GGUF file, the way back of gguf_config.h. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/gguf/config.h"
#include "core/gguf/content.h"
#include "core/nn/families/decoder_config.h"

#include <string>
#include <vector>

namespace luthier::weights {

struct GgufArchitecture {
    std::string name; // general.architecture
    gguf::Layout layout;
};

// Errors name the family or setting that has no place in a GGUF file.
Result<GgufArchitecture> ggufArchitectureOf(const nn::DecoderConfig& config);

// Sizes, switches and rope (also the tensors of divisors that stand for one). What programs are known to pass over is a
// sentence in `notes`.
Result<void> addGgufSettings(const nn::DecoderConfig& config, gguf::Content& content, std::vector<std::string>& notes);

} // namespace luthier::weights
