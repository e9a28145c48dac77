// SPDX-License-Identifier: GPL-3.0-or-later
// LeafGroups: which learning rate and which weight decay a trained tensor has beside the others. Torch-free.
//
//   rate   = LoRA+ (a LoRA's B and what is one-dimensional learn lora_plus_ratio times as fast as A, as PEFT groups them)
//            * layer_decay ^ layers above it (embeddings lie below the first layer, the last norm and the head above the last)
//            * the first of rate_pattern whose name stands in the tensor's
//   decay  = the first of decay_pattern whose name stands in the tensor's, else weight_decay, 0 for norms and biases
#pragma once

#include "core/base/result.h"
#include "core/optim/optimizer_settings.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::optim {

struct LeafGroup {
    double rate = 1;  // times the step's learning rate
    double decay = 0; // weight decay

    auto operator<=>(const LeafGroup&) const = default;
};

struct LeafName {
    std::string name;
    std::int64_t dimensions = 2;
};

// In the order of `leaves`. Patterns that cannot be read count as none; patternProblem says so before.
std::vector<LeafGroup> leafGroups(const std::vector<LeafName>& leaves, const OptimizerSettings& settings, double weightDecay);

// Transformers' name patterns: biases and norms are not decayed.
bool isDecayed(const std::string& name);

// "name=number" rows; a sentence for the first that is none, or whose number lies outside of [0, most].
Result<std::vector<std::pair<std::string, double>>> parsePattern(const std::vector<std::string>& rows, const std::string& key, double most);

} // namespace luthier::optim
