// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes of models that people know, for benchmarks on random weights.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <string>
#include <vector>

namespace luthier::cli {

std::vector<std::string> shapeNames(); // "tiny", "135m", "1b", "8b", "65b"
nn::DecoderConfig shapeOf(const std::string& name); // one of shapeNames()

} // namespace luthier::cli
