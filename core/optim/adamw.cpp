// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/adamw.h"

#include "core/nn/kernels/many.h"
#include "core/optim/optimizers.h"

#include <ATen/ops/_fused_adamw.h>

namespace luthier::optim {

AdamW::AdamW(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
    : MomentOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay, {"exp_avg", "exp_avg_sq"},
                      pageElements),
      m_settings(settings.of<AdamWSettings>())
{
}

void AdamW::update(Call& call) const
{
    const std::vector<at::Tensor> steps(call.parameters.size(), call.step);
    at::_fused_adamw_(call.parameters, call.gradients, call.moments[0], call.moments[1], {}, steps, call.learningRate,
                      m_settings.beta1, m_settings.beta2, call.weightDecay, m_settings.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false, call.divisor, call.notFinite);
}

bool AdamW::updateAtOnce(const Call& call) const
{
    const nn::kernels::AdamWNumbers numbers{call.learningRate, m_settings.beta1, m_settings.beta2, call.weightDecay, m_settings.epsilon};
    return nn::kernels::adamwMany(numbers, {call.parameters, call.gradients, call.moments[0], call.moments[1], call.leaves}, call.step, call.divisor.value_or(at::Tensor()),
                                  call.notFinite);
}

const fields::Section& adamwSection()
{
    using fields::field;
    static const auto section = fields::section<OptimizerSettings, AdamWSettings>({
        field<&AdamWSettings::beta1>("beta1", "Beta 1", "Memory of the gradient mean. 0 to 0.9999, usually 0.9.", {.low = 0, .high = 0.9999}, {.advanced = true}),
        field<&AdamWSettings::beta2>("beta2", "Beta 2", "Memory of the squared gradient. 0 to 0.999999, usually 0.999.", {.low = 0, .high = 0.999999}, {.advanced = true}),
        field<&AdamWSettings::epsilon>("epsilon", "Epsilon", "Added to the root of the second moment. Usually 1e-8.", {.low = 0, .high = 1, .lowOpen = true}, {.advanced = true}),
    });
    return section;
}

namespace adamw_optimizer {
namespace {

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
{
    return std::make_unique<AdamW>(std::move(leaves), settings, pageElements);
}

std::int64_t stateBytes(const OptimizerSettings&, const LeafShape& leaf)
{
    return leaf.numel() * 2 * 4; // two moments in fp32
}

} // namespace
} // namespace adamw_optimizer

OptimizerKind adamwOptimizer()
{
    return {{"adamw",
             "AdamW",
             "Steps of like size for every weight, with decay apart from them. The usual choice.",
             {&decaySection(), &adamwSection()}},
            adamw_optimizer::make,
            adamw_optimizer::stateBytes};
}

} // namespace luthier::optim
