// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/gradient_norm.h"

#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include <utility>

namespace luthier::optim {

at::Tensor lengthOf(const std::vector<at::Tensor>& gradients)
{
    return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2, at::kFloat)));
}

GradientNorm normOf(at::Tensor length, double maxNorm)
{
    GradientNorm result;
    result.norm = std::move(length);
    result.finite = at::isfinite(result.norm);
    if (maxNorm > 0) {
        // Gradients are divided by it: clip_grad_norm_'s factor max / (norm + 1e-6), at most 1, turned over.
        result.divisor = result.norm.add(1e-6).div_(maxNorm).clamp_min_(1);
    }
    return result;
}

} // namespace luthier::optim
