// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/linear_group.h"

#include "core/nn/kernels/kernels.h"
#include "core/nn/linear_extras.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

namespace luthier::nn {

namespace {

// A of all adapters above each other, [sum of ranks, in], in the activations' dtype.
at::Tensor stackedA(const LinearGroup& group, const at::Tensor& like)
{
    if (group.adapters.size() == 1) {
        return group.adapters.front().a.detach().to(like.scalar_type());
    }
    std::vector<at::Tensor> parts;
    for (const LowRank& adapter : group.adapters) {
        parts.push_back(adapter.a.detach());
    }
    return at::cat(parts).to(like.scalar_type());
}

double dropoutOf(const LinearGroup& group)
{
    return group.training && !group.adapters.empty() ? group.adapters.front().dropout : 0;
}

at::Tensor droppedOut(const at::Tensor& x, const at::Tensor& kept, double dropout)
{
    return kept.defined() ? (x * kept).mul_(1.0 / (1.0 - dropout)) : x;
}

// In place.
at::Tensor scaleBy(at::Tensor x, double factor)
{
    return factor == 1 ? x : x.mul_(factor);
}

void dequantiseInto(const quant::QuantisedWeight& weight, const at::Tensor& out)
{
    if (!kernels::dequantise(weight, out)) {
        quant::dequantise(weight, out);
    }
}

void addAdapters(const LinearGroup& group, const at::Tensor& x, const at::Tensor& y, LinearSaved* saved)
{
    const at::Tensor a = stackedA(group, x);
    at::Tensor kept;
    const double dropout = dropoutOf(group);
    if (dropout > 0) {
        kept = at::empty_like(x, x.options().dtype(at::kBool)).bernoulli_(1.0 - dropout);
    }
    const at::Tensor low = droppedOut(x, kept, dropout).mm(a.t());
    std::int64_t first = 0;
    for (const LowRank& adapter : group.adapters) {
        const LinearSlice& slice = group.slices[adapter.slice];
        const std::int64_t rank = adapter.a.size(0);
        const at::Tensor b = adapter.b.detach().to(x.scalar_type());
        y.narrow(1, slice.begin, slice.size).addmm_(low.narrow(1, first, rank), b.t(), 1, adapter.scale);
        if (saved) {
            saved->b.push_back(b);
        }
        first += rank;
    }
    if (saved) {
        saved->a = a;
        saved->low = low;
        saved->kept = kept;
    }
}

// Gradients of a and b; returns d(dropout(x) A^T) [N, sum of ranks].
at::Tensor adapterGradients(const LinearGroup& group, const at::Tensor& x, const at::Tensor& dy,
                            const LinearSaved& saved, std::vector<at::Tensor>& leaves)
{
    const bool one = group.adapters.size() == 1;
    at::Tensor dLow = one ? at::Tensor() : at::empty_like(saved.low);
    std::vector<at::Tensor> gradB;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < group.adapters.size(); ++i) {
        const LowRank& adapter = group.adapters[i];
        const LinearSlice& slice = group.slices[adapter.slice];
        const std::int64_t rank = adapter.a.size(0);
        const at::Tensor part = dy.narrow(1, slice.begin, slice.size);
        if (one) {
            dLow = part.mm(saved.b[i]);
        } else {
            at::Tensor target = dLow.narrow(1, first, rank);
            at::mm_out(target, part, saved.b[i]);
        }
        scaleBy(dLow.narrow(1, first, rank), adapter.scale);
        gradB.push_back(adapter.b.requires_grad()
                            ? scaleBy(part.t().mm(saved.low.narrow(1, first, rank)), adapter.scale).to(adapter.b.scalar_type())
                            : at::Tensor());
        first += rank;
    }
    at::Tensor gradA;
    if (needsInput(group)) {
        gradA = dLow.t().mm(droppedOut(x, saved.kept, dropoutOf(group)));
    }
    first = 0;
    for (std::size_t i = 0; i < group.adapters.size(); ++i) {
        const LowRank& adapter = group.adapters[i];
        const std::int64_t rank = adapter.a.size(0);
        leaves.push_back(adapter.a.requires_grad() ? gradA.narrow(0, first, rank).to(adapter.a.scalar_type()) : at::Tensor());
        leaves.push_back(gradB[i]);
        first += rank;
    }
    return dLow;
}

} // namespace

