// SPDX-License-Identifier: GPL-3.0-or-later
// Muon (Jordan et al., 2024), as torch.optim.Muon computes it, for the matrices inside of the layers:
//   m = b*m + (1 - b)*g;  u = g + b*(m - g) (Nesterov) or m;  o = five Newton-Schulz steps of u in bf16, near to its U V^T
//   p *= 1 - lr*wd;  p -= lr * s * o, s = 0.2 sqrt(max(rows, columns)) so that AdamW's rates do, or sqrt(max(1, rows/columns))
// Embeddings, the head, norms and biases: AdamW, as torch.optim.AdamW.
// State: "momentum_buffer" of matrices, "exp_avg" and "exp_avg_sq" of the rest.
#include "core/optim/adamw_formula.h"
#include "core/optim/leaf_optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

namespace luthier::optim {

struct MuonSettings {
    double momentum = 0.95;
    bool nesterov = true;
    std::string scale = "match_rms_adamw";
};

namespace muon_optimizer {
namespace {

// The quintic's coefficients, steps and the least norm of torch.optim.Muon.
constexpr double kA = 3.4445;
constexpr double kB = -4.7750;
constexpr double kC = 2.0315;
constexpr int kNewtonSchulzSteps = 5;
constexpr double kLeastNorm = 1e-7;

bool isMatrix(const std::string& name, std::int64_t dimensions)
{
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    return dimensions == 2 && !has("embed") && !has("lm_head") && !has("wte") && !has("wpe") && !name.starts_with("objective.");
}

at::Tensor orthogonal(const at::Tensor& update)
{
    const bool isTall = update.size(0) > update.size(1);
    at::Tensor x = update.to(at::kBFloat16);
    x = isTall ? x.t() : x;
    x = x.div(at::linalg_vector_norm(x).clamp_min(kLeastNorm));
    for (int i = 0; i < kNewtonSchulzSteps; ++i) {
        const at::Tensor gram = at::matmul(x, x.t());
        x = at::addmm(x, at::addmm(gram, gram, gram, kB, kC), x, kA);
    }
    return isTall ? x.t() : x;
}

class Muon : public LeafOptimizer {
public:
    Muon(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings)
        : LeafOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay), m_settings(settings.of<MuonSettings>()),
          m_rest(settings.of<AdamWSettings>())
    {
    }

private:
    std::vector<nn::NamedTensor> stateOf(const std::string& name, const at::Tensor& weight) const override
    {
        if (isMatrix(name, weight.dim())) {
            return {{"momentum_buffer", at::zeros_like(weight)}};
        }
        return {{"exp_avg", at::zeros_like(weight)}, {"exp_avg_sq", at::zeros_like(weight)}};
    }

    std::vector<Change> update(const Leaf& leaf, at::Tensor gradient, const Call& call) const override
    {
        if (!isMatrix(leaf.name, leaf.weight.dim())) {
            const AdamWStep step = adamwStep(leaf.weight, gradient, leaf.state[0], leaf.state[1], m_rest, call.learningRate, leaf.group.decay, call.step);
            return {{leaf.state[0], step.mean}, {leaf.state[1], step.square}, {leaf.weight, step.weight}};
        }
        const at::Tensor momentum = leaf.state[0].lerp(gradient, 1 - m_settings.momentum);
        const at::Tensor direction = orthogonal(m_settings.nesterov ? gradient.lerp(momentum, m_settings.momentum) : momentum);
        const auto rows = static_cast<double>(leaf.weight.size(0));
        const auto columns = static_cast<double>(leaf.weight.size(1));
        const double scale = m_settings.scale == "original" ? std::sqrt(std::max(1.0, rows / columns)) : 0.2 * std::sqrt(std::max(rows, columns));
        const at::Tensor next = leaf.weight.mul(1 - call.learningRate * leaf.group.decay).sub_(direction, call.learningRate * scale);
        return {{leaf.state[0], momentum}, {leaf.weight, next}};
    }

    MuonSettings m_settings;
    AdamWSettings m_rest;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<OptimizerSettings, MuonSettings>({
        field<&MuonSettings::momentum>("muon_momentum", "Momentum", "Memory of the steps before. 0 to 0.9999, usually 0.95.", {.low = 0, .high = 0.9999}, {.advanced = true}),
        field<&MuonSettings::nesterov>("muon_nesterov", "Nesterov", "Looks one step ahead along the momentum. Usually on.", {}, {.advanced = true}),
        field<&MuonSettings::scale>("muon_scale", "Size of steps", "As AdamW's, so that its learning rates do (usual), or as Muon had it first, for rates about 0.02.", {},
            {.choices = {{"match_rms_adamw", "As AdamW's"}, {"original", "Original"}}, .advanced = true}),
    });
    return section;
}

fields::Rule allWeights()
{
    return {{"optimizer.kind", "method.kind"},
            "Muon turns whole weight matrices, so it needs the method full: take AdamW for adapters.",
            [](const fields::SettingsView& run) { return run.text("method.kind") != "full"; }};
}

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t)
{
    auto optimizer = std::make_unique<Muon>(std::move(leaves), settings);
    optimizer->begin();
    return optimizer;
}

std::int64_t stateBytes(const OptimizerSettings&, const LeafShape& leaf)
{
    return leaf.numel() * 4 * (isMatrix(leaf.name, static_cast<std::int64_t>(leaf.sizes.size())) ? 1 : 2);
}

} // namespace
} // namespace muon_optimizer

OptimizerKind muonOptimizer()
{
    return {{"muon",
             "Muon",
             "Turns each weight matrix by steps of like size in all directions: half of AdamW's state and often fewer steps, for all "
             "weights. Embeddings, head and norms are stepped on by AdamW.",
             {&decaySection(), &adamwSection(), &muon_optimizer::settingsSection()},
             {muon_optimizer::allWeights(), stateStays()}},
            muon_optimizer::make,
            muon_optimizer::stateBytes,
            false};
}

} // namespace luthier::optim
