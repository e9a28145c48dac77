// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/linear_extras.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

namespace luthier::nn {

namespace {

bool hasMagnitude(const ActiveLinear& linear)
{
    for (const LowRank& adapter : linear.adapters) {
        if (adapter.magnitude.defined()) {
            return true;
        }
    }
    return false;
}

at::Tensor sliceOf(const ActiveLinear& linear, std::size_t slice, const at::Tensor& wide)
{
    return wide.narrow(1, linear.base->slices[slice].begin, linear.base->slices[slice].size);
}

// magnitude / norm in the activations' dtype; 1 exactly at the start.
at::Tensor multiplier(const LowRank& adapter, const at::Tensor& norm, const at::Tensor& like)
{
    return (adapter.magnitude.detach().to(at::kFloat) / norm).to(like.scalar_type());
}

const SliceFactor* onInput(const ActiveLinear& linear)
{
    for (const SliceFactor& factor : linear.factors) {
        if (factor.onInput) {
            return &factor;
        }
    }
    return nullptr;
}

at::Tensor factorLike(const SliceFactor& factor, const at::Tensor& like)
{
    return factor.factor.detach().to(like.scalar_type());
}

} // namespace

bool usesExtras(const ActiveLinear& linear)
{
    return !linear.factors.empty() || !linear.biases.empty() || hasMagnitude(linear);
}

void addExtraLeaves(const ActiveLinear& linear, std::vector<at::Tensor>& leaves)
{
    for (const LowRank& adapter : linear.adapters) {
        if (adapter.magnitude.defined()) {
            leaves.push_back(adapter.magnitude);
        }
    }
    for (const SliceFactor& factor : linear.factors) {
        leaves.push_back(factor.factor);
    }
    for (const SliceBias& bias : linear.biases) {
        leaves.push_back(bias.bias);
    }
}

at::Tensor biasNow(const ActiveLinear& linear)
{
    const at::Tensor& base = linear.base->bias;
    if (linear.biases.empty()) {
        return base.defined() ? base.detach() : base;
    }
    // An adapter may bring biases to a base without.
    const at::Tensor bias = base.defined() ? base.detach().clone() : at::zeros({linear.base->outputs()}, linear.biases.front().bias.options());
    for (const SliceBias& own : linear.biases) {
        bias.narrow(0, linear.base->slices[own.slice].begin, linear.base->slices[own.slice].size).copy_(own.bias.detach());
    }
    return bias;
}

at::Tensor inputNow(const ActiveLinear& linear, const at::Tensor& x)
{
    const SliceFactor* factor = onInput(linear);
    return factor ? x * factorLike(*factor, x) : x;
}

at::Tensor normOf(const LinearGroup& group, const LowRank& adapter)
{
    const at::Tensor weight = group.sliceWeight(adapter.slice).to(at::kFloat);
    const at::Tensor moved = at::addmm(weight, adapter.b.detach().to(at::kFloat), adapter.a.detach().to(at::kFloat), 1,
                                       adapter.scale);
    return at::linalg_vector_norm(moved, 2, at::OptionalIntArrayRef(1));
}

void scaleOutput(const ActiveLinear& linear, const at::Tensor& y, LinearSaved* saved)
{
    for (const LowRank& adapter : linear.adapters) {
        if (!adapter.magnitude.defined()) {
            continue;
        }
        const at::Tensor norm = normOf(*linear.base, adapter);
        at::Tensor part = sliceOf(linear, adapter.slice, y);
        const at::Tensor bias = biasNow(linear);
        const at::Tensor before
            = bias.defined() ? part - bias.narrow(0, linear.base->slices[adapter.slice].begin, part.size(1)) : part.clone();
        part.add_(before * (multiplier(adapter, norm, y) - 1));
        if (saved) {
            saved->scaled.push_back({adapter.magnitude.requires_grad() ? before : at::Tensor(), norm});
        }
    }
    for (const SliceFactor& factor : linear.factors) {
        if (factor.onInput) {
            continue;
        }
        at::Tensor part = sliceOf(linear, factor.slice, y);
        if (saved) {
            saved->scaled.push_back({factor.factor.requires_grad() ? part.clone() : at::Tensor(), {}});
        }
        part.mul_(factorLike(factor, y));
    }
}

at::Tensor beforeScaling(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved,
                         std::vector<at::Tensor>& scaleGrads)
{
    if (saved.scaled.empty()) {
        return dy;
    }
    const at::Tensor dz = dy.clone();
    auto scaled = saved.scaled.begin();
    const auto gradient = [&](std::size_t slice) { // summed in fp32
        return scaled->before.defined() ? (sliceOf(linear, slice, dy) * scaled->before).sum(0, false, at::kFloat)
                                        : at::Tensor();
    };
    for (const LowRank& adapter : linear.adapters) {
        if (adapter.magnitude.defined()) {
            const at::Tensor sum = gradient(adapter.slice);
            scaleGrads.push_back(sum.defined() ? (sum / scaled->norm).to(adapter.magnitude.scalar_type()) : sum);
            sliceOf(linear, adapter.slice, dz).mul_(multiplier(adapter, scaled->norm, dy));
            ++scaled;
        }
    }
    for (const SliceFactor& factor : linear.factors) {
        if (!factor.onInput) {
            const at::Tensor sum = gradient(factor.slice);
            scaleGrads.push_back(sum.defined() ? sum.to(factor.factor.scalar_type()) : sum);
            sliceOf(linear, factor.slice, dz).mul_(factorLike(factor, dy));
            ++scaled;
        }
    }
    return dz;
}

void extraGradients(const ActiveLinear& linear, const at::Tensor& x, const at::Tensor& dy,
                    const std::vector<at::Tensor>& scaleGrads, at::Tensor& dx, std::vector<at::Tensor>& leaves)
{
    auto scaleGrad = scaleGrads.begin();
    for (const LowRank& adapter : linear.adapters) {
        if (adapter.magnitude.defined()) {
            leaves.push_back(*scaleGrad++);
        }
    }
    for (const SliceFactor& factor : linear.factors) {
        if (!factor.onInput) {
            leaves.push_back(*scaleGrad++);
            continue;
        }
        leaves.push_back(factor.factor.requires_grad() ? (dx * x).sum(0, false, at::kFloat).to(factor.factor.scalar_type())
                                                       : at::Tensor());
        dx = dx * factorLike(factor, dx);
    }
    for (const SliceBias& bias : linear.biases) {
        // The magnitude leaves the bias alone, a factor does not; no group has both.
        leaves.push_back(bias.bias.requires_grad() ? sliceOf(linear, bias.slice, dy).sum(0).to(bias.bias.scalar_type())
                                                   : at::Tensor());
    }
}

} // namespace luthier::nn
