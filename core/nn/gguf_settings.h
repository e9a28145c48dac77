// SPDX-License-Identifier: GPL-3.0-or-later
// GgufSettings: a decoder's configuration as the settings of a GGUF file, the way back of gguf_config.h. Torch-free.
#pragma once

#include "core/base/gguf_content.h"
#include "core/base/result.h"
#include "core/nn/decoder_config.h"
#include "core/nn/gguf_config.h"

#include <string>
#include <vector>

namespace luthier::nn {

struct GgufArchitecture {
    std::string name; // general.architecture
    GgufLayout layout;
};

// Errors name the family or setting that has no place in a GGUF file.
Result<GgufArchitecture> ggufArchitectureOf(const DecoderConfig& config);

// Sizes, switches and rope (also the tensors of divisors that stand for one). What programs are known to pass over is a
// sentence in `notes`.
Result<void> addGgufSettings(const DecoderConfig& config, base::GgufContent& content, std::vector<std::string>& notes);

} // namespace luthier::nn
