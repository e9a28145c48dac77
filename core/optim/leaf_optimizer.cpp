// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/leaf_optimizer.h"

#include "core/optim/gradient_norm.h"
#include "core/optim/state_copies.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace luthier::optim {

LeafOptimizer::LeafOptimizer(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, double weightDecay)
    : m_maxGradNorm(settings.maxGradNorm)
{
    const at::NoGradGuard noGrad;
    std::vector<LeafName> names;
    for (const auto& leaf : leaves) {
        names.push_back({leaf.name, leaf.tensor.dim()});
    }
    const auto groups = leafGroups(names, settings, weightDecay);
    const auto device = leaves.empty() ? at::Device(at::kCPU) : leaves.front().tensor.device();
    m_step = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        auto& [name, tensor] = leaves[i];
        const at::Tensor weight = tensor.scalar_type() == at::kFloat ? tensor : tensor.detach().to(at::kFloat);
        m_leaves.push_back({name, weight, groups[i], {}});
        m_tensors.push_back(std::move(tensor));
    }
}

void LeafOptimizer::begin()
{
    const at::NoGradGuard noGrad;
    for (Leaf& leaf : m_leaves) {
        m_kinds.emplace_back();
        for (auto& [kind, tensor] : stateOf(leaf.name, leaf.weight.detach())) {
            m_kinds.back().push_back(kind);
            leaf.state.push_back(std::move(tensor));
        }
    }
}

at::Tensor LeafOptimizer::step(double learningRate)
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& leaf : m_tensors) {
        if (leaf.grad().defined()) {
            gradients.push_back(leaf.grad());
        }
    }
    if (gradients.empty()) {
        return at::zeros({}, m_step.options());
    }
    const GradientNorm all = normOf(gradients, m_maxGradNorm);
    gradients.clear();
    m_step.add_(all.finite);
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        at::Tensor& tensor = m_tensors[i];
        if (!tensor.grad().defined()) {
            continue;
        }
        at::Tensor gradient = tensor.grad().to(at::kFloat);
        tensor.mutable_grad().reset();
        if (all.divisor) {
            gradient = gradient.div_(*all.divisor);
        }
        const Leaf& leaf = m_leaves[i];
        for (const Change& change : update(leaf, std::move(gradient), {learningRate * leaf.group.rate, m_step})) {
            change.target.detach().copy_(at::where(all.finite, change.value, change.target.detach()));
        }
        if (hasMaster(i)) {
            tensor.detach().copy_(leaf.weight);
        }
    }
    return all.norm;
}

std::vector<nn::NamedTensor> LeafOptimizer::named(bool withLeaves) const
{
    std::vector<nn::NamedTensor> all;
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        const Leaf& leaf = m_leaves[i];
        for (std::size_t k = 0; k < leaf.state.size(); ++k) {
            all.push_back({m_kinds[i][k] + "." + leaf.name, leaf.state[k]});
        }
        if (withLeaves || hasMaster(i)) {
            all.push_back({kMaster + leaf.name, leaf.weight});
        }
    }
    all.push_back({"step", m_step});
    return all;
}

Result<void> LeafOptimizer::restore(const std::vector<nn::NamedTensor>& saved)
{
    const at::NoGradGuard noGrad;
    auto copies = stateCopies(named(/*withLeaves=*/true), saved);
    if (!copies) {
        return copies.error();
    }
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        if (hasMaster(i)) {
            m_leaves[i].weight.copy_(m_tensors[i]);
        }
    }
    for (auto& [target, source] : *copies) {
        target.detach().copy_(source);
    }
    return {};
}

std::vector<at::Tensor> LeafOptimizer::leaves() const
{
    return m_tensors;
}

void LeafOptimizer::zeroGrad()
{
    for (at::Tensor& leaf : m_tensors) {
        leaf.mutable_grad().reset();
    }
}

} // namespace luthier::optim
