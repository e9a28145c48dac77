// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/adamw_formula.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/pow.h>

namespace luthier::optim {

AdamWStep adamwStep(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& mean, const at::Tensor& square,
                    const AdamWSettings& settings, double learningRate, double weightDecay, const at::Tensor& steps)
{
    const at::Tensor count = steps.to(at::kDouble);
    const at::Tensor meanShare = (1 - at::pow(settings.beta1, count)).to(at::kFloat);
    const at::Tensor rootShare = (1 - at::pow(settings.beta2, count)).sqrt_().to(at::kFloat);
    AdamWStep step;
    step.mean = mean.mul(settings.beta1).add_(gradient, 1 - settings.beta1);
    step.square = square.mul(settings.beta2).addcmul_(gradient, gradient, 1 - settings.beta2);
    const at::Tensor length = step.square.sqrt().div_(rootShare).add_(settings.epsilon);
    step.weight = weight.mul(1 - learningRate * weightDecay).addcdiv_(step.mean / meanShare, length, -learningRate);
    return step;
}

} // namespace luthier::optim
