// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/linear_group.h"

#include "core/nn/kernels/answer_kernels.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/layers/fp8_codes.h"
#include "core/nn/layers/fp8_groups.h"
#include "core/nn/layers/input_watch.h"
#include "core/nn/layers/linear_extras.h"

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
at::Tensor stackedA(const ActiveLinear& linear, const at::Tensor& like)
{
    if (linear.adapters.size() == 1) {
        return linear.adapters.front().a.detach().to(like.scalar_type());
    }
    std::vector<at::Tensor> parts;
    for (const LowRank& adapter : linear.adapters) {
        parts.push_back(adapter.a.detach());
    }
    return at::cat(parts).to(like.scalar_type());
}

// The inputs that the adapters see.
at::Tensor droppedOut(const ActiveLinear& linear, const at::Tensor& x, const LinearSaved& saved)
{
    if (saved.kept.defined()) {
        return (x * saved.kept).mul_(1.0 / (1.0 - linear.dropout()));
    }
    return linear.dropout() > 0 ? kernels::dropped(x, *linear.draw, linear.dropout()) : x;
}

// factor * (a b), without a pass over it for the factor.
at::Tensor scaled(const at::Tensor& a, const at::Tensor& b, double factor)
{
    return at::empty({a.size(0), b.size(1)}, a.options()).addmm_(a, b, 0, factor);
}

// The same as a gradient of leaves of `type`: a card gives sums in fp32 as they are, unrounded and without a pass that widens them.
at::Tensor gradientOf(const at::Tensor& a, const at::Tensor& b, double factor, at::ScalarType type)
{
#if __has_include(<torch/headeronly/version.h>) // LibTorch from 2.9 on
    if (a.is_cuda() && a.scalar_type() == at::kBFloat16 && type == at::kFloat) {
        at::Tensor sum = at::empty({a.size(0), b.size(1)}, a.options().dtype(type));
        return at::addmm_out(sum, sum, a, b, type, 0, factor);
    }
#endif
    return (factor == 1 ? a.mm(b) : scaled(a, b, factor)).to(type);
}

// The adapters' numbers in the activations' dtype, and their low-rank inputs.
void readLow(const ActiveLinear& linear, const at::Tensor& x, LinearSaved& saved)
{
    if (linear.dropout() > 0 && !kernels::knowsDropout(x)) {
        saved.kept = kernels::keptOf(*linear.draw, x, linear.dropout());
    }
    saved.a = linear.numbers.exists() ? linear.numbers.a : stackedA(linear, x);
    saved.low = droppedOut(linear, x, saved).mm(saved.a.t());
    if (linear.baseOnly.defined()) {
        saved.low.masked_fill_(linear.baseOnly.unsqueeze(1), 0); // what is added then is 0, which changes no digit
    }
    if (linear.numbers.exists()) {
        saved.b = linear.numbers.b;
        return;
    }
    for (const LowRank& adapter : linear.adapters) {
        saved.b.push_back(adapter.b.detach().to(x.scalar_type()));
    }
}

// Thin products wait for memory and for being started: one that reads the zeros between several B costs less than several.
// All B as one matrix [out, sum of ranks], where they lie in one (Decoder::adapterNumbers) and count alike; else undefined.
at::Tensor wholeB(const ActiveLinear& linear, const LinearSaved& saved)
{
    const std::int64_t ranks = saved.a.size(0);
    const at::Tensor& first = saved.b.front();
    const auto countsAlike = [&](const LowRank& adapter) { return adapter.scale == linear.adapters.front().scale; };
    if (saved.b.size() < 2 || first.stride(0) != ranks || first.stride(1) != 1 || !std::all_of(linear.adapters.begin(), linear.adapters.end(), countsAlike)) {
        return {};
    }
    const std::int64_t row = linear.base->slices[linear.adapters.front().slice].begin;
    return first.as_strided({linear.base->outputs(), ranks}, {ranks, 1}, first.storage_offset() - row * ranks);
}

// The columns that an adapter adds to, of y [N, out] or its gradient.
at::Tensor columnsOf(const ActiveLinear& linear, const LowRank& adapter, const at::Tensor& y)
{
    const LinearSlice& slice = linear.base->slices[adapter.slice];
    return y.narrow(1, slice.begin, slice.size);
}

void addAdapters(const ActiveLinear& linear, const at::Tensor& y, const LinearSaved& saved)
{
    if (const at::Tensor whole = wholeB(linear, saved); whole.defined()) {
        y.addmm_(saved.low, whole.t(), 1, linear.adapters.front().scale);
        return;
    }
    std::int64_t first = 0;
    for (std::size_t i = 0; i < linear.adapters.size(); ++i) {
        const LowRank& adapter = linear.adapters[i];
        const std::int64_t rank = adapter.a.size(0);
        columnsOf(linear, adapter, y).addmm_(saved.low.narrow(1, first, rank), saved.b[i].t(), 1, adapter.scale);
        first += rank;
    }
}

