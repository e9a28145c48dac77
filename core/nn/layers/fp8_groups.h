// SPDX-License-Identifier: GPL-3.0-or-later
// Which groups are multiplied in 8-bit floats, and what their codes take beside the weight. Internal to core.
#pragma once

#include <cstdint>

namespace luthier::nn {

struct LinearGroup;

// Frozen numbers, both sides multiples of 16 as the card reads them, none narrower than 128.
bool takesFp8(const LinearGroup& group);

// Of the first layer, whose products are made of the weight's numbers on the way forward: all later ones read what they give, and its
// share of what 3 bits of fraction do to a gradient is half (of the bundled model's, a cosine of 0.9917 and 0.9964), at 1.5 % of an 8B's
// products.
bool readsNumbersForward(const LinearGroup& group);

// Bytes of Fp8Weight: codes for both directions, and an fp32 scale for each row of either.
std::int64_t fp8Bytes(const LinearGroup& group);

} // namespace luthier::nn
