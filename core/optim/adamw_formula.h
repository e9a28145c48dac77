// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW's formula for one tensor, where it is a part of another optimizer. Internal to core: names torch types.
#pragma once

#include "core/fields/sections.h"
#include "core/optim/adamw_settings.h"

#include <ATen/core/Tensor.h>

namespace luthier::optim {

struct AdamWStep {
    at::Tensor mean;   // the new moments
    at::Tensor square;
    at::Tensor weight; // and weights
};

// Nothing that is given changes. `steps` [] fp32: steps taken, this one included.
AdamWStep adamwStep(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& mean, const at::Tensor& square,
                    const AdamWSettings& settings, double learningRate, double weightDecay, const at::Tensor& steps);

} // namespace luthier::optim
