// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/linear_group.h"

#include "core/nn/kernels/answer_kernels.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/linear_extras.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>

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

// Which inputs the adapters see.
void drawKept(const LinearGroup& group, const at::Tensor& x, LinearSaved& saved)
{
    const double dropout = dropoutOf(group);
    if (dropout > 0) {
        saved.draw = kernels::drawDropout(x);
        if (!saved.draw) {
            saved.kept = at::empty_like(x, x.options().dtype(at::kBool)).bernoulli_(1.0 - dropout);
        }
    }
}

at::Tensor droppedOut(const LinearGroup& group, const at::Tensor& x, const LinearSaved& saved)
{
    if (saved.draw) {
        return kernels::dropped(x, *saved.draw, dropoutOf(group));
    }
    return saved.kept.defined() ? (x * saved.kept).mul_(1.0 / (1.0 - dropoutOf(group))) : x;
}

// In place.
at::Tensor scaleBy(at::Tensor x, double factor)
{
    return factor == 1 ? x : x.mul_(factor);
}

// The adapters' numbers in the activations' dtype, and their low-rank inputs.
void readLow(const LinearGroup& group, const at::Tensor& x, LinearSaved& saved)
{
    drawKept(group, x, saved);
    saved.a = stackedA(group, x);
    saved.low = droppedOut(group, x, saved).mm(saved.a.t());
    for (const LowRank& adapter : group.adapters) {
        saved.b.push_back(adapter.b.detach().to(x.scalar_type()));
    }
}

void addAdapters(const LinearGroup& group, const at::Tensor& y, const LinearSaved& saved)
{
    std::int64_t first = 0;
    for (std::size_t i = 0; i < group.adapters.size(); ++i) {
        const LowRank& adapter = group.adapters[i];
        const LinearSlice& slice = group.slices[adapter.slice];
        const std::int64_t rank = adapter.a.size(0);
        y.narrow(1, slice.begin, slice.size)
            .addmm_(saved.low.narrow(1, first, rank), saved.b[i].t(), 1, adapter.scale);
        first += rank;
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
        gradA = dLow.t().mm(droppedOut(group, x, saved));
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

// From the codes themselves, where x has so few rows that making their numbers would be most of the work.
at::Tensor codesProduct(const LinearGroup& group, const at::Tensor& x, const at::Tensor& bias)
{
    std::vector<at::Tensor> parts;
    for (const quant::QuantisedWeight& weight : group.quantised) {
        parts.push_back(kernels::codesProduct(x, weight));
        if (!parts.back().defined()) {
            return {};
        }
    }
    if (parts.empty()) {
        return {};
    }
    const at::Tensor y = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
    return bias.defined() ? y.add_(bias) : y;
}

// x W^T + b.
at::Tensor product(const LinearGroup& group, const at::Tensor& x, const at::Tensor& bias)
{
    const at::Tensor weight = group.weightNow();
    at::Tensor y = kernels::rowProduct(x, weight);
    if (!y.defined()) {
        return bias.defined() ? at::addmm(bias, x, weight.t()) : x.mm(weight.t());
    }
    return (bias.defined() ? y.add_(bias) : y).to(x.scalar_type());
}

at::Tensor productBySlice(const LinearGroup& group, const at::Tensor& x, const at::Tensor& bias)
{
    const at::Tensor y = at::empty({x.size(0), group.outputs()}, x.options());
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        at::Tensor part = y.narrow(1, group.slices[i].begin, group.slices[i].size);
        at::mm_out(part, x, group.sliceNow(i).t());
    }
    return bias.defined() ? y.add_(bias) : y;
}

// dy W.
at::Tensor inputGradient(const LinearGroup& group, const at::Tensor& dy)
{
    if (!group.isReadBySlice()) {
        return dy.mm(group.weightNow());
    }
    at::Tensor dx;
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        const at::Tensor part = dy.narrow(1, group.slices[i].begin, group.slices[i].size);
        dx = i == 0 ? part.mm(group.sliceNow(i)) : dx.addmm_(part, group.sliceNow(i));
    }
    return dx;
}

} // namespace

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
    const bool extras = usesExtras(group);
    const at::Tensor input = extras ? inputNow(group, x) : x;
    const at::Tensor bias = extras ? biasNow(group) : group.bias.defined() ? group.bias.detach() : group.bias;
    at::Tensor y = codesProduct(group, input, bias);
    if (!y.defined()) {
        y = group.isReadBySlice() ? productBySlice(group, input, bias) : product(group, input, bias);
    }
    if (group.usesAdapters()) {
        LinearSaved own;
        LinearSaved& kept = saved ? *saved : own;
        readLow(group, input, kept);
        addAdapters(group, y, kept);
    }
    if (extras) {
        scaleOutput(group, y, saved);
    }
    return y;
}

bool linearSavedOnly(const LinearGroup& group, const at::Tensor& x, LinearSaved& saved)
{
    if (usesExtras(group)) {
        return false;
    }
    if (group.usesAdapters()) {
        readLow(group, x, saved);
    }
    return true;
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
        dx = inputGradient(group, dz);
        if (dLow.defined()) {
            const at::Tensor& a = saved.a;
            if (saved.draw) {
                kernels::addDropped(dx, dLow.mm(a), *saved.draw, dropoutOf(group));
            } else if (saved.kept.defined()) {
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
