// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/adamw.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace luthier::optim {

namespace {

// Gradients widened at once: bounds the memory that a step needs beside the state.
constexpr std::int64_t kWidenedElements = std::int64_t{1} << 26;

// `mark` stands in the name and a dot or the end follows; at `mark`'s front a dot or the beginning when asked.
bool hasPart(const std::string& name, const std::string& mark, bool wholeFront)
{
    for (auto at = name.find(mark); at != std::string::npos; at = name.find(mark, at + 1)) {
        const auto end = at + mark.size();
        const bool front = !wholeFront || at == 0 || name[at - 1] == '.';
        if (front && (end == name.size() || name[end] == '.')) {
            return true;
        }
    }
    return false;
}

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

// Patterns of transformers' Trainer: bias, layernorm, rmsnorm, (?:^|\.)norm(?:$|\.), _norm(?:$|\.); and the
// LayerNorms that it knows by their class: ln_1, ln_2, ln_f of gpt2.
bool isDecayed(const std::string& name)
{
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto holds = [&](const char* text) { return lower.find(text) != std::string::npos; };
    return !holds("bias") && !holds("layernorm") && !holds("rmsnorm") && !holds(".ln_")
           && !hasPart(lower, "norm", true) && !hasPart(lower, "_norm", false);
}

struct AdamW::Call {
    std::vector<at::Tensor> leaves; // of those with a master
    std::vector<at::Tensor> rounded;
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> expAvgs;
    std::vector<at::Tensor> expAvgSqs;
    double weightDecay = 0;
    std::int64_t widened = 0;
};

AdamW::AdamW(std::vector<nn::NamedTensor> leaves, const config::OptimizerSettings& settings, std::int64_t pageElements)
    : m_settings(settings), m_pageElements(pageElements)
{
    const at::NoGradGuard noGrad;
    for (auto& leaf : leaves) {
        m_slots.push_back({std::move(leaf), {}, {}, {}, false});
        m_slots.back().decayed = isDecayed(m_slots.back().leaf.name);
    }
    const auto device = m_slots.empty() ? at::Device(at::kCPU) : m_slots.front().leaf.tensor.device();
    m_step = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
    bool fits = m_settings.paging != "on";
    if (fits) {
        try {
            makeState();
        } catch (const c10::OutOfMemoryError&) {
            if (m_settings.paging == "off") {
                throw;
            }
            fits = false;
        }
    }
    if (!fits) {
        for (Slot& slot : m_slots) { // what was made until there was no room
            slot.master = slot.expAvg = slot.expAvgSq = at::Tensor();
        }
        pageOut();
    }
}

void AdamW::makeState()
{
    for (Slot& slot : m_slots) {
        const at::Tensor& leaf = slot.leaf.tensor;
        slot.master = leaf.scalar_type() == at::kFloat ? leaf : leaf.detach().to(at::kFloat);
        slot.expAvg = at::zeros_like(slot.master);
        slot.expAvgSq = at::zeros_like(slot.master);
    }
}

at::Tensor AdamW::step(double learningRate)
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (const Slot& slot : m_slots) {
        if (slot.leaf.tensor.grad().defined()) {
            gradients.push_back(slot.leaf.tensor.grad());
        }
    }
    if (gradients.empty()) {
        return at::zeros({}, m_step.options());
    }
    const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2, at::kFloat)));
    gradients.clear();
    const at::Tensor finite = at::isfinite(norm);
    const at::Tensor notFinite = finite.logical_not().to(at::kFloat);
    // The kernel divides by it: clip_grad_norm_'s factor max / (norm + 1e-6), at most 1, turned over.
    const at::Tensor divisor
        = m_settings.maxGradNorm > 0 ? norm.add(1e-6).div_(m_settings.maxGradNorm).clamp_min_(1) : at::Tensor();
    m_step.add_(finite);

    if (m_pager) {
        stepPaged(learningRate, divisor, notFinite);
        return norm;
    }
    std::map<bool, Call> calls;
    for (const Slot& slot : m_slots) {
        at::Tensor leaf = slot.leaf.tensor;
        if (!leaf.grad().defined()) {
            continue;
        }
        Call& call = calls[slot.decayed];
        add(call, slot, leaf, leaf.grad(), {slot.expAvg, slot.expAvgSq, slot.master});
        leaf.mutable_grad().reset();
        if (call.widened >= kWidenedElements) {
            apply(call, learningRate, divisor, notFinite);
            call = Call{};
        }
    }
    for (auto& [decayed, call] : calls) {
        apply(call, learningRate, divisor, notFinite);
    }
    return norm;
}

void AdamW::add(Call& call, const Slot& slot, const at::Tensor& leaf, const at::Tensor& gradient,
                const std::vector<at::Tensor>& state) const
{
    call.weightDecay = slot.decayed ? m_settings.weightDecay : 0;
    if (slot.hasMaster()) {
        call.leaves.push_back(leaf);
        call.rounded.push_back(state[2]);
        call.widened += leaf.numel();
    }
    call.parameters.push_back(slot.hasMaster() ? state[2] : leaf);
    call.gradients.push_back(gradient);
    call.expAvgs.push_back(state[0]);
    call.expAvgSqs.push_back(state[1]);
}

void AdamW::stepPaged(double learningRate, const at::Tensor& divisor, const at::Tensor& notFinite)
{
    m_pager->forEachPage([&](const std::vector<StatePager::Piece>& pieces, const std::vector<at::Tensor>& page) {
        std::map<bool, Call> calls;
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
            add(calls[slot.decayed], slot, leaf.detach().view({-1}).narrow(0, piece.first, piece.count),
                leaf.grad().reshape({-1}).narrow(0, piece.first, piece.count), state);
            if (piece.isLast) {
                leaf.mutable_grad().reset();
            }
        }
        for (auto& [decayed, call] : calls) {
            apply(call, learningRate, divisor, notFinite);
        }
    });
}

void AdamW::apply(Call& call, double learningRate, const at::Tensor& divisor, const at::Tensor& notFinite)
{
    if (call.parameters.empty()) {
        return;
    }
    widen(call.gradients);
    const std::vector<at::Tensor> steps(call.parameters.size(), m_step);
    const auto scale = divisor.defined() ? std::optional(divisor) : std::nullopt;
    at::_fused_adamw_(call.parameters, call.gradients, call.expAvgs, call.expAvgSqs, {}, steps, learningRate,
                      m_settings.beta1, m_settings.beta2, call.weightDecay, m_settings.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false, scale, notFinite);
    if (!call.leaves.empty()) {
        at::_foreach_copy_(call.leaves, call.rounded);
    }
}

std::vector<at::Tensor> AdamW::leaves() const
{
    std::vector<at::Tensor> all;
    for (const Slot& slot : m_slots) {
        all.push_back(slot.leaf.tensor);
    }
    return all;
}

void AdamW::zeroGrad()
{
    for (Slot& slot : m_slots) {
        slot.leaf.tensor.mutable_grad().reset();
    }
}

} // namespace luthier::optim
