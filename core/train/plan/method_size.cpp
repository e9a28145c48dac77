// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/method_size.h"

#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/nn/families/weight_names.h"
#include "core/nn/layer_shards.h"
#include "core/nn/layers/fp8_groups.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/method.h"
#include "core/train/base_model.h"
#include "core/train/failure.h"
#include "core/train/run_parts.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <numeric>
#include <string_view>

namespace luthier::train {

namespace {

constexpr std::size_t kMlpGroups = 2; // of a layer's groups the first ones are attention's

std::int64_t bytesOf(const at::Tensor& tensor)
{
    return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

std::int64_t heldBytes(nn::Decoder& decoder)
{
    std::int64_t bytes = 0;
    for (const nn::NamedTensor& tensor : decoder.tensors()) {
        bytes += bytesOf(tensor.tensor);
    }
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const quant::QuantisedWeight& weight : group->quantised) {
            bytes += weight.bytes();
        }
    }
    return bytes;
}

// Over all layers' groups, and of the layer that has most.
struct GroupBytes {
    std::int64_t all = 0;
    std::int64_t largestLayer = 0;
};

GroupBytes groupBytes(nn::Decoder& decoder, const std::function<std::int64_t(const nn::LinearGroup&)>& bytesOfOne)
{
    GroupBytes bytes;
    std::int64_t layer = 0;
    for (const nn::LinearGroup* group : decoder.groups()) {
        const std::int64_t own = bytesOfOne(*group);
        layer = (group->index % nn::LayerShards::kGroups == 0 ? 0 : layer) + own;
        bytes.all += own;
        bytes.largestLayer = std::max(bytes.largestLayer, layer);
    }
    return bytes;
}

std::int64_t weightBytesOf(const nn::LinearGroup& group)
{
    std::int64_t bytes = bytesOf(group.weight);
    for (const quant::QuantisedWeight& weight : group.quantised) {
        bytes += weight.bytes();
    }
    return bytes;
}

// In the leaf's dtype, or in fp32 where several micro-batches add up.
std::int64_t gradientBytes(const at::Tensor& leaf, bool accumulates)
{
    return accumulates ? leaf.numel() * static_cast<std::int64_t>(sizeof(float)) : bytesOf(leaf);
}

// What the optimizer keeps, and a master copy of what is not fp32.
std::int64_t keptBytes(const nn::NamedTensor& leaf, const optim::OptimizerKind& optimizer, const optim::OptimizerSettings& settings)
{
    const std::int64_t master = leaf.tensor.scalar_type() == at::kFloat ? 0 : 4;
    return leaf.tensor.numel() * master + optimizer.stateBytes(settings, {leaf.name, leaf.tensor.sizes().vec()});
}

// What a bottleneck's gradients read: what it saw, and its narrow numbers behind the non-linearity, for some before it, too.
std::int64_t keptNumbers(const nn::Bottleneck& layer)
{
    using Activation = nn::Bottleneck::Activation;
    const bool readsBefore = layer.activation == Activation::Silu || layer.activation == Activation::Gelu;
    return layer.exists() ? layer.downWeight.size(1) + (readsBefore ? 2 : 1) * layer.downWeight.size(0) : 0;
}

bool isBefore(const FirstTrained& one, const FirstTrained& other)
{
    return one.layer != other.layer ? one.layer < other.layer : one.part < other.part;
}

FirstTrained placeOf(const std::string& leaf, const nn::WeightNames& names, std::int64_t layers)
{
    if (const auto path = leaf.find(names.layers); path != std::string::npos) {
        FirstTrained place;
        const char* digits = leaf.data() + path + names.layers.size();
        const char* end = leaf.data() + leaf.size();
        const std::string_view rest(std::from_chars(digits, end, place.layer).ptr, end);
        using Part = FirstTrained::Part;
        place.part = rest.starts_with(".output_adapters")                                       ? Part::Behind
                     : rest.starts_with(".attention_adapters") || rest.starts_with("." + names.mlp + ".") ? Part::Mlp
                                                                                                : Part::Attention;
        return place;
    }
    const bool isBehind = leaf.find(names.finalNorm) != std::string::npos || leaf.find("lm_head") != std::string::npos;
    return {isBehind ? layers : 0, FirstTrained::Part::Attention};
}

void countPasses(nn::Decoder& decoder, MethodSize& size)
{
    for (const auto* layers : {&decoder.extras().afterAttention, &decoder.extras().afterMlp}) {
        for (const nn::Bottleneck& layer : *layers) {
            size.bottleneckNumbers += keptNumbers(layer);
        }
    }
    size.virtualTokens = decoder.extras().virtualTokens();
    size.tableNumbers = decoder.extras().head.exists() ? decoder.config().vocab * decoder.config().hidden : 0;
    for (const nn::LinearGroup* group : decoder.groups()) {
        size.updatesMlp = size.updatesMlp || (!group->adapters.empty() && group->index % nn::LayerShards::kGroups >= kMlpGroups);
        for (const nn::LowRank& adapter : group->adapters) {
            size.lowRankColumns += adapter.a.size(0) + (adapter.magnitude.defined() ? group->slices[adapter.slice].size : 0);
        }
        for (const nn::SliceFactor& factor : group->factors) {
            size.lowRankColumns += factor.onInput ? 0 : group->slices[factor.slice].size;
        }
        if (!group->adapters.empty() && group->adapters.front().dropout > 0) {
            size.droppedInputs += group->inputs();
        }
        if (group->isQuantised()) {
            size.sharedNumbers = std::max(size.sharedNumbers, group->numbersAtOnce());
        }
    }
}

Result<MethodSize> measure(const config::RunConfig& config, const peft::Method& method)
{
    const auto where = nn::choosePlacement(config.model.device, config.model.dtype);
    if (!where) {
        return where.error();
    }
    auto model = baseConfig(config.model);
    if (!model) {
        return model.error();
    }
    // A folder that is stored in codes is held in its own; the difference between two kinds of them is small.
    nn::Decoder decoder(*model, at::Device(at::kMeta), where->dtype, quantisationOf(config, method));
    MethodSize size;
    size.totalParameters = model->numParameters();
    size.weightBytes = heldBytes(decoder);
    const GroupBytes projections = groupBytes(decoder, weightBytesOf);
    size.projectionBytes = projections.all;
    size.largestLayerBytes = projections.largestLayer;
    const auto seed = static_cast<std::uint64_t>(config.run.seed);
    if (auto attached = method.attach(decoder, config.method, {seed, config.model.path}); !attached) {
        return attached.error();
    }
    const auto* optimizer = optim::findOptimizer(config.optimizer.kind);
    if (!optimizer) {
        return Error{"\"" + config.optimizer.kind + "\" is no optimizer"};
    }
    const auto objective = objectives::needObjective(config.objective.kind);
    if (!objective) {
        return objective.error();
    }
    // Values with adapters of their own bring as many again.
    const auto& rollouts = (*objective)->rollouts;
    const std::int64_t sets = rollouts && rollouts->ownValues && rollouts->ownValues(config.objective) ? 2 : 1;
    const nn::WeightNames names = nn::weightNames(*model);
    size.first.layer = model->layers;
    for (const nn::NamedTensor& leaf : method.trainable(decoder)) {
        const FirstTrained place = placeOf(leaf.name, names, model->layers);
        size.first = isBefore(place, size.first) ? place : size.first;
        size.trainedParameters += sets * leaf.tensor.numel();
        size.leafBytes += sets * bytesOf(leaf.tensor);
        size.gradientBytes += sets * gradientBytes(leaf.tensor, config.run.gradientAccumulation > 1);
        size.stateBytes += sets * keptBytes(leaf, *optimizer, config.optimizer);
        size.adapterBytes += method.writesAdapter ? sets * bytesOf(leaf.tensor) : 0;
    }
    countPasses(decoder, size);
    if (config.model.frozenDtype == "fp8") { // beside the weights
        const GroupBytes codes = groupBytes(decoder, nn::fp8Bytes);
        size.eightBitBytes = codes.all;
        size.largestEightBitBytes = codes.largestLayer;
        size.weightBytes += codes.all;
    }
    if ((*objective)->heads) {
        for (const objectives::Head& head : (*objective)->heads(config.objective, model->hidden)) {
            const std::int64_t numbers = std::accumulate(head.sizes.begin(), head.sizes.end(), std::int64_t{1}, std::multiplies<>());
            size.trainedParameters += numbers;
            size.leafBytes += numbers * static_cast<std::int64_t>(sizeof(float));
            size.adapterBytes += numbers * static_cast<std::int64_t>(sizeof(float));
            size.gradientBytes += numbers * static_cast<std::int64_t>(sizeof(float));
            size.stateBytes += optimizer->stateBytes(config.optimizer, {"objective." + head.name, head.sizes});
        }
    }
    size.leastMemoryBytes = size.weightBytes + size.adapterBytes + size.gradientBytes + size.stateBytes;
    return size;
}

} // namespace

double MethodSize::trainedShare() const
{
    return totalParameters > 0 ? static_cast<double>(trainedParameters) / static_cast<double>(totalParameters) : 0;
}

Result<MethodSize> methodSize(const config::RunConfig& config)
{
    const peft::Method* method = peft::findMethod(config.method.kind);
    if (method == nullptr) {
        return Error{"\"" + config.method.kind + "\" is no method"};
    }
    if (const auto broken = config::brokenRules(config); !broken.empty()) {
        return Error{broken.front().sentence};
    }
    try {
        return measure(config, *method);
    } catch (const std::exception& problem) {
        return Error{sentenceOf(problem)};
    }
}

} // namespace luthier::train
