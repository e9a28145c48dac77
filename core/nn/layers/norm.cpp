// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/norm.h"

#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/plain/plain_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_rms_norm.h>
#include <ATen/ops/_fused_rms_norm_backward.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/rsqrt.h>

#include <array>
#include <tuple>

namespace luthier::nn {

namespace {

// The weight as it multiplies, fp32.
at::Tensor factor(const Norm& norm)
{
    const at::Tensor weight = norm.weight.detach().to(at::kFloat);
    return norm.kind == NormKind::RmsPlusOne ? weight + 1 : weight;
}

at::Tensor centred(const Norm& norm, const at::Tensor& x)
{
    const at::Tensor wide = x.to(at::kFloat);
    return norm.kind == NormKind::Layer ? wide - wide.mean(-1, true) : wide;
}

at::Tensor inverseRoot(const Norm& norm, const at::Tensor& wide)
{
    return wide.square().mean(-1, true).add_(norm.eps).rsqrt_();
}

at::Tensor sumOfRows(const at::Tensor& x, at::ScalarType type)
{
    return x.reshape({-1, x.size(-1)}).sum(0).to(type);
}

bool isRms(const Norm& norm)
{
    return norm.kind != NormKind::Layer && !norm.bias.defined();
}

// LibTorch's own fused norm, which multiplies by the weight before it rounds.
bool fitsLibTorch(const Norm& norm, const at::Tensor& x)
{
    return norm.kind == NormKind::Rms && !norm.bias.defined() && x.is_cuda() && x.is_contiguous()
           && norm.weight.scalar_type() == x.scalar_type();
}

// The same for a layer norm, in one kernel each way instead of ten passes in fp32.
bool fitsLibTorchLayer(const Norm& norm, const at::Tensor& x)
{
    return norm.kind == NormKind::Layer && norm.bias.defined() && x.is_cuda() && x.is_contiguous() && kernels::isFused()
           && norm.weight.scalar_type() == x.scalar_type() && norm.bias.scalar_type() == x.scalar_type();
}

at::Tensor layerBackward(const Norm& norm, const at::Tensor& x, const at::Tensor& dy, std::vector<at::Tensor>& leaves)
{
    const at::Tensor weight = norm.weight.detach();
    const at::Tensor bias = norm.bias.detach();
    const auto [y, mean, root] = at::native_layer_norm(x, {x.size(-1)}, weight, bias, norm.eps);
    const std::array<bool, 3> wanted{true, norm.weight.requires_grad(), norm.bias.requires_grad()};
    auto [dx, dWeight, dBias] = at::native_layer_norm_backward(dy.contiguous(), x, {x.size(-1)}, mean, root, weight, bias, wanted);
    leaves.push_back(wanted[1] ? dWeight : at::Tensor());
    leaves.push_back(wanted[2] ? dBias : at::Tensor());
    return dx;
}

bool isLayer(const Norm& norm)
{
    return norm.kind == NormKind::Layer && norm.bias.defined();
}

kernels::LayerRows layerOf(const Norm& norm)
{
    return {norm.weight.detach(), norm.bias.detach(), norm.eps};
}

kernels::Rms rmsOf(const Norm& norm)
{
    return {norm.weight.detach(), norm.eps, norm.kind == NormKind::RmsPlusOne};
}

} // namespace

std::vector<at::Tensor> leavesOf(const Norm& norm)
{
    std::vector<at::Tensor> leaves;
    if (norm.exists()) {
        leaves.push_back(norm.weight);
        if (norm.bias.defined()) {
            leaves.push_back(norm.bias);
        }
    }
    return leaves;
}

at::Tensor normForward(const Norm& norm, const at::Tensor& x, kernels::Fp8Rows* rows)
{
    if (isRms(norm)) {
        if (at::Tensor y = kernels::rmsForward(rmsOf(norm), x, rows); y.defined()) {
            return y;
        }
    }
    if (isLayer(norm)) {
        if (at::Tensor y = kernels::layerForward(layerOf(norm), x); y.defined()) {
            return y;
        }
    }
    if (fitsLibTorch(norm, x)) {
        return std::get<0>(at::_fused_rms_norm(x, {x.size(-1)}, norm.weight.detach(), norm.eps));
    }
    if (fitsLibTorchLayer(norm, x)) {
        return std::get<0>(at::native_layer_norm(x, {x.size(-1)}, norm.weight.detach(), norm.bias.detach(), norm.eps));
    }
    const at::Tensor wide = centred(norm, x);
    at::Tensor y = wide * inverseRoot(norm, wide);
    if (norm.kind == NormKind::Rms) {
        return y.to(x.scalar_type()).mul_(norm.weight.detach());
    }
    y.mul_(factor(norm));
    if (norm.bias.defined()) {
        y.add_(norm.bias.detach());
    }
    return y.to(x.scalar_type());
}

at::Tensor normBackward(const Norm& norm, const at::Tensor& x, const at::Tensor& dy, std::vector<at::Tensor>& leaves,
                        const at::Tensor& add, kernels::Fp8Rows* rows)
{
    if (isRms(norm)) {
        at::Tensor dWeight;
        at::Tensor dx = kernels::rmsBackward(rmsOf(norm), x, dy, add, norm.weight.requires_grad() ? &dWeight : nullptr, rows);
        if (dx.defined()) {
            leaves.push_back(dWeight);
            return dx;
        }
    }
    if (isLayer(norm) && !norm.weight.requires_grad() && !norm.bias.requires_grad()) {
        if (at::Tensor dx = kernels::layerBackward(layerOf(norm), x, dy, add); dx.defined()) {
            leaves.insert(leaves.end(), 2, at::Tensor());
            return dx;
        }
    }
    if (fitsLibTorch(norm, x)) {
        const at::Tensor weight = norm.weight.detach();
        const at::Tensor root = std::get<1>(at::_fused_rms_norm(x, {x.size(-1)}, weight, norm.eps));
        auto [dx, dWeight] = at::_fused_rms_norm_backward(dy.contiguous(), x, {x.size(-1)}, root, weight,
                                                          {true, norm.weight.requires_grad()});
        leaves.push_back(norm.weight.requires_grad() ? dWeight : at::Tensor());
        return add.defined() ? dx.add_(add) : dx;
    }
    if (fitsLibTorchLayer(norm, x)) {
        at::Tensor dx = layerBackward(norm, x, dy, leaves);
        return add.defined() ? dx.add_(add) : dx;
    }
    const at::Tensor wide = centred(norm, x);
    const at::Tensor root = inverseRoot(norm, wide);
    const at::Tensor unit = wide * root;
    const at::Tensor dWide = dy.to(at::kFloat);
    leaves.push_back(norm.weight.requires_grad() ? sumOfRows(dWide * unit, norm.weight.scalar_type()) : at::Tensor());
    if (norm.bias.defined()) {
        leaves.push_back(norm.bias.requires_grad() ? sumOfRows(dWide, norm.bias.scalar_type()) : at::Tensor());
    }
    const at::Tensor scaled = dWide * factor(norm);
    at::Tensor dx = scaled - unit * (scaled * unit).mean(-1, true);
    if (norm.kind == NormKind::Layer) {
        dx = dx - scaled.mean(-1, true);
    }
    dx = dx.mul_(root).to(x.scalar_type());
    return add.defined() ? dx.add_(add) : dx;
}

} // namespace luthier::nn
