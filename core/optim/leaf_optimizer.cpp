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
    : m_settings(settings), m_weightDecay(weightDecay)
{
    const at::NoGradGuard noGrad;
    const auto device = leaves.empty() ? at::Device(at::kCPU) : leaves.front().tensor.device();
    m_step = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
    for (auto& leaf : leaves) {
        const at::Tensor master = leaf.tensor.scalar_type() == at::kFloat ? leaf.tensor : leaf.tensor.detach().to(at::kFloat);
        m_sources.push_back({std::move(leaf), master, {}, {}});
    }
}

void LeafOptimizer::split(const Parts& parts)
{
    const at::NoGradGuard noGrad;
    std::vector<LeafName> names;
    for (Source& source : m_sources) {
        const auto found = parts.find(source.leaf.name);
        const at::Tensor whole = source.master.detach();
        source.parts.clear();
        source.kinds.clear();
        if (found == parts.end()) {
            source.parts.push_back({source.leaf.name, whole, {}, {}, 0});
        } else {
            std::int64_t first = 0;
            for (const auto& [name, rows] : found->second) {
                source.parts.push_back({name, whole.narrow(0, first, rows), {}, {}, first});
                first += rows;
            }
        }
        for (const Leaf& part : source.parts) {
            names.push_back({part.name, part.weight.dim()});
        }
    }
    const auto groups = leafGroups(names, m_settings, m_weightDecay);
    std::size_t next = 0;
    for (Source& source : m_sources) {
        for (Leaf& part : source.parts) {
            part.group = groups[next++];
            source.kinds.emplace_back();
            for (auto& [kind, tensor] : stateOf(part.name, part.weight)) {
                source.kinds.back().push_back(kind);
                part.state.push_back(std::move(tensor));
            }
        }
    }
}

at::Tensor LeafOptimizer::step(double learningRate)
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (const Source& source : m_sources) {
        if (source.leaf.tensor.grad().defined()) {
            gradients.push_back(source.leaf.tensor.grad());
        }
    }
    if (gradients.empty()) {
        return at::zeros({}, m_step.options());
    }
    const GradientNorm all = normOf(lengthOf(gradients), m_settings.maxGradNorm);
    gradients.clear();
    m_step.add_(all.finite);
    for (Source& source : m_sources) {
        at::Tensor& leaf = source.leaf.tensor;
        if (!leaf.grad().defined()) {
            continue;
        }
        at::Tensor gradient = leaf.grad().to(at::kFloat);
        leaf.mutable_grad().reset();
        if (all.divisor) {
            gradient = gradient.div_(*all.divisor);
        }
        for (const Leaf& part : source.parts) {
            const at::Tensor own = source.parts.size() == 1 ? gradient : gradient.narrow(0, part.first, part.weight.size(0));
            for (const Change& change : update(part, own, {learningRate * part.group.rate, m_step})) {
                change.target.detach().copy_(at::where(all.finite, change.value, change.target.detach()));
            }
        }
        if (source.hasMaster()) {
            leaf.detach().copy_(source.master);
        }
    }
    return all.norm;
}

std::vector<nn::NamedTensor> LeafOptimizer::named(bool withLeaves) const
{
    std::vector<nn::NamedTensor> all;
    for (const Source& source : m_sources) {
        for (std::size_t p = 0; p < source.parts.size(); ++p) {
            for (std::size_t k = 0; k < source.parts[p].state.size(); ++k) {
                all.push_back({source.kinds[p][k] + "." + source.parts[p].name, source.parts[p].state[k]});
            }
        }
        if (withLeaves || source.hasMaster()) {
            all.push_back({kMaster + source.leaf.name, source.master});
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
    for (const Source& source : m_sources) {
        if (source.hasMaster()) {
            source.master.copy_(source.leaf.tensor);
        }
    }
    for (auto& [target, source] : *copies) {
        target.detach().copy_(source);
    }
    return {};
}

std::vector<at::Tensor> LeafOptimizer::leaves() const
{
    std::vector<at::Tensor> all;
    for (const Source& source : m_sources) {
        all.push_back(source.leaf.tensor);
    }
    return all;
}

void LeafOptimizer::zeroGrad()
{
    for (Source& source : m_sources) {
        source.leaf.tensor.mutable_grad().reset();
    }
}

} // namespace luthier::optim
