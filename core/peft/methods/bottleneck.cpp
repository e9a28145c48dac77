// SPDX-License-Identifier: GPL-3.0-or-later
// Bottleneck adapters: two small linear layers with a non-linearity behind the MLP (Pfeiffer) or behind attention and MLP
// (Houlsby). The layer up starts with zeros, as AdapterHub's "mam_adapter", so step 0 is the base.
// AdapterHub's layout: adapter_config.json with the layer's config under "config", adapter.safetensors with
// <layer>.output_adapters.adapters.<name>.adapter_down.0.weight [b, d], adapter_up.weight [d, b] and biases.
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/methods/bottleneck_settings.h"
#include "core/peft/targets.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace luthier::peft {

namespace bottleneck_method {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<MethodSettings, BottleneckSettings>({
        field<&BottleneckSettings::places>("bottleneck_places", "Places", "Where the layers stand: behind the MLP (Pfeiffer, usual), or behind attention and MLP (Houlsby).", {},
            {.choices = {{"pfeiffer", "Behind the MLP"}, {"houlsby", "Behind attention and MLP"}}}),
        field<&BottleneckSettings::reductionFactor>("reduction_factor", "Reduction", "The bottleneck is the model's width divided by this. 1 to 4096, usually 16.", {.low = 1, .high = 4096}),
        field<&BottleneckSettings::nonLinearity>("non_linearity", "Non-linearity", "Function inside the bottleneck. Usually relu.", {},
            {.choices = {{"relu", "ReLU"}, {"swish", "Swish"}, {"gelu", "GELU"}, {"tanh", "tanh"}}, .advanced = true}),
    });
    return section;
}

constexpr const char* kName = "luthier";

using Activation = nn::Bottleneck::Activation;

// As AdapterHub spells them; the first of a kind is written.
constexpr std::array<std::pair<const char*, Activation>, 5> kActivations{{{"relu", Activation::Relu},
                                                                          {"swish", Activation::Silu},
                                                                          {"silu", Activation::Silu},
                                                                          {"gelu", Activation::Gelu},
                                                                          {"tanh", Activation::Tanh}}};

const Activation* findActivation(const std::string& name)
{
    for (const auto& row : kActivations) {
        if (name == row.first) {
            return &row.second;
        }
    }
    return nullptr;
}

std::string layerPath(const nn::Decoder& decoder, std::size_t layer, bool afterAttention, const std::string& name)
{
    return nn::weightNames(decoder.config()).layers + std::to_string(layer)
           + (afterAttention ? ".attention_adapters" : ".output_adapters") + ".adapters." + name + ".";
}

std::int64_t widthFor(std::int64_t hidden, double reduction)
{
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(hidden) / reduction));
}

nn::Bottleneck startOf(std::int64_t hidden, std::int64_t width, const at::TensorOptions& options, at::Generator& generator)
{
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    nn::Bottleneck layer;
    layer.downWeight = at::empty({width, hidden}, at::kFloat).uniform_(-bound, bound, generator).to(options);
    layer.downBias = at::zeros({width}, options);
    layer.upWeight = at::zeros({hidden, width}, options);
    layer.upBias = at::zeros({hidden}, options);
    for (at::Tensor* leaf : {&layer.downWeight, &layer.downBias, &layer.upWeight, &layer.upBias}) {
        leaf->set_requires_grad(true);
    }
    return layer;
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& method, const Start& start)
{
    const auto& settings = method.of<BottleneckSettings>();
    const Activation* activation = findActivation(settings.nonLinearity);
    const bool houlsby = settings.places == "houlsby";
    if (!activation || (!houlsby && settings.places != "pfeiffer")) {
        return Error{activation ? "method.bottleneck_places must be pfeiffer or houlsby"
                                : "method.non_linearity must be relu, swish, gelu or tanh"};
    }
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(start.seed);
    const std::int64_t hidden = decoder.config().hidden;
    const std::int64_t width = widthFor(hidden, static_cast<double>(settings.reductionFactor));
    for (std::int64_t i = 0; i < decoder.config().layers; ++i) {
        for (auto* layers : {&decoder.extras().afterAttention, &decoder.extras().afterMlp}) {
            if (layers == &decoder.extras().afterMlp || houlsby) {
                layers->push_back(startOf(hidden, width, thinOptions(decoder), generator));
                layers->back().activation = *activation;
                layers->back().readsSum = !houlsby;
            }
        }
    }
    return {};
}

