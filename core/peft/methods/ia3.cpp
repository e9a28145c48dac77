// SPDX-License-Identifier: GPL-3.0-or-later
// IA3: a trained factor for each output of some projections, and for each input of the MLP's last; all ones at the start,
// which is the base. PEFT's layout: <path>.ia3_l, [out, 1], or [1, in] on the input.
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/folders/config_names.h"
#include "core/peft/methods/ia3_settings.h"
#include "core/peft/targets.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::peft {

namespace ia3_method {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<MethodSettings, Ia3Settings>({
        field<&Ia3Settings::modules>("ia3_modules", "Scaled modules", "Projections that get a vector of factors. Usually k_proj,v_proj,down_proj."),
        field<&Ia3Settings::feedforwardModules>("feedforward_modules", "Scaled at the input", "Those of the scaled modules whose input is scaled and not their output. Usually down_proj.", {}, {.advanced = true}),
    });
    return section;
}

fields::Rule someTarget()
{
    return {{"method.ia3_modules"},
            "Name at least one projection to scale.",
            [](const fields::SettingsView& run) { return run.list("method.ia3_modules").empty(); }};
}

fields::Rule inputsAreScaled()
{
    return {{"method.feedforward_modules", "method.ia3_modules"},
            "Modules scaled at the input must stand among the scaled modules.",
            [](const fields::SettingsView& run) {
                const auto all = run.list("method.ia3_modules");
                const auto atInput = run.list("method.feedforward_modules");
                return std::any_of(atInput.begin(), atInput.end(), [&](const std::string& name) {
                    return std::find(all.begin(), all.end(), name) == all.end();
                });
            }};
}

bool matchesAny(const std::string& path, const std::vector<std::string>& names)
{
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return matchesTarget(path, name); });
}

// Projections that share their input can only be scaled at their outputs.
Result<void> checkInput(const Place& place)
{
    if (place.group->slices.size() == 1) {
        return {};
    }
    return Error{"feedforward_modules: " + place.name()
                 + " reads the same input as others, so only its output can be scaled"};
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& method, const Start&)
{
    const auto& settings = method.of<Ia3Settings>();
    auto places = placesOf(decoder, settings.modules, "method.ia3_modules");
    if (!places) {
        return places.error();
    }
    for (const Place& place : *places) {
        if (matchesAny(place.path(), settings.feedforwardModules)) {
            if (auto good = checkInput(place); !good) {
                return Error{"method." + good.message()};
            }
        }
    }
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    for (const Place& place : *places) {
        const bool onInput = matchesAny(place.path(), settings.feedforwardModules);
        const at::Tensor ones = at::ones({onInput ? place.inputs() : place.outputs()}, smallOptions(decoder));
        place.group->factors.push_back({place.slice, ones.set_requires_grad(true), onInput});
    }
    return {};
}

std::vector<nn::NamedTensor> factors(nn::Decoder& decoder, bool trainableOnly)
{
    std::vector<nn::NamedTensor> list;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::SliceFactor& factor : group->factors) {
            if (!trainableOnly || factor.factor.requires_grad()) {
                list.push_back({group->slicePath(factor.slice) + ".ia3_l", factor.factor});
            }
        }
    }
    return list;
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    return factors(decoder, true);
}

Json configOf(nn::Decoder& decoder, const Ia3Settings& settings, const std::string& base)
{
    std::vector<std::string> modules = settings.modules;
    if (std::find(modules.begin(), modules.end(), kAllLinear) != modules.end()) {
        modules.clear();
        for (const nn::LinearGroup* group : decoder.groups()) {
            for (const nn::SliceFactor& factor : group->factors) {
                modules.push_back(group->slices[factor.slice].name);
            }
        }
    }
    std::sort(modules.begin(), modules.end());
    modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
    return Json{
        {"auto_mapping", nullptr},
        {"base_model_name_or_path", base},
        {"exclude_modules", isPartOfMore(decoder.config()) ? Json(kVisionModules) : Json()},
        {"fan_in_fan_out", decoder.config().layout == nn::WeightLayout::Gpt2},
        {"feedforward_modules", settings.feedforwardModules},
        {"inference_mode", true},
        {"init_ia3_weights", true},
        {"modules_to_save", nullptr},
        {"peft_type", "IA3"},
        {"revision", nullptr},
        {"target_modules", modules},
        {"task_type", "CAUSAL_LM"},
    };
}

