// SPDX-License-Identifier: GPL-3.0-or-later
// Adafactor, as transformers computes it without relative steps and without a first moment (Shazeer and Stern, 2018):
//   v from rows and columns of g^2 + 1e-30, averaged with 1 - t^-d;  u = g / sqrt(v), scaled down to a root mean square of c
//   p -= lr * wd * p;  p -= lr * u, where lr is times max(1e-3, root mean square of p) when scaled by weights
// State: "exp_avg_sq_row" and "exp_avg_sq_col" of matrices, "exp_avg_sq" of vectors.
#include "core/optim/adafactor_settings.h"

#include "core/optim/leaf_optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

namespace luthier::optim {

namespace adafactor_optimizer {
namespace {

constexpr double kTiny = 1e-30;
constexpr double kLeastScale = 1e-3;

at::Tensor rootMeanSquare(const at::Tensor& values)
{
    return at::linalg_vector_norm(values).div_(std::sqrt(static_cast<double>(values.numel())));
}

class Adafactor : public LeafOptimizer {
public:
    Adafactor(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings)
        : LeafOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay), m_settings(settings.of<AdafactorSettings>())
    {
    }

private:
    std::vector<nn::NamedTensor> stateOf(const std::string&, const at::Tensor& weight) const override
    {
        if (weight.dim() < 2) {
            return {{"exp_avg_sq", at::zeros_like(weight)}};
        }
        auto rows = weight.sizes().vec();
        rows.pop_back();
        auto columns = weight.sizes().vec();
        columns.erase(columns.end() - 2);
        return {{"exp_avg_sq_row", at::zeros(rows, weight.options())}, {"exp_avg_sq_col", at::zeros(columns, weight.options())}};
    }

    std::vector<Change> update(const Leaf& leaf, at::Tensor gradient, const Call& call) const override
    {
        const at::Tensor fresh = call.step.pow(-m_settings.decayPower); // 1 - memory
        const at::Tensor square = gradient.square().add_(kTiny);
        const auto averaged = [&](const at::Tensor& before, const at::Tensor& now) { return before.mul(1 - fresh).add_(now * fresh); };
        std::vector<Change> changes;
        at::Tensor step;
        if (leaf.weight.dim() < 2) {
            const at::Tensor v = averaged(leaf.state[0], square);
            step = v.rsqrt().mul_(gradient);
            changes.push_back({leaf.state[0], v});
        } else {
            const at::Tensor rows = averaged(leaf.state[0], square.mean(-1));
            const at::Tensor columns = averaged(leaf.state[1], square.mean(-2));
            step = (rows / rows.mean(-1, true)).rsqrt_().unsqueeze(-1).mul(columns.unsqueeze(-2).rsqrt()).mul_(gradient);
            changes.push_back({leaf.state[0], rows});
            changes.push_back({leaf.state[1], columns});
        }
        step.div_(rootMeanSquare(step).div_(m_settings.clipThreshold).clamp_min_(1));
        at::Tensor rate = at::zeros({}, leaf.weight.options()).fill_(call.learningRate);
        if (m_settings.scaleByWeights) {
            rate = rootMeanSquare(leaf.weight).clamp_min_(kLeastScale).mul_(call.learningRate);
        }
        const at::Tensor decayed = leaf.group.decay > 0 ? leaf.weight - leaf.weight * (rate * leaf.group.decay) : leaf.weight;
        changes.push_back({leaf.weight, decayed - step.mul_(rate)});
        return changes;
    }

    AdafactorSettings m_settings;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<OptimizerSettings, AdafactorSettings>({
        field<&AdafactorSettings::clipThreshold>("clip_threshold", "Largest change", "Root mean square that a matrix' change is scaled down to. Above 0, usually 1.", {.low = 0, .high = 1000, .lowOpen = true}, {.advanced = true}),
        field<&AdafactorSettings::decayPower>("decay_power", "Memory", "How fast the memory of squares grows with the steps. Above 0 to 1, usually 0.8.", {.low = 0, .high = 1, .lowOpen = true}, {.advanced = true}),
        field<&AdafactorSettings::scaleByWeights>("scale_parameter", "Scale by weights", "Steps in proportion to the weights, for learning rates about 1e-3 and above. Usually off.", {}, {.advanced = true}),
    });
    return section;
}

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t)
{
    auto optimizer = std::make_unique<Adafactor>(std::move(leaves), settings);
    optimizer->begin();
    return optimizer;
}

std::int64_t stateBytes(const OptimizerSettings&, const LeafShape& leaf)
{
    constexpr std::int64_t kFloat = 4;
    const std::size_t count = leaf.sizes.size();
    if (count < 2) {
        return leaf.numel() * kFloat;
    }
    return (leaf.numel() / leaf.sizes[count - 1] + leaf.numel() / leaf.sizes[count - 2]) * kFloat;
}

} // namespace
} // namespace adafactor_optimizer

OptimizerKind adafactorOptimizer()
{
    return {{"adafactor",
             "Adafactor",
             "Keeps a number for each row and column of a matrix instead of two for each weight: next to no memory, for all weights.",
             {&decaySection(), &adafactor_optimizer::settingsSection()},
             {stateStays()}},
            adafactor_optimizer::make,
            adafactor_optimizer::stateBytes,
            false};
}

} // namespace luthier::optim
