// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/moment_optimizer.h"

#include "core/optim/gradient_norm.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <map>

namespace luthier::optim {

namespace {

// Gradients widened at once: bounds the memory that a step needs beside the state.
constexpr std::int64_t kWidenedElements = std::int64_t{1} << 26;

// Gradients in fp32, all made in one kernel on a card.
void widen(std::vector<at::Tensor>& gradients)
{
    std::vector<at::Tensor> narrow;
    std::int64_t elements = 0;
    for (const at::Tensor& gradient : gradients) {
        if (gradient.scalar_type() != at::kFloat) {
            narrow.push_back(gradient);
            elements += gradient.numel();
        }
    }
    if (narrow.empty()) {
        return;
    }
    const at::Tensor memory = at::empty({elements}, narrow.front().options().dtype(at::kFloat));
    std::vector<at::Tensor> wide;
    std::int64_t first = 0;
    for (at::Tensor& gradient : gradients) {
        if (gradient.scalar_type() != at::kFloat) {
            gradient = memory.narrow(0, first, gradient.numel()).view(gradient.sizes());
            wide.push_back(gradient);
            first += gradient.numel();
        }
    }
    at::_foreach_copy_(wide, narrow);
}

} // namespace

struct MomentOptimizer::Batch {
    Call call;
    std::int64_t widened = 0;
};

MomentOptimizer::MomentOptimizer(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings,
                                 double weightDecay, std::vector<std::string> moments, std::int64_t pageElements)
    : m_paging(settings.paging), m_maxGradNorm(settings.maxGradNorm),
      m_moments(std::move(moments)), m_pageElements(pageElements)
{
    const at::NoGradGuard noGrad;
    std::vector<LeafName> names;
    for (const auto& leaf : leaves) {
        names.push_back({leaf.name, leaf.tensor.dim()});
    }
    const auto groups = leafGroups(names, settings, weightDecay);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        m_slots.push_back({std::move(leaves[i]), {}, {}, groups[i]});
    }
    const auto device = m_slots.empty() ? at::Device(at::kCPU) : m_slots.front().leaf.tensor.device();
    m_step = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
    bool fits = m_paging != "on" || !hasState();
    if (fits) {
        try {
            makeState();
        } catch (const c10::OutOfMemoryError&) {
            if (m_paging == "off") {
                throw;
            }
            fits = false;
        }
    }
    if (!fits) {
        for (Slot& slot : m_slots) { // what was made until there was no room
            slot.master = at::Tensor();
            slot.moments.clear();
        }
        pageOut();
    }
}

bool MomentOptimizer::hasState() const
{
    return std::any_of(m_slots.begin(), m_slots.end(), [this](const Slot& slot) {
        return !m_moments.empty() || slot.leaf.tensor.scalar_type() != at::kFloat;
    });
}

void MomentOptimizer::makeState()
{
    for (Slot& slot : m_slots) {
        const at::Tensor& leaf = slot.leaf.tensor;
        slot.master = leaf.scalar_type() == at::kFloat ? leaf : leaf.detach().to(at::kFloat);
        for (std::size_t i = 0; i < m_moments.size(); ++i) {
            slot.moments.push_back(at::zeros_like(slot.master));
        }
    }
}

