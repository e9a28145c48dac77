// SPDX-License-Identifier: GPL-3.0-or-later
// Which groups are multiplied in 8-bit floats, and what their codes take beside the weight. Internal to core.
#pragma once

#include <cstdint>

namespace luthier::nn {

struct LinearGroup;

// Frozen numbers, both sides multiples of 16 as the card reads them, none narrower than 128.
bool takesFp8(const LinearGroup& group);

// Bytes of Fp8Weight: codes for both directions, and an fp32 scale for each row of either.
std::int64_t fp8Bytes(const LinearGroup& group);

} // namespace luthier::nn
