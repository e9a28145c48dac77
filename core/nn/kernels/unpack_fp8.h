// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers of 4-bit blocks as 8-bit floats, on a card alone. Internal to core: names torch types. Any thread.
#pragma once

#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

namespace luthier::nn::kernels {

// Numbers, rounded to bf16, times `inverse` into `out` e4m3 [rows, columns], contiguous; across: [columns, rows], lines without gaps.
// False, and nothing is done, where there is no kernel for these.
bool unpackFp8(const quant::QuantisedWeight& weight, const at::Tensor& out, double inverse, bool across);

} // namespace luthier::nn::kernels
