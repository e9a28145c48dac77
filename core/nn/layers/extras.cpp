// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/extras.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

namespace luthier::nn {

namespace {

at::Tensor activated(Bottleneck::Activation kind, const at::Tensor& x)
{
    switch (kind) {
    case Bottleneck::Activation::Silu: return at::silu(x);
    case Bottleneck::Activation::Gelu: return at::gelu(x);
    case Bottleneck::Activation::Tanh: return at::tanh(x);
    case Bottleneck::Activation::Relu: break;
    }
    return at::relu(x);
}

// [n, K, D] -> [B, K, n, D] in front of x [B, K, T, D].
at::Tensor behind(const at::Tensor& prefix, const at::Tensor& x)
{
    const at::Tensor rows
        = prefix.transpose(0, 1).unsqueeze(0).expand({x.size(0), x.size(1), prefix.size(0), x.size(3)});
    return at::cat({rows.to(x.scalar_type()), x}, 2);
}

} // namespace

at::Tensor behindBranch(const Bottleneck& layer, const at::Tensor& branch, const at::Tensor& residual)
{
    const at::Tensor sum = branch + residual;
    const auto type = sum.scalar_type();
    const at::Tensor low = at::linear(layer.readsSum ? sum : branch, layer.downWeight.to(type), layer.downBias.to(type));
    const at::Tensor out = at::linear(activated(layer.activation, low), layer.upWeight.to(type), layer.upBias.to(type));
    return sum + (layer.scale == 1 ? out : out * layer.scale);
}

std::int64_t Prefix::tokens() const
{
    return values.defined() ? values.size(0) : embedding.size(0);
}

at::Tensor Prefix::evaluated() const
{
    return values.defined() ? values
                            : at::linear(at::tanh(at::linear(embedding, hiddenWeight, hiddenBias)), outWeight, outBias);
}

at::Tensor prefixedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& prefixK,
                             const at::Tensor& prefixV, const AttentionSettings& settings)
{
    AttentionSettings alone = settings;
    alone.segments.clear();
    alone.fronts.clear();
    if (settings.segments.size() <= 1) {
        return attention(q, behind(prefixK, k), behind(prefixV, v), alone);
    }
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < settings.segments.size(); ++i) {
        const std::int64_t length = settings.segments[i];
        parts.push_back(attention(q.narrow(2, first, length), behind(prefixK, seenBy(k, settings, i)), behind(prefixV, seenBy(v, settings, i)), alone));
        first += length;
    }
    return at::cat(parts);
}

} // namespace luthier::nn
