// SPDX-License-Identifier: GPL-3.0-or-later
// What a Decoder's passes count of what methods added, and sets of it taken out and put in.
#include "core/nn/decoder.h"
#include "core/nn/kernels/many.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

namespace luthier::nn {

namespace {

// Biases of B as biases of their slices; autograd leads their gradients on.
void addLowBiases(ActiveLinear& active, at::ScalarType dtype)
{
    for (const LowRank& adapter : active.adapters) {
        if (!adapter.bias.defined()) {
            continue;
        }
        const at::Tensor more = adapter.bias * adapter.scale;
        const auto own = std::find_if(active.biases.begin(), active.biases.end(), [&](const SliceBias& one) { return one.slice == adapter.slice; });
        if (own != active.biases.end()) {
            own->bias = own->bias + more.to(own->bias.scalar_type());
        } else {
            const at::Tensor base = active.base->sliceBias(adapter.slice);
            active.biases.push_back({adapter.slice, base.defined() ? base + more.to(base.scalar_type()) : more.to(dtype)});
        }
    }
}

} // namespace

PassAdapters Decoder::adaptersOf(const Pass& pass) const
{
    return pass.adapters ? PassAdapters(*pass.adapters) : PassAdapters(m_extras, m_replacements);
}

// The numbers of all low-rank adapters in the dtype of the activations, by LinearGroup::index, in a few kernels instead of two
// for each adapter. Empty: they have it already, on the CPU. On a card the B of a group lie in one matrix [out, sum of ranks] that is 0 elsewhere,
// so that few rows need one product for all of them (linear_group.cpp).
std::vector<LinearNumbers> Decoder::adapterNumbers(const Pass& pass)
{
    constexpr std::int64_t kAligned = 64; // elements: products read whole vectors
    const auto room = [](std::int64_t elements) { return (elements + kAligned - 1) / kAligned * kAligned; };
    const at::NoGradGuard noGrad;
    const PassAdapters adapters = adaptersOf(pass);
    const auto liesInOne = [this](const std::vector<LowRank>& own) { return !m_device.is_cpu() && own.size() > 1; };
    std::int64_t needed = 0;
    for (const LinearGroup* group : groups()) {
        const bool isOne = liesInOne(adapters.of(*group).adapters);
        std::int64_t ranks = 0;
        for (const LowRank& adapter : adapters.of(*group).adapters) {
            if (m_device.is_cpu() && (adapter.a.scalar_type() == m_dtype || adapter.b.scalar_type() == m_dtype)) {
                return {};
            }
            ranks += adapter.a.size(0);
            needed += isOne ? 0 : room(adapter.b.numel());
        }
        needed += room(ranks * group->inputs()) + (isOne ? room(ranks * group->outputs()) : 0);
    }
    if (needed == 0) {
        return {};
    }
    const auto options = at::TensorOptions().device(m_device).dtype(m_dtype);
    const at::Tensor memory = m_device.is_cpu() ? at::empty({needed}, options) : at::zeros({needed}, options);
    std::vector<at::Tensor> to;
    std::vector<at::Tensor> from;
    std::int64_t next = 0;
    const auto take = [&](std::int64_t rows, std::int64_t columns) {
        const at::Tensor part = memory.narrow(0, next, rows * columns).view({rows, columns});
        next += room(rows * columns);
        return part;
    };
    std::vector<LinearNumbers> all(groups().size());
    for (const LinearGroup* group : groups()) {
        const auto& own = adapters.of(*group).adapters;
        std::int64_t ranks = 0;
        for (const LowRank& adapter : own) {
            ranks += adapter.a.size(0);
        }
        if (ranks == 0) {
            continue;
        }
        LinearNumbers& numbers = all[group->index];
        numbers.a = take(ranks, group->inputs());
        const at::Tensor whole = liesInOne(own) ? take(group->outputs(), ranks) : at::Tensor();
        std::int64_t first = 0;
        for (const LowRank& adapter : own) {
            to.push_back(numbers.a.narrow(0, first, adapter.a.size(0)));
            from.push_back(adapter.a.detach());
            const LinearSlice& slice = group->slices[adapter.slice];
            numbers.b.push_back(whole.defined() ? whole.narrow(0, slice.begin, slice.size).narrow(1, first, adapter.a.size(0))
                                                : take(adapter.b.size(0), adapter.b.size(1)));
            to.push_back(numbers.b.back());
            from.push_back(adapter.b.detach());
            first += adapter.a.size(0);
        }
    }
    if (!kernels::narrowMany(to, from)) {
        at::_foreach_copy_(to, from);
    }
    return all;
}

ActiveLayer Decoder::active(std::size_t index, const Pass& pass, const std::vector<LinearNumbers>& numbers) const
{
    const Layer& layer = m_layers[index];
    const PassAdapters adapters = adaptersOf(pass);
    const auto linear = [&](const LinearGroup& group) {
        ActiveLinear active(group, adapters.of(group));
        addLowBiases(active, m_dtype);
        if (!numbers.empty()) {
            active.numbers = numbers[group.index];
        }
        if (pass.training && pass.drops) {
            active.draw = kernels::DropoutDraw{pass.seed, pass.seedAt, group.index};
        }
        active.baseOnly = pass.baseOnly;
        return active;
    };
    const auto behind = [&](const std::vector<Bottleneck>& layers) { return layers.empty() ? Bottleneck() : layers[index]; };
    return {adapters.now(layer.inputNorm),
            linear(layer.qkv),
            adapters.now(layer.queryNorm),
            adapters.now(layer.keyNorm),
            linear(layer.output),
            adapters.now(layer.attentionNorm),
            adapters.now(layer.mlpNorm),
            linear(layer.gateUp),
            linear(layer.down),
            adapters.now(layer.outputNorm),
            behind(adapters.extras().afterAttention),
            behind(adapters.extras().afterMlp)};
}

AdapterSet Decoder::takeAdapters()
{
    AdapterSet set;
    for (LinearGroup* group : groups()) {
        set.groups.push_back(std::exchange(static_cast<GroupAdapters&>(*group), {}));
    }
    set.extras = std::exchange(m_extras, {});
    set.replacements = std::exchange(m_replacements, {});
    return set;
}

void Decoder::giveAdapters(AdapterSet set)
{
    for (LinearGroup* group : groups()) {
        static_cast<GroupAdapters&>(*group) = set.groups.empty() ? GroupAdapters() : std::move(set.groups[group->index]);
    }
    m_extras = std::move(set.extras);
    m_replacements = std::move(set.replacements);
}

} // namespace luthier::nn