Result<void> save(nn::Decoder& decoder, const MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    auto fingerprint = fingerprintOf(baseFolder);
    if (!fingerprint) {
        return fingerprint.error();
    }
    std::vector<nn::NamedTensor> tensors;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::SliceFactor& factor : group->factors) {
            tensors.push_back({peftName(decoder.config(), group->slicePath(factor.slice) + ".ia3_l"),
                               factor.factor.detach().unsqueeze(factor.onInput ? 0 : 1)});
        }
    }
    if (tensors.empty()) {
        return Error{target.string() + ": the model has no IA3 adapter to save"};
    }
    return writeAdapter(target, "adapter_model.safetensors", std::move(tensors),
                        configOf(decoder, settings.of<Ia3Settings>(), baseFolder.string()), *fingerprint);
}

// The config's list says on which side a factor stands; a square projection's shape would, too.
Result<std::vector<std::string>> feedforward(const AdapterFile& file)
{
    std::vector<std::string> names;
    const auto found = file.config().find("feedforward_modules");
    if (found == file.config().end() || found->is_null()) {
        return names;
    }
    if (found->is_string()) {
        return file.problem("feedforward_modules is a pattern; only a list of names can be read");
    }
    for (const Json& name : *found) {
        if (!name.is_string()) {
            return file.problem("feedforward_modules must be a list of names");
        }
        names.push_back(name.get<std::string>());
    }
    return names;
}

Result<void> open(nn::Decoder& decoder, AdapterFile& file)
{
    if (auto alone = file.checkAlone(decoder); !alone) {
        return alone;
    }
    if (auto refused = file.refuse("modules_to_save"); !refused) {
        return refused;
    }
    auto inputs = feedforward(file);
    if (!inputs) {
        return inputs.error();
    }
    std::vector<std::pair<Place, nn::SliceFactor>> ready;
    for (const auto& [path, place] : allPlaces(decoder)) {
        const std::string key = kPeftPrefix + path + ".ia3_l";
        if (!file.find(key)) {
            continue;
        }
        const bool onInput = matchesAny(path, *inputs);
        if (auto good = checkInput(place); onInput && !good) {
            return file.problem(good.message());
        }
        auto factor = file.read(key, onInput ? std::vector<std::int64_t>{1, place.inputs()}
                                             : std::vector<std::int64_t>{place.outputs(), 1});
        if (!factor) {
            return factor.error();
        }
        ready.push_back({place, {place.slice, factor->flatten().to(smallOptions(decoder)), onInput}});
    }
    if (auto good = file.checkAllRead(); !good) {
        return good;
    }
    if (auto named = checkNamed(file); !named) {
        return named;
    }
    if (ready.empty()) {
        return Error{file.tensors().path().string() + ": holds no adapter weights"};
    }
    for (auto& [place, factor] : ready) {
        place.group->factors.push_back(std::move(factor));
    }
    return {};
}

Result<std::vector<AdapterSetting>> settingsOf(const AdapterFile& file)
{
    auto inputs = feedforward(file);
    if (!inputs) {
        return inputs.error();
    }
    // The paths in the file where the config has a pattern, or leaves the choice to PEFT.
    auto modules = file.names("target_modules");
    if (!modules || modules->empty()) {
        modules = std::vector<std::string>();
        constexpr std::string_view kEnd = ".ia3_l";
        const std::string_view begin = kPeftPrefix;
        for (const std::string& key : file.keys()) {
            if (key.starts_with(begin) && key.ends_with(kEnd)) {
                modules->push_back(key.substr(begin.size(), key.size() - begin.size() - kEnd.size()));
            }
        }
    }
    return std::vector<AdapterSetting>{{"ia3_modules", *modules}, {"feedforward_modules", *inputs}};
}

Result<void> train(nn::Decoder& decoder, const MethodSettings&)
{
    decoder.setBaseTrainable(false);
    for (const nn::NamedTensor& factor : factors(decoder, false)) {
        factor.tensor.set_requires_grad(true);
    }
    return {};
}

} // namespace
} // namespace ia3_method

Method ia3Method()
{
    return {{"ia3",
             "IA3",
             "Trains only factors on keys, values and the MLP: the smallest adapter there is, for little data and near "
             "tasks. It folds into the model exactly.",
             {&ia3_method::settingsSection()},
             {ia3_method::someTarget(), ia3_method::inputsAreScaled()}},
            true,
            3e-3,
            ia3_method::attach,
            ia3_method::trainable,
            ia3_method::save,
            "IA3",
            ia3_method::open,
            true,
            {},
            ia3_method::settingsOf,
            ia3_method::train};
}

} // namespace luthier::peft
