// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes of models that people know, for benchmarks on random weights.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <string>
#include <vector>

namespace luthier::cli {

std::vector<std::string> shapeNames(); // "tiny", "135m", "0.5b", "1b", "8b", "65b"
nn::DecoderConfig shapeOf(const std::string& name); // one of shapeNames()

// One of about a billion weights for each family: "llama", "mistral", "qwen2", ...
std::vector<std::string> familyShapeNames();
nn::DecoderConfig familyShapeOf(const std::string& name);

} // namespace luthier::cli
