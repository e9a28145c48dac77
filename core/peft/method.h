// SPDX-License-Identifier: GPL-3.0-or-later
// Method: one row of the table of tuning methods. Torch-free; what a row does is in its own file.
// A new method is one file and one line in methods.cpp; forms, flags, checkpoints and tests loop over the table.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::nn {
class Decoder;
struct NamedTensor;
}

namespace luthier::peft {

struct Method {
    std::string id;
    std::string label;
    std::string help;                    // when to choose it
    std::vector<std::string> settings;   // keys of MethodSettings that apply
    bool writesAdapter = true;           // result is an adapter folder; false: a whole model
    double usualLearningRate = 2e-5;

    // Makes the decoder trainable in this way. Errors: a target that names no projection (lists what there is), ...
    Result<void> (*attach)(nn::Decoder& decoder, const config::MethodSettings& settings, std::uint64_t seed);
    // The trained leaves with stable names, in a fixed order: for the optimizer and checkpoints.
    std::vector<nn::NamedTensor> (*trainable)(nn::Decoder& decoder);
    // Writes the result (adapter in PEFT layout, or whole folder) so that it opens elsewhere unchanged.
    Result<void> (*save)(nn::Decoder& decoder, const config::MethodSettings& settings,
                         const std::filesystem::path& baseFolder, const std::filesystem::path& target);
};

std::span<const Method> methods();
const Method* findMethod(std::string_view id);

} // namespace luthier::peft
