// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/nn/layers/linear_extras.h"
#include "core/peft/folders/adapter_folder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::peft {

namespace {

Result<void> checkMergeable(nn::Decoder& decoder)
{
    const nn::Extras& extras = decoder.extras();
    const std::string aside = "; keep the adapter in its own folder and name both";
    if (extras.prompt.defined()) {
        return Error{"virtual tokens stand before the text and cannot be folded into weights" + aside};
    }
    if (extras.prefix.exists()) {
        return Error{"a prefix of keys and values cannot be folded into weights" + aside};
    }
    if (!extras.afterAttention.empty() || !extras.afterMlp.empty()) {
        return Error{"bottleneck layers are layers of their own and cannot be folded into weights" + aside};
    }
    for (const nn::LinearGroup* group : decoder.groups()) {
        const bool addsBias = !group->biases.empty()
                              || std::any_of(group->adapters.begin(), group->adapters.end(), [](const nn::LowRank& one) { return one.bias.defined(); });
        if (addsBias && !group->bias.defined()) {
            return Error{"the adapter's biases (lora_bias) cannot be folded into projections that have none" + aside};
        }
    }
    return {};
}

// One rounding to the weights' dtype, however many adapters.
void mergeSlice(nn::LinearGroup& group, std::size_t slice)
{
    at::Tensor sum;
    for (const nn::LowRank& adapter : group.adapters) {
        if (adapter.slice != slice) {
            continue;
        }
        sum = sum.defined() ? sum : group.sliceWeight(slice).to(at::kFloat).clone();
        const at::Tensor norm = adapter.magnitude.defined() ? nn::normOf(group, adapter) : at::Tensor();
        sum.addmm_(adapter.b.detach().to(at::kFloat), adapter.a.detach().to(at::kFloat), 1, adapter.scale);
        if (adapter.bias.defined()) {
            const at::Tensor bias = group.sliceBias(slice);
            bias.copy_(bias.to(at::kFloat) + adapter.bias.detach().to(at::kFloat) * adapter.scale);
        }
        if (norm.defined()) {
            sum.mul_((adapter.magnitude.detach().to(at::kFloat) / norm).unsqueeze(1));
        }
    }
    if (sum.defined()) {
        group.sliceWeight(slice).copy_(sum);
    }
}

// Embedding and head become copies, which keepReplacements() takes into the base.
Result<void> mergeTables(nn::Decoder& decoder)
{
    nn::Extras& extras = decoder.extras();
    for (const auto& [name, update] : {std::pair{nn::weightNames(decoder.config()).embedding + ".weight", &extras.embedding},
                                       {std::string("lm_head.weight"), &extras.head}}) {
        if (!update->exists()) {
            continue;
        }
        auto copy = decoder.replace(name);
        if (!copy) {
            return copy.error();
        }
        copy->copy_(nn::tableNow(*update, decoder.replaceableTensor(name).detach().to(at::kFloat)));
        *update = {};
    }
    return {};
}

void mergeFactor(nn::LinearGroup& group, const nn::SliceFactor& factor)
{
    const at::Tensor by = factor.factor.detach().to(at::kFloat);
    const at::Tensor weight = group.sliceWeight(factor.slice);
    weight.copy_(weight.to(at::kFloat) * (factor.onInput ? by.unsqueeze(0) : by.unsqueeze(1)));
    if (group.bias.defined() && !factor.onInput) {
        const at::Tensor bias = group.sliceBias(factor.slice);
        bias.copy_(bias.to(at::kFloat) * by);
    }
}

} // namespace

Result<void> mergeAdapters(nn::Decoder& decoder)
{
    if (auto good = checkMergeable(decoder); !good) {
        return good;
    }
    const at::NoGradGuard noGrad;
    decoder.dequantise();
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::SliceBias& bias : group->biases) {
            group->sliceBias(bias.slice).copy_(bias.bias.detach());
        }
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            mergeSlice(*group, slice);
        }
        for (const nn::SliceFactor& factor : group->factors) {
            mergeFactor(*group, factor);
        }
        group->adapters.clear();
        group->biases.clear();
        group->factors.clear();
    }
    if (auto merged = mergeTables(decoder); !merged) {
        return merged;
    }
    decoder.keepReplacements();
    return {};
}

} // namespace luthier::peft
