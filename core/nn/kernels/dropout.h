// SPDX-License-Identifier: GPL-3.0-or-later
// Dropout: what the bodies of keptOf() share (kernels.h says which values are kept). Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"

#include <cstdint>

namespace luthier::nn::kernels {

// Of 65536: 16 random bits below it drop a value. 1 at most drops all.
std::uint32_t dropoutLimit(double p);

// In operators, for a device that has nothing of its own.
at::Tensor plainKept(const DropoutDraw& draw, const at::Tensor& x, double p);

} // namespace luthier::nn::kernels