// Under AdapterHub's names.
std::vector<nn::NamedTensor> tensorsOf(nn::Decoder& decoder, bool trainableOnly)
{
    std::vector<nn::NamedTensor> list;
    const auto add = [&](const std::vector<nn::Bottleneck>& layers, std::size_t i, bool afterAttention) {
        if (layers.empty() || (trainableOnly && !layers[i].upWeight.requires_grad())) {
            return;
        }
        const std::string path = layerPath(decoder, i, afterAttention, kName);
        list.push_back({path + "adapter_down.0.weight", layers[i].downWeight});
        list.push_back({path + "adapter_down.0.bias", layers[i].downBias});
        list.push_back({path + "adapter_up.weight", layers[i].upWeight});
        list.push_back({path + "adapter_up.bias", layers[i].upBias});
    };
    for (std::size_t i = 0; i < static_cast<std::size_t>(decoder.config().layers); ++i) {
        add(decoder.extras().afterAttention, i, true);
        add(decoder.extras().afterMlp, i, false);
    }
    return list;
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    return tensorsOf(decoder, true);
}

Json layerConfig(const BottleneckSettings& settings)
{
    const bool houlsby = settings.places == "houlsby";
    return Json{
        {"adapter_residual_before_ln", false},
        {"architecture", nullptr},
        {"cross_adapter", false},
        {"dropout", 0.0},
        {"init_weights", "mam_adapter"},
        {"inv_adapter", nullptr},
        {"inv_adapter_reduction_factor", nullptr},
        {"is_parallel", false},
        {"leave_out", Json::array()},
        {"ln_after", false},
        {"ln_before", false},
        {"mh_adapter", houlsby},
        {"non_linearity", settings.nonLinearity},
        {"original_ln_after", true},
        {"original_ln_before", !houlsby},
        {"output_adapter", true},
        {"phm_layer", false},
        {"reduction_factor", settings.reductionFactor},
        {"residual_before_ln", true},
        {"scaling", 1.0},
        {"stochastic_depth", 0.0},
        {"use_gating", false},
    };
}

Json configOf(const nn::DecoderConfig& model, const BottleneckSettings& settings, const std::string& base)
{
    return Json{
        {"config", layerConfig(settings)},
        {"hidden_size", model.hidden},
        {"model_class", nullptr},
        {"model_name", base},
        {"model_type", model.family},
        {"name", kName},
        {"version", "adapters.1.0.0"},
    };
}

Result<void> save(nn::Decoder& decoder, const MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    auto tensors = tensorsOf(decoder, false);
    if (tensors.empty()) {
        return Error{target.string() + ": the model has no bottleneck layers to save"};
    }
    auto fingerprint = fingerprintOf(baseFolder);
    if (!fingerprint) {
        return fingerprint.error();
    }
    return writeAdapter(target, "adapter.safetensors", std::move(tensors),
                        configOf(decoder.config(), settings.of<BottleneckSettings>(), baseFolder.string()), *fingerprint);
}

// What the layers of a folder are like.
struct Kind {
    Activation activation = Activation::Relu;
    bool afterAttention = false;
    bool afterMlp = false;
    bool readsSum = false;
    double scale = 1;
    std::int64_t width = 1;
    std::string name;
};

Result<Kind> kindOf(const AdapterFile& file, std::int64_t hidden)
{
    const Json& config = file.config().at("config");
    for (const char* key : {"is_parallel", "ln_before", "ln_after", "use_gating", "phm_layer", "adapter_residual_before_ln",
                            "inv_adapter", "cross_adapter", "leave_out"}) {
        if (!isOff(config, key)) {
            return file.problem(std::string(key) + " is " + base::dumpJson(config[key]).substr(0, 80)
                                + ", which cannot be computed here");
        }
    }
    const auto flag = [&](const char* key, bool usual) {
        const auto found = config.find(key);
        return found != config.end() && found->is_boolean() ? found->get<bool>() : usual;
    };
    if (!flag("original_ln_after", true) || !flag("residual_before_ln", true)) {
        return file.problem("original_ln_after and residual_before_ln must be true");
    }
    const Json scaling = config.value("scaling", Json(1.0));
    const Json reduction = config.value("reduction_factor", Json());
    const Json name = file.config().value("name", Json(kName));
    const Json act = config.value("non_linearity", Json());
    const Activation* activation = act.is_string() ? findActivation(act.get<std::string>()) : nullptr;
    if (!activation) {
        return file.problem("non_linearity is " + base::dumpJson(act).substr(0, 80)
                            + "; relu, swish, gelu and tanh can be computed");
    }
    if (!scaling.is_number() || !reduction.is_number() || !(reduction.get<double>() > 0) || !name.is_string()) {
        return file.problem("scaling and reduction_factor must be numbers and name a text");
    }
    return Kind{*activation, flag("mh_adapter", false), flag("output_adapter", false), flag("original_ln_before", false),
                scaling.get<double>(), widthFor(hidden, reduction.get<double>()), name.get<std::string>()};
}

