// SPDX-License-Identifier: GPL-3.0-or-later
// Lion (Chen et al., 2023): p *= 1 - lr*wd;  p -= lr * sign(b1*m + (1 - b1)*g);  m = b2*m + (1 - b2)*g
// Moment: "exp_avg".
#include "core/optim/moment_optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

namespace luthier::optim {

struct LionSettings {
    double beta1 = 0.9;
    double beta2 = 0.99;
};

namespace lion_optimizer {
namespace {

class Lion : public MomentOptimizer {
public:
    Lion(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
        : MomentOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay, {"exp_avg"}, pageElements),
          m_settings(settings.of<LionSettings>())
    {
    }

private:
    void update(Call& call) const override
    {
        const at::Tensor bad = call.notFinite.to(at::kBool);
        for (std::size_t i = 0; i < call.parameters.size(); ++i) {
            const at::Tensor weight = call.parameters[i].detach();
            const at::Tensor& moment = call.moments[0][i];
            const at::Tensor gradient = call.divisor ? call.gradients[i] / *call.divisor : call.gradients[i];
            const at::Tensor direction = moment.mul(m_settings.beta1).add_(gradient, 1 - m_settings.beta1).sign_();
            const at::Tensor next = weight.mul(1 - call.learningRate * call.weightDecay).sub_(direction, call.learningRate);
            weight.copy_(at::where(bad, weight, next));
            moment.copy_(at::where(bad, moment, moment.mul(m_settings.beta2).add_(gradient, 1 - m_settings.beta2)));
        }
    }

    LionSettings m_settings;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<OptimizerSettings, LionSettings>({
        field<&LionSettings::beta1>("lion_beta1", "Beta 1", "How much of the memory goes into the direction of a step. 0 to 0.9999, usually 0.9.", {.low = 0, .high = 0.9999}, {.advanced = true}),
        field<&LionSettings::beta2>("lion_beta2", "Beta 2", "How long the memory lasts. 0 to 0.9999, usually 0.99.", {.low = 0, .high = 0.9999}, {.advanced = true}),
    });
    return section;
}

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
{
    return std::make_unique<Lion>(std::move(leaves), settings, pageElements);
}

std::int64_t stateBytes(const OptimizerSettings&, const LeafShape& leaf)
{
    return leaf.numel() * 4; // one moment in fp32
}

} // namespace
} // namespace lion_optimizer

OptimizerKind lionOptimizer()
{
    return {{"lion",
             "Lion",
             "Steps of one size in the direction's sign: half of AdamW's state, for learning rates three to ten times as small and weight "
             "decay as many times as large.",
             {&decaySection(), &lion_optimizer::settingsSection()}},
            lion_optimizer::make,
            lion_optimizer::stateBytes};
}

} // namespace luthier::optim