// The gradient of each b, undefined where it is not trained.
std::vector<at::Tensor> gradientsOfB(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved)
{
    const auto trains = std::find_if(linear.adapters.begin(), linear.adapters.end(), [](const LowRank& adapter) { return adapter.b.requires_grad(); });
    const at::Tensor ofWhole = trains != linear.adapters.end() && wholeB(linear, saved).defined()
                                   ? gradientOf(dy.t(), saved.low, linear.adapters.front().scale, trains->b.scalar_type())
                                   : at::Tensor();
    std::vector<at::Tensor> gradB;
    std::int64_t first = 0;
    for (const LowRank& adapter : linear.adapters) {
        const LinearSlice& slice = linear.base->slices[adapter.slice];
        const std::int64_t rank = adapter.a.size(0);
        at::Tensor own;
        if (adapter.b.requires_grad()) {
            own = ofWhole.defined() ? ofWhole.narrow(0, slice.begin, slice.size).narrow(1, first, rank).to(adapter.b.scalar_type())
                                    : gradientOf(columnsOf(linear, adapter, dy).t(), saved.low.narrow(1, first, rank), adapter.scale, adapter.b.scalar_type());
        }
        gradB.push_back(own.defined() && !own.is_cuda() ? own.contiguous() : own); // a card adds up views as they are (addMany)
        first += rank;
    }
    return gradB;
}

// d(dropout(x) A^T) [N, sum of ranks].
at::Tensor lowGradient(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved)
{
    if (const at::Tensor whole = wholeB(linear, saved); whole.defined()) {
        return scaled(dy, whole, linear.adapters.front().scale);
    }
    if (const LowRank& only = linear.adapters.front(); linear.adapters.size() == 1) {
        return scaled(columnsOf(linear, only, dy), saved.b.front(), only.scale);
    }
    at::Tensor dLow = at::empty_like(saved.low);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < linear.adapters.size(); ++i) {
        const LowRank& adapter = linear.adapters[i];
        const std::int64_t rank = adapter.a.size(0);
        dLow.narrow(1, first, rank).addmm_(columnsOf(linear, adapter, dy), saved.b[i], 0, adapter.scale);
        first += rank;
    }
    return dLow;
}

// Of all adapters' A above each other, of what lowGradient() gave and the input as adapters saw it; undefined where none is trained.
at::Tensor gradientOfA(const ActiveLinear& linear, const at::Tensor& dLow, const at::Tensor& x)
{
    const auto trains = std::find_if(linear.adapters.begin(), linear.adapters.end(), [](const LowRank& adapter) { return adapter.a.requires_grad(); });
    return trains == linear.adapters.end() ? at::Tensor() : gradientOf(dLow.t(), x, 1, trains->a.scalar_type());
}

// Gradients of a and b.
void addAdapterGradients(const ActiveLinear& linear, const at::Tensor& gradA, const std::vector<at::Tensor>& gradB, std::vector<at::Tensor>& leaves)
{
    std::int64_t first = 0;
    for (std::size_t i = 0; i < linear.adapters.size(); ++i) {
        const LowRank& adapter = linear.adapters[i];
        const std::int64_t rank = adapter.a.size(0);
        leaves.push_back(adapter.a.requires_grad() ? gradA.narrow(0, first, rank).to(adapter.a.scalar_type()) : at::Tensor());
        leaves.push_back(gradB[i]);
        first += rank;
    }
}

// What the lanes are for here: what the input's gradient waits for, and what nobody does.
constexpr std::size_t kAwaited = 0;
constexpr std::size_t kBeside = 1;

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

// In 8 bits: x W^T + b, or across x W.
at::Tensor productInFp8(const LinearGroup& group, const at::Tensor& x, const Fp8Rows& rows, bool across, const at::Tensor& bias = {})
{
    const Fp8Rows codes = rows.exists() ? rows : fp8Rows(x);
    return fp8Product(codes, group.isQuantised() ? fp8CodesOf(group, across) : across ? group.fp8.backward : group.fp8.forward, bias);
}

// x W^T + b.
at::Tensor product(const ActiveLinear& linear, const at::Tensor& x, const at::Tensor& bias, const Fp8Rows& rows)
{
    if (linear.base->multipliesFp8(x.size(0)) && !readsNumbersForward(*linear.base)) {
        return productInFp8(*linear.base, x, rows, false, bias);
    }
    const at::Tensor weight = linear.base->weightNow();
    at::Tensor y = kernels::rowProduct(x, weight);
    if (!y.defined()) {
        return bias.defined() ? at::addmm(bias, x, weight.t()) : x.mm(weight.t());
    }
    return (bias.defined() ? y.add_(bias) : y).to(x.scalar_type());
}