Result<nn::Bottleneck> readLayer(nn::Decoder& decoder, AdapterFile& file, const Kind& kind, const std::string& path)
{
    const std::int64_t hidden = decoder.config().hidden;
    nn::Bottleneck layer{{}, {}, {}, {}, kind.activation, kind.readsSum, kind.scale};
    struct Row {
        const char* name;
        at::Tensor* target;
        std::vector<std::int64_t> shape;
    };
    for (const Row& row : {Row{"adapter_down.0.weight", &layer.downWeight, {kind.width, hidden}},
                           Row{"adapter_down.0.bias", &layer.downBias, {kind.width}},
                           Row{"adapter_up.weight", &layer.upWeight, {hidden, kind.width}},
                           Row{"adapter_up.bias", &layer.upBias, {hidden}}}) {
        auto tensor = file.read(path + row.name, row.shape);
        if (!tensor) {
            return tensor.error();
        }
        *row.target = tensor->to(smallOptions(decoder));
    }
    return layer;
}

Result<void> open(nn::Decoder& decoder, AdapterFile& file)
{
    if (auto alone = file.checkAlone(decoder); !alone) {
        return alone;
    }
    auto kind = kindOf(file, decoder.config().hidden);
    if (!kind) {
        return kind.error();
    }
    std::vector<nn::Bottleneck> afterAttention;
    std::vector<nn::Bottleneck> afterMlp;
    for (std::size_t i = 0; i < static_cast<std::size_t>(decoder.config().layers); ++i) {
        for (const bool attention : {true, false}) {
            if (!(attention ? kind->afterAttention : kind->afterMlp)) {
                continue;
            }
            auto layer = readLayer(decoder, file, *kind, layerPath(decoder, i, attention, kind->name));
            if (!layer) {
                return layer.error();
            }
            (attention ? afterAttention : afterMlp).push_back(std::move(*layer));
        }
    }
    if (auto good = file.checkAllRead(); !good) {
        return good;
    }
    decoder.extras().afterAttention = std::move(afterAttention);
    decoder.extras().afterMlp = std::move(afterMlp);
    return {};
}

Result<std::vector<AdapterSetting>> settingsOf(const AdapterFile& file)
{
    auto kind = kindOf(file, 1);
    if (!kind) {
        return kind.error();
    }
    const bool pfeiffer = kind->afterMlp && !kind->afterAttention && kind->readsSum;
    const bool houlsby = kind->afterMlp && kind->afterAttention && !kind->readsSum;
    const double reduction = file.config().at("config").at("reduction_factor").get<double>();
    if (!pfeiffer && !houlsby) {
        return file.problem("its layers stand neither as Pfeiffer's nor as Houlsby's, so its training cannot go on here");
    }
    if (kind->scale != 1 || reduction != std::floor(reduction)) {
        return file.problem("training can go on only where scaling is 1 and reduction_factor a whole number");
    }
    const auto* name = std::find_if(kActivations.begin(), kActivations.end(),
                                    [&](const auto& row) { return row.second == kind->activation; });
    return std::vector<AdapterSetting>{{"bottleneck_places", std::string(pfeiffer ? "pfeiffer" : "houlsby")},
                                       {"reduction_factor", static_cast<std::int64_t>(reduction)},
                                       {"non_linearity", std::string(name->first)}};
}

Result<void> train(nn::Decoder& decoder, const MethodSettings&)
{
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    const auto options = thinOptions(decoder);
    for (auto* layers : {&decoder.extras().afterAttention, &decoder.extras().afterMlp}) {
        for (nn::Bottleneck& layer : *layers) {
            for (at::Tensor* leaf : {&layer.downWeight, &layer.downBias, &layer.upWeight, &layer.upBias}) {
                *leaf = leaf->to(options).set_requires_grad(true);
            }
        }
    }
    return {};
}

} // namespace
} // namespace bottleneck_method

Method bottleneckMethod()
{
    return {{"bottleneck",
             "Bottleneck adapters",
             "Trains small layers of their own between the model's: AdapterHub's kind, strong for a new domain, a little "
             "slower to answer with.",
             {&bottleneck_method::settingsSection()}},
            true,
            1e-3,
            bottleneck_method::attach,
            bottleneck_method::trainable,
            bottleneck_method::save,
            "BOTTLENECK",
            bottleneck_method::open,
            true,
            {},
            bottleneck_method::settingsOf,
            bottleneck_method::train};
}

} // namespace luthier::peft
