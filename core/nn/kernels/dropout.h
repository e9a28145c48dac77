// SPDX-License-Identifier: GPL-3.0-or-later
// Dropout: what the bodies of keptOf() share (kernels.h says which values are kept). Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/low_rank.h"

#include <cstdint>

namespace luthier::nn::kernels {

// Of 65536: 16 random bits below it drop a value. 1 at most drops all.
std::uint32_t dropoutLimit(double p);

// gatedForwardLow(), and the product as its reader drops it.
struct GatedDropped {
    at::Tensor product;
    at::Tensor dropped;
};
GatedDropped gatedForwardDropped(bool silu, const at::Tensor& x, const LowTerms& terms, const LowDrop& drop);

// Whoever made a tensor and what its reader drops of it together leaves that here; the reader takes it, or makes it (undefined). One of a
// thread; what was left for another tensor is dropped.
void leaveDropped(const at::Tensor& of, at::Tensor dropped);
at::Tensor takeDropped(const at::Tensor& of);

// In operators, for a device that has nothing of its own.
at::Tensor plainKept(const DropoutDraw& draw, const at::Tensor& x, double p);

} // namespace luthier::nn::kernels
