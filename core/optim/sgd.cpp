// SPDX-License-Identifier: GPL-3.0-or-later
// SGD with momentum, as torch.optim.SGD computes it (dampening 0):
//   g += wd*p;  b = momentum*b + g (b = g in the first step);  p -= lr * b, or lr * (g + momentum*b) after Nesterov
// The decay is added to the gradient, so a step's size decides how strong it is. Moment: "momentum_buffer", none where
// momentum is 0.
#include "core/optim/sgd_settings.h"

#include "core/optim/moment_optimizer.h"
#include "core/optim/optimizers.h"

#include <ATen/ops/_fused_sgd.h>

namespace luthier::optim {

namespace sgd_optimizer {
namespace {

class Sgd : public MomentOptimizer {
public:
    Sgd(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
        : MomentOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay,
                          settings.of<SgdSettings>().momentum > 0 ? std::vector<std::string>{"momentum_buffer"}
                                                                  : std::vector<std::string>(),
                          pageElements),
          m_momentum(settings.of<SgdSettings>().momentum),
          m_nesterov(settings.of<SgdSettings>().nesterov && m_momentum > 0)
    {
    }

private:
    void update(Call& call) const override
    {
        // A buffer of zeros gives the first step what torch gives it, so the kernel need not know which step this is.
        at::_fused_sgd_(call.parameters, call.gradients, call.moments.empty() ? std::vector<at::Tensor>() : call.moments[0],
                        call.weightDecay, m_momentum, call.learningRate, /*dampening=*/0, m_nesterov, /*maximize=*/false,
                        /*is_first_step=*/false, call.divisor, call.notFinite);
    }

    double m_momentum;
    bool m_nesterov;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<OptimizerSettings, SgdSettings>({
        field<&SgdSettings::momentum>("momentum", "Momentum", "Memory of the steps before. 0: none, and no state to keep; up to 0.9999, usually 0.9.", {.low = 0, .high = 0.9999}),
        field<&SgdSettings::nesterov>("nesterov", "Nesterov", "Looks one step ahead along the momentum. Usually off.", {}, {.advanced = true}),
    });
    return section;
}

fields::Rule lookingAheadNeedsMomentum()
{
    return {{"optimizer.nesterov", "optimizer.momentum"},
            "Nesterov looks ahead along the momentum: give some momentum, or switch it off.",
            [](const fields::SettingsView& run) { return run.isOn("optimizer.nesterov") && run.number("optimizer.momentum") <= 0; }};
}

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t pageElements)
{
    return std::make_unique<Sgd>(std::move(leaves), settings, pageElements);
}

std::int64_t stateBytes(const OptimizerSettings& settings, const LeafShape& leaf)
{
    return settings.of<SgdSettings>().momentum > 0 ? leaf.numel() * 4 : 0;
}

} // namespace
} // namespace sgd_optimizer

OptimizerKind sgdOptimizer()
{
    return {{"sgd",
             "SGD",
             "Steps along the gradient with momentum: half of AdamW's state or none, for learning rates about a hundred times as "
             "large. Its weight decay is added to the gradient.",
             {&decaySection(), &sgd_optimizer::settingsSection()},
             {sgd_optimizer::lookingAheadNeedsMomentum()}},
            sgd_optimizer::make,
            sgd_optimizer::stateBytes};
}

} // namespace luthier::optim
