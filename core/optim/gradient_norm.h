// SPDX-License-Identifier: GPL-3.0-or-later
// GradientNorm: the norm of all gradients of a step together, and what follows from it, decided on the device.
// Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace luthier::optim {

struct GradientNorm {
    at::Tensor norm;                   // [] fp32
    at::Tensor finite;                 // [] bool: whether the step may be taken
    std::optional<at::Tensor> divisor; // of the gradients, [] fp32; none: they are not clipped
};

// Of all gradients together, [] fp32. They are not empty.
at::Tensor lengthOf(const std::vector<at::Tensor>& gradients);

// `maxNorm` 0: no clipping.
GradientNorm normOf(at::Tensor length, double maxNorm);

} // namespace luthier::optim
