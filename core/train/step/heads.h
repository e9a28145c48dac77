// SPDX-License-Identifier: GPL-3.0-or-later
// Heads: trained tensors that an objective brings beside the method's leaves (a score of the last token, a value of each).
// In fp32, as optimizers keep them. They are leaves like the others: clipped, stepped on, checkpointed and resumed.
// Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/objectives/objectives.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace luthier::train {

// Named "objective.<name>", which require gradients; drawn from a generator of their own.
std::vector<nn::NamedTensor> makeHeads(const std::vector<objectives::Head>& heads, std::uint64_t seed, at::Device device);

// heads.safetensors in a folder, under the heads' names; reading copies into `heads`.
Result<void> saveHeads(const std::vector<nn::NamedTensor>& heads, const std::filesystem::path& folder);
Result<void> readHeads(std::vector<nn::NamedTensor>& heads, const std::filesystem::path& folder);

} // namespace luthier::train
