// SPDX-License-Identifier: GPL-3.0-or-later
// LinearExtras: the parts of a LinearGroup that few methods use: DoRA's magnitudes, IA3's factors, biases of their own.
// Called by linear_group.cpp alone. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/linear_group.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::nn {

// Whether anything here applies now.
bool usesExtras(const ActiveLinear& linear);

// Magnitudes, factors and biases in the order of their gradients.
void addExtraLeaves(const ActiveLinear& linear, std::vector<at::Tensor>& leaves);

at::Tensor biasNow(const ActiveLinear& linear);                        // [out] or undefined
at::Tensor inputNow(const ActiveLinear& linear, const at::Tensor& x);  // x, or x times the factor on the input

// Multiplies slices of y [N, out] in place.
void scaleOutput(const ActiveLinear& linear, const at::Tensor& y, LinearSaved* saved);

// Gradient of what scaleOutput was given; dy itself where nothing is scaled. Gradients of magnitudes and of factors on
// outputs come in the order of `saved.scaled`.
at::Tensor beforeScaling(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved,
                         std::vector<at::Tensor>& scaleGrads);

// Appends the gradients of the extra leaves and turns dx, the gradient of inputNow(x), into that of x.
void extraGradients(const ActiveLinear& linear, const at::Tensor& x, const at::Tensor& dy,
                    const std::vector<at::Tensor>& scaleGrads, at::Tensor& dx, std::vector<at::Tensor>& leaves);

// Rows' norms of W + scale * B A in fp32, [size].
at::Tensor normOf(const LinearGroup& group, const LowRank& adapter);

} // namespace luthier::nn