at::Tensor productBySlice(const ActiveLinear& linear, const at::Tensor& x, const at::Tensor& bias)
{
    const at::Tensor y = at::empty({x.size(0), linear.base->outputs()}, x.options());
    for (std::size_t i = 0; i < linear.base->slices.size(); ++i) {
        at::Tensor part = y.narrow(1, linear.base->slices[i].begin, linear.base->slices[i].size);
        at::mm_out(part, x, linear.base->sliceNow(i).t());
    }
    return bias.defined() ? y.add_(bias) : y;
}

// dy W.
at::Tensor inputGradient(const ActiveLinear& linear, const at::Tensor& dy, const Fp8Rows& rows)
{
    if (linear.base->multipliesFp8(dy.size(0))) {
        return productInFp8(*linear.base, dy, rows, true);
    }
    if (!linear.base->isReadBySlice()) {
        return dy.mm(linear.base->weightNow());
    }
    at::Tensor dx;
    for (std::size_t i = 0; i < linear.base->slices.size(); ++i) {
        const at::Tensor part = dy.narrow(1, linear.base->slices[i].begin, linear.base->slices[i].size);
        dx = i == 0 ? part.mm(linear.base->sliceNow(i)) : dx.addmm_(part, linear.base->sliceNow(i));
    }
    return dx;
}

} // namespace

std::vector<at::Tensor> leavesOf(const ActiveLinear& linear)
{
    std::vector<at::Tensor> leaves{linear.base->weight};
    if (linear.base->bias.defined()) {
        leaves.push_back(linear.base->bias);
    }
    if (!linear.adapters.empty()) {
        for (const LowRank& adapter : linear.adapters) {
            leaves.push_back(adapter.a);
            leaves.push_back(adapter.b);
        }
    }
    if (usesExtras(linear)) {
        addExtraLeaves(linear, leaves);
    }
    return leaves;
}

kernels::LowTerms lowTermsOf(const ActiveLinear& linear, const LinearSaved& saved)
{
    kernels::LowTerms terms(linear.base->slices.size());
    std::int64_t first = 0;
    for (std::size_t i = 0; i < linear.adapters.size(); ++i) {
        const LowRank& adapter = linear.adapters[i];
        kernels::LowTerm& term = terms[adapter.slice];
        if (term.low.defined()) {
            return {}; // two of one slice
        }
        const std::int64_t rank = adapter.a.size(0);
        term = {saved.low.narrow(1, first, rank), saved.b[i], adapter.scale};
        first += rank;
    }
    return terms;
}

at::Tensor linearForward(const ActiveLinear& linear, const at::Tensor& x, LinearSaved* saved, const Fp8Rows& rows, kernels::LowTerms* apart)
{
    const LinearGroup& group = *linear.base;
    const bool extras = usesExtras(linear);
    const at::Tensor input = extras ? inputNow(linear, x) : x;
    InputWatch::tell(group, input);
    const at::Tensor bias = extras ? biasNow(linear) : group.bias.defined() ? group.bias.detach() : group.bias;
    kernels::Lanes lanes(input);
    LinearSaved own;
    LinearSaved& kept = saved ? *saved : own;
    if (!linear.adapters.empty()) {
        lanes.run(kAwaited, [&] { readLow(linear, input, kept); });
    }
    at::Tensor y = codesProduct(group, input, bias);
    if (!y.defined()) {
        y = group.isReadBySlice() ? productBySlice(linear, input, bias) : product(linear, input, bias, extras ? Fp8Rows() : rows);
    }
    lanes.join(kAwaited);
    if (!linear.adapters.empty()) {
        kernels::LowTerms terms = apart && !extras ? lowTermsOf(linear, kept) : kernels::LowTerms();
        if (kernels::fitsLow(y, terms)) {
            *apart = std::move(terms);
        } else {
            addAdapters(linear, y, kept);
        }
    }
    if (extras) {
        scaleOutput(linear, y, saved);
    }
    return y;
}

Fp8Rows* wantsFp8(const ActiveLinear& linear, std::int64_t count, Fp8Rows& rows)
{
    return linear.base->multipliesFp8(count) && !usesExtras(linear) ? &rows : nullptr;
}

bool linearSavedOnly(const ActiveLinear& linear, const at::Tensor& x, LinearSaved& saved)
{
    if (usesExtras(linear)) {
        return false;
    }
    if (!linear.adapters.empty()) {
        readLow(linear, x, saved);
    }
    return true;
}

