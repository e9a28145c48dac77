// SPDX-License-Identifier: GPL-3.0-or-later
// Activation of an MLP. Gated kinds take gate and up side by side, [N, 2F], and give act(gate) * up, [N, F];
// the plain kind takes and gives [N, F]. gelu is the tanh form. Internal to core: names torch types.
#pragma once

#include "core/nn/families/decoder_config.h"
#include "core/nn/kernels/kernels.h"

#include <ATen/core/Tensor.h>

namespace luthier::nn {

// `rows`: as in kernels.h.
at::Tensor activate(Activation kind, const at::Tensor& x, kernels::Fp8Rows* rows = nullptr);

// Gradient of x, from the gradient of the output.
at::Tensor activateBackward(Activation kind, const at::Tensor& x, const at::Tensor& dy, kernels::Fp8Rows* rows = nullptr);

} // namespace luthier::nn