at::Tensor LinearGroup::weightNow() const
{
    if (!isQuantised()) {
        return weight.detach();
    }
    const at::Tensor numbers = buffer->memory.narrow(0, 0, outputs() * inputs()).view({outputs(), inputs()});
    for (std::size_t i = 0; i < slices.size(); ++i) {
        dequantiseInto(quantised[i], numbers.narrow(0, slices[i].begin, slices[i].size));
    }
    return numbers;
}

at::Tensor LinearGroup::sliceWeight(std::size_t slice) const
{
    if (isQuantised()) {
        const at::Tensor numbers = at::empty({slices[slice].size, inputs()}, buffer->memory.options());
        dequantiseInto(quantised[slice], numbers);
        return numbers;
    }
    return weight.detach().narrow(0, slices[slice].begin, slices[slice].size);
}

at::Tensor LinearGroup::sliceBias(std::size_t slice) const
{
    return bias.defined() ? bias.detach().narrow(0, slices[slice].begin, slices[slice].size) : bias;
}

void LinearGroup::holdNumbers()
{
    weight = at::empty({outputs(), inputs()}, buffer->memory.options());
    quantised.clear();
    buffer.reset();
}

void LinearGroup::dequantise()
{
    if (isQuantised()) {
        const at::Tensor numbers = weightNow();
        holdNumbers();
        weight.copy_(numbers);
    }
}

std::vector<at::Tensor> leavesOf(const LinearGroup& group)
{
    std::vector<at::Tensor> leaves{group.weight};
    if (group.bias.defined()) {
        leaves.push_back(group.bias);
    }
    if (group.usesAdapters()) {
        for (const LowRank& adapter : group.adapters) {
            leaves.push_back(adapter.a);
            leaves.push_back(adapter.b);
        }
    }
    if (usesExtras(group)) {
        addExtraLeaves(group, leaves);
    }
    return leaves;
}

at::Tensor linearForward(const LinearGroup& group, const at::Tensor& x, LinearSaved* saved)
{
    const at::Tensor weight = group.weightNow();
    const bool extras = usesExtras(group);
    const at::Tensor input = extras ? inputNow(group, x) : x;
    const at::Tensor bias = extras ? biasNow(group) : group.bias.defined() ? group.bias.detach() : group.bias;
    at::Tensor y = kernels::rowProduct(input, weight);
    if (!y.defined()) {
        y = bias.defined() ? at::addmm(bias, input, weight.t()) : input.mm(weight.t());
    } else {
        y = (bias.defined() ? y.add_(bias) : y).to(input.scalar_type());
    }
    if (group.usesAdapters()) {
        addAdapters(group, input, y, saved);
    }
    if (extras) {
        scaleOutput(group, y, saved);
    }
    return y;
}

at::Tensor linearBackward(const LinearGroup& group, const at::Tensor& x, const at::Tensor& dy,
                          const LinearSaved& saved, bool wantInput, std::vector<at::Tensor>& leaves)
{
    const bool extras = usesExtras(group);
    std::vector<at::Tensor> scaleGrads;
    const at::Tensor dz = extras ? beforeScaling(group, dy, saved, scaleGrads) : dy;
    const at::Tensor input = extras && needsInput(group) ? inputNow(group, x) : x;
    leaves.push_back(group.weight.requires_grad() ? dz.t().mm(input) : at::Tensor());
    if (group.bias.defined()) {
        leaves.push_back(group.bias.requires_grad() ? dy.sum(0) : at::Tensor());
    }
    at::Tensor dLow;
    if (group.usesAdapters()) {
        dLow = adapterGradients(group, input, dz, saved, leaves);
    }
    at::Tensor dx;
    if (wantInput || (extras && group.usesFactors())) {
        dx = dz.mm(group.weightNow());
        if (dLow.defined()) {
            const at::Tensor& a = saved.a;
            if (saved.kept.defined()) {
                dx.add_(dLow.mm(a).mul_(saved.kept), 1.0 / (1.0 - dropoutOf(group)));
            } else {
                dx.addmm_(dLow, a);
            }
        }
    }
    if (extras) {
        extraGradients(group, x, dy, scaleGrads, dx, leaves);
    }
    return wantInput ? dx : at::Tensor();
}

bool needsInput(const LinearGroup& group)
{
    bool needs = group.weight.requires_grad();
    for (const LowRank& adapter : group.adapters) {
        needs = needs || (group.adaptersEnabled && adapter.a.requires_grad());
    }
    for (const SliceFactor& factor : group.factors) {
        needs = needs || (group.adaptersEnabled && factor.onInput && factor.factor.requires_grad());
    }
    return needs;
}

} // namespace luthier::nn
