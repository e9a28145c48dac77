// SPDX-License-Identifier: GPL-3.0-or-later
// How many numbers of neighbouring leaves are summed over ranks, or come from them, at once. Torch-free.
#pragma once

#include <cstdint>

namespace luthier::train {

constexpr std::int64_t kBucket = std::int64_t{1} << 25; // numbers, 128 MiB in fp32

} // namespace luthier::train
