// SPDX-License-Identifier: GPL-3.0-or-later
// Combine: several LoRA adapters of one decoder turned into one. Torch-free.
// With weights w_i and each adapter's own scale s_i the weighted sum of the updates is sum_i w_i s_i B_i A_i. "sum" and
// "cat" are that sum, "svd" its best approximation of a smaller rank, "linear" is something else: it adds the factors,
//   (sum_i sqrt(w_i s_i) B_i) (sum_i sqrt(w_i s_i) A_i),
// which holds a product of every two adapters. cat, svd and linear are PEFT's add_weighted_adapter.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace luthier::nn {
class Decoder;
}

namespace luthier::peft {

struct Combination {
    const char* id;
    const char* help;
    bool isExact; // equal to the weighted sum of the updates
};

std::span<const Combination> combinations();
const Combination* findCombination(std::string_view id);
std::string combinationNames(); // "sum, cat, svd, linear"

// Leaves one adapter with scale 1 at each projection that has any, all of one rank (smaller ones are filled with zeros),
// which is returned. `rank` is that of "svd"; 0: the largest of the adapters', as PEFT does.
// Errors: not a plain LoRA (magnitudes, biases, trained copies, ...), no adapter, "linear" with different ranks.
Result<std::int64_t> combineAdapters(nn::Decoder& decoder, std::string_view how, std::int64_t rank = 0);

} // namespace luthier::peft
