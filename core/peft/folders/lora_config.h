// SPDX-License-Identifier: GPL-3.0-or-later
// LoraConfig: adapter_config.json of a LoRA adapter, as PEFT reads and writes it. Torch-free.
// What would change the result and cannot be computed here is refused by name, never ignored.
//
// Threads: const functions and free ones, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/peft/path_pattern.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::peft {

struct LoraConfig {
    std::int64_t rank = 8;
    double alpha = 8;
    bool rootScale = false; // use_rslora: alpha / sqrt(r)
    bool dora = false;      // use_dora: a magnitude for each output row
    std::vector<std::pair<PathPattern, double>> ranks;  // rank_pattern, first match wins
    std::vector<std::pair<PathPattern, double>> alphas; // alpha_pattern

    std::int64_t rankFor(std::string_view path) const;
    double alphaFor(std::string_view path) const;
    double scaleFor(std::string_view path) const; // what B A is multiplied by: alpha / r, or alpha / sqrt(r)
};

Result<LoraConfig> parseLoraConfig(const Json& config);
Result<LoraConfig> readLoraConfig(const std::filesystem::path& folder); // errors begin with the path

} // namespace luthier::peft