at::Tensor MomentOptimizer::step(double learningRate)
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (const Slot& slot : m_slots) {
        if (slot.leaf.tensor.grad().defined()) {
            gradients.push_back(slot.leaf.tensor.grad());
        }
    }
    if (gradients.empty() && !m_norm) {
        return at::zeros({}, m_step.options());
    }
    const GradientNorm all = normOf(m_norm ? m_norm() : lengthOf(gradients), m_maxGradNorm);
    gradients.clear();
    Call shared; // what all calls of this step have in common
    shared.learningRate = learningRate;
    shared.step = m_step;
    shared.notFinite = all.finite.logical_not().to(at::kFloat);
    shared.divisor = all.divisor;
    m_step.add_(all.finite);

    if (m_pager) {
        stepPaged(shared);
        return all.norm;
    }
    std::map<LeafGroup, Batch> batches;
    for (const Slot& slot : m_slots) {
        at::Tensor leaf = slot.leaf.tensor;
        if (!leaf.grad().defined()) {
            continue;
        }
        Batch& batch = batches[slot.group];
        std::vector<at::Tensor> state = slot.moments;
        state.push_back(slot.master);
        add(batch, slot, leaf, leaf.grad(), state);
        leaf.mutable_grad().reset();
        if (batch.widened >= kWidenedElements) {
            apply(batch, shared);
            batch = Batch{};
        }
    }
    for (auto& [group, batch] : batches) {
        apply(batch, shared);
    }
    return all.norm;
}

// `state`: the moments, then the master where there is one.
void MomentOptimizer::add(Batch& batch, const Slot& slot, const at::Tensor& leaf, const at::Tensor& gradient,
                          const std::vector<at::Tensor>& state) const
{
    Call& call = batch.call;
    call.weightDecay = slot.group.decay;
    call.learningRate = slot.group.rate; // times the step's, in apply()
    call.leaves.push_back(slot.hasMaster() ? leaf : at::Tensor());
    batch.widened += slot.hasMaster() ? leaf.numel() : 0;
    call.parameters.push_back(slot.hasMaster() ? state[m_moments.size()] : leaf);
    call.gradients.push_back(gradient);
    call.moments.resize(m_moments.size());
    for (std::size_t i = 0; i < m_moments.size(); ++i) {
        call.moments[i].push_back(state[i]);
    }
}

void MomentOptimizer::stepPaged(const Call& shared)
{
    m_pager->forEachPage([&](const std::vector<StatePager::Piece>& pieces, const std::vector<at::Tensor>& page) {
        std::map<LeafGroup, Batch> batches;
        for (const StatePager::Piece& piece : pieces) {
            const Slot& slot = m_slots[piece.leaf];
            at::Tensor leaf = slot.leaf.tensor;
            if (!leaf.grad().defined()) {
                continue;
            }
            std::vector<at::Tensor> state;
            for (const at::Tensor& kind : page) {
                state.push_back(kind.narrow(0, piece.place, piece.count));
            }
            add(batches[slot.group], slot, leaf.detach().view({-1}).narrow(0, piece.first, piece.count),
                leaf.grad().reshape({-1}).narrow(0, piece.first, piece.count), state);
            if (piece.isLast) {
                leaf.mutable_grad().reset();
            }
        }
        for (auto& [group, batch] : batches) {
            apply(batch, shared);
        }
    });
}

void MomentOptimizer::apply(Batch& batch, const Call& shared) const
{
    Call& call = batch.call;
    if (call.parameters.empty()) {
        return;
    }
    call.learningRate *= shared.learningRate;
    call.step = shared.step;
    call.divisor = shared.divisor;
    call.notFinite = shared.notFinite;
    if (updateAtOnce(call)) {
        return;
    }
    widen(call.gradients);
    update(call);
    std::vector<at::Tensor> leaves;
    std::vector<at::Tensor> rounded;
    for (std::size_t i = 0; i < call.leaves.size(); ++i) {
        if (call.leaves[i].defined()) {
            leaves.push_back(call.leaves[i]);
            rounded.push_back(call.parameters[i]);
        }
    }
    if (!leaves.empty()) {
        at::_foreach_copy_(leaves, rounded);
    }
}

std::vector<at::Tensor> MomentOptimizer::leaves() const
{
    std::vector<at::Tensor> all;
    for (const Slot& slot : m_slots) {
        all.push_back(slot.leaf.tensor);
    }
    return all;
}

void MomentOptimizer::zeroGrad()
{
    for (Slot& slot : m_slots) {
        slot.leaf.tensor.mutable_grad().reset();
    }
}

} // namespace luthier::optim