at::Tensor linearBackward(const ActiveLinear& linear, const std::function<at::Tensor()>& input, const at::Tensor& dy, const LinearSaved& saved,
                          bool wantInput, std::vector<at::Tensor>& leaves, kernels::Lanes& lanes, const Fp8Rows& dyRows)
{
    const bool extras = usesExtras(linear);
    std::vector<at::Tensor> scaleGrads;
    const at::Tensor dz = extras ? beforeScaling(linear, dy, saved, scaleGrads) : dy;
    const bool isRead = needsInput(linear);
    const bool isReadNow = extras || linear.base->weight.requires_grad();
    const at::Tensor x = isReadNow ? input() : at::Tensor();
    const at::Tensor changed = extras && isRead ? inputNow(linear, x) : x;
    leaves.push_back(linear.base->weight.requires_grad() ? dz.t().mm(changed) : at::Tensor());
    if (linear.base->bias.defined()) {
        leaves.push_back(linear.base->bias.requires_grad() ? dy.sum(0) : at::Tensor());
    }
    at::Tensor dLow;
    if (!linear.adapters.empty()) {
        std::vector<at::Tensor> gradB;
        at::Tensor gradA;
        lanes.run(kBeside, [&] { gradB = gradientsOfB(linear, dz, saved); });
        lanes.run(kAwaited, [&] {
            dLow = lowGradient(linear, dz, saved);
            lanes.run(kBeside, [&] { gradA = isRead ? gradientOfA(linear, dLow, droppedOut(linear, isReadNow ? changed : input(), saved)) : at::Tensor(); });
        });
        for (const at::Tensor& read : {dz, changed, dLow}) {
            lanes.keep(read);
        }
        addAdapterGradients(linear, gradA, gradB, leaves);
    }
    at::Tensor dx;
    if (wantInput || (extras && !linear.factors.empty())) {
        dx = inputGradient(linear, dz, extras ? Fp8Rows() : dyRows);
        lanes.join(kAwaited);
        if (dLow.defined()) {
            const at::Tensor& a = saved.a;
            if (saved.kept.defined()) {
                dx.add_(dLow.mm(a).mul_(saved.kept), 1.0 / (1.0 - linear.dropout()));
            } else if (linear.dropout() > 0 && kernels::fitsLow(dLow, dx.size(1)) && dx.is_contiguous()) {
                kernels::addLow(dx, {dLow, a.t().contiguous(), 1}, {}, {linear.draw, linear.dropout()});
            } else if (linear.dropout() > 0) {
                kernels::addDropped(dx, dLow.mm(a), *linear.draw, linear.dropout());
            } else {
                dx.addmm_(dLow, a);
            }
        }
    }
    if (extras) {
        extraGradients(linear, x, dy, scaleGrads, dx, leaves);
    }
    return wantInput ? dx : at::Tensor();
}

std::optional<LinearHalf> linearBackwardHalf(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved, kernels::Lanes& lanes,
                                             const Fp8Rows& dyRows)
{
    const LinearGroup& group = *linear.base;
    const bool onlyAdapters = !usesExtras(linear) && !group.weight.requires_grad() && !(group.bias.defined() && group.bias.requires_grad());
    if (!onlyAdapters || linear.adapters.empty() || saved.kept.defined()) {
        return std::nullopt;
    }
    if (!kernels::fitsLow(saved.low, group.inputs())) { // the gradient of low is of the same kind
        return std::nullopt;
    }
    LinearHalf half;
    half.below = {{{}, saved.a.t().contiguous(), 1}, {linear.draw, linear.dropout()}, needsInput(linear)}; // neighbours are read together
    lanes.run(kBeside, [&] { half.gradB = gradientsOfB(linear, dy, saved); });
    lanes.run(kAwaited, [&] { half.below.term.low = lowGradient(linear, dy, saved); });
    half.dx = inputGradient(linear, dy, dyRows);
    lanes.join(kAwaited);
    return half;
}

void linearBackwardRest(const ActiveLinear& linear, const at::Tensor& x, const LinearHalf& half, std::vector<at::Tensor>& leaves, kernels::Lanes& lanes)
{
    leaves.push_back(at::Tensor());
    if (linear.base->bias.defined()) {
        leaves.push_back(at::Tensor());
    }
    at::Tensor gradA;
    lanes.run(kBeside, [&] { gradA = gradientOfA(linear, half.below.term.low, x); });
    lanes.keep(x);
    lanes.keep(half.below.term.low);
    addAdapterGradients(linear, gradA, half.gradB, leaves);
}

bool needsInput(const ActiveLinear& linear)
{
    bool needs = linear.base->weight.requires_grad();
    for (const LowRank& adapter : linear.adapters) {
        needs = needs || adapter.a.requires_grad();
    }
    for (const SliceFactor& factor : linear.factors) {
        needs = needs || (factor.onInput && factor.factor.requires_grad());
    }
    return needs;
}

} // namespace luthier::nn
