// SPDX-License-Identifier: GPL-3.0-or-later
// LoRA: a trained low-rank update beside chosen projections of a frozen base; W x + s B (A x), where s is alpha / r, or
// alpha / sqrt(r) (rsLoRA). A starts uniform in +-1/sqrt(in) (Kaiming with a = sqrt(5), as PEFT), B with zeros: step 0 is
// the base. DoRA adds a magnitude for each output row that starts as the row's norm. Dropout acts on the low-rank part
// alone, with DoRA too (PEFT also drops inputs of the rescaled base product then).
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/nn/layers/linear_extras.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/folders/lora_folder.h"
#include "core/peft/methods/eva.h"
#include "core/peft/methods/loose_start.h"
#include "core/peft/methods/lora_ranks.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/lora_start.h"
#include "core/peft/targets.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace luthier::peft {

Result<void> openLora(nn::Decoder& decoder, AdapterFile& file); // lora_open.cpp
Result<std::vector<AdapterSetting>> loraSettingsOf(const AdapterFile& file); // lora_continue.cpp
Result<void> trainLora(nn::Decoder& decoder, const MethodSettings& settings);

namespace lora_method {
namespace {

std::vector<fields::Choice> startChoices()
{
    std::vector<fields::Choice> choices;
    for (const LoraStart& start : loraStarts()) {
        choices.push_back({start.id, start.label});
    }
    return choices;
}

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<MethodSettings, LoraSettings>({
        field<&LoraSettings::rank>("rank", "Rank", "Width of the low-rank update. 1 to 4096, usually 8 to 64.", {.low = 1, .high = 4096}),
        field<&LoraSettings::alpha>("alpha", "Alpha", "The update is scaled by alpha / rank. Above 0, usually twice the rank.", {.low = 0, .high = 65536, .lowOpen = true}),
        field<&LoraSettings::dropout>("dropout", "Dropout", "Share of the adapter's inputs dropped while training. 0 to 0.9, usually 0.05.", {.low = 0, .high = 0.9}),
        field<&LoraSettings::targetModules>("target_modules", "Target modules", "Projections that get an adapter, by name, or all-linear; the embedding (embed_tokens) and the head (lm_head) too, without dropout. Usually q_proj,v_proj."),
        field<&LoraSettings::rankPattern>("rank_pattern", "Rank by module", "Ranks of some modules, as name=rank; the first name that fits decides. Usually empty.", {}, {.advanced = true}),
        field<&LoraSettings::alphaPattern>("alpha_pattern", "Alpha by module", "Alphas of some modules, as name=alpha; the first name that fits decides. Usually empty.", {}, {.advanced = true}),
        field<&LoraSettings::useRslora>("use_rslora", "Scale by root of rank", "Scales the update by alpha / sqrt(rank), which suits ranks above 64. Usually off.", {}, {.advanced = true}),
        field<&LoraSettings::useDora>("use_dora", "DoRA", "Trains the length of each weight row apart from its direction: a little better at small ranks, slower. Usually off.", {}, {.advanced = true}),
        field<&LoraSettings::bias>("bias", "Biases", "Which biases of the model train too: none (usual), all, or those of the adapted projections.", {},
            {.choices = {{"none", "None"}, {"all", "All"}, {"lora_only", "Adapted projections"}}, .advanced = true}),
        field<&LoraSettings::modulesToSave>("modules_to_save", "Modules trained whole", "Embeddings, head or norms that train whole and are kept in the adapter, such as embed_tokens,lm_head. Usually empty.", {}, {.advanced = true}),
        field<&LoraSettings::tokens>("trainable_token_indices", "Tokens trained", "Tokens whose rows of the embedding train, of a tied head too, by id or as they are spelt, such as new marks of turns. Usually empty.", {}, {.advanced = true}),
        field<&LoraSettings::loraBias>("lora_bias", "Bias of the update", "Gives each update a bias of its own; merging needs projections that have one. Usually off.", {}, {.advanced = true}),
        field<&LoraSettings::start>("init_lora_weights", "Start", "What A and B are before the first step: at random and zero (usual), or made of the base's weights, of what its rounding to 4 bits lost, or (EVA) of what the projections read in your rows; large models take minutes for those.", {},
            {.choices = startChoices(), .advanced = true}),
        field<&LoraSettings::evaRho>("eva_rho", "Directions EVA looks at", "With the EVA start: how many directions of what a projection reads are found, as a multiple of the rank; above 1 ranks go where they explain most. 1 to 16, usually 2.", {.low = 1, .high = 16}, {.advanced = true}),
    });
    return section;
}

fields::Rule startWithoutDora()
{
    return {{"method.init_lora_weights", "method.use_dora"},
            "DoRA begins at the length of the base's rows: take the usual start with it.",
            [](const fields::SettingsView& run) { return run.isOn("method.use_dora") && run.text("method.init_lora_weights") != "usual"; }};
}

fields::Rule codesForLoftq()
{
    return {{"method.init_lora_weights", "model.quantization", "method.kind"},
            "LoftQ starts from what 4-bit codes lose: take QLoRA, or another start.",
            [](const fields::SettingsView& run) {
                const std::string held = run.text("model.quantization");
                const bool inCodes = held == "nf4" || held == "fp4" || (held == "auto" && run.text("method.kind") == "qlora");
                return run.text("method.init_lora_weights") == "loftq" && !inCodes;
            }};
}

fields::Rule someTarget()
{
    return {{"method.target_modules"},
            "Name at least one projection for the adapter.",
            [](const fields::SettingsView& run) { return run.list("method.target_modules").empty(); }};
}

fields::Rule noBiasOfDora()
{
    return {{"method.lora_bias", "method.use_dora"},
            "DoRA has no bias of the update: switch one of the two off.",
            [](const fields::SettingsView& run) { return run.isOn("method.lora_bias") && run.isOn("method.use_dora"); }};
}

fields::Rule baseInCodes()
{
    return {{"model.quantization", "method.kind"},
            "QLoRA trains on a base in 4 bits: set the quantisation to automatic, nf4 or fp4, or take lora.",
            [](const fields::SettingsView& run) { return run.text("model.quantization") == "none"; }};
}

// "q_proj=8" rows as the object of PEFT's config; the pattern may hold "=" itself.
Result<Json> patternObject(const std::vector<std::string>& rows, const char* key)
{
    Json object = Json::object();
    for (const std::string& row : rows) {
        const auto at = row.rfind('=');
        double value = 0;
        const char* end = row.data() + row.size();
        const bool split = at != std::string::npos && at > 0;
        if (!split || std::from_chars(row.data() + at + 1, end, value).ptr != end || at + 1 == row.size()) {
            return Error{"method." + std::string(key) + ": \"" + row + "\" must be name=number, such as k_proj=8"};
        }
        object[row.substr(0, at)] = patternNumber(value);
    }
    return object;
}

Result<LoraFolderInfo> infoOf(const LoraSettings& settings)
{
    auto ranks = patternObject(settings.rankPattern, "rank_pattern");
    auto alphas = patternObject(settings.alphaPattern, "alpha_pattern");
    if (!ranks || !alphas) {
        return ranks ? alphas.error() : ranks.error();
    }
    LoraFolderInfo info{settings.rank, settings.alpha, settings.dropout, settings.targetModules, {}, {},
                        settings.useRslora, settings.useDora, settings.bias, settings.modulesToSave,
                        std::move(*ranks), std::move(*alphas)};
    info.hasLowBiases = settings.loraBias;
    return info;
}

// Names of whole tensors that train: those of a module whose path ends in a wanted name, as PEFT looks for them.
Result<std::vector<std::string>> wholeTensors(nn::Decoder& decoder, const std::vector<std::string>& modules)
{
    std::vector<std::string> names;
    std::string there;
    std::set<std::string> found;
    for (const std::string& name : decoder.replaceable()) {
        const std::string path = name.substr(0, name.rfind('.'));
        bool wanted = false;
        for (const std::string& module : modules) {
            if (path.ends_with(module)) {
                found.insert(module);
                wanted = true;
            }
        }
        if (wanted) {
            names.push_back(name);
        }
        const std::string last = path.substr(path.rfind('.') + 1);
        there += there.find(last) == std::string::npos ? (there.empty() ? "" : ", ") + last : "";
    }
    for (const std::string& module : modules) {
        if (module.empty() || !found.contains(module)) {
            return Error{"method.modules_to_save: \"" + module + "\" is none of " + there
                         + "; projections are adapted by target_modules"};
        }
    }
    return names;
}

Result<void> attachBiases(nn::Decoder& decoder, const std::string& which, const std::vector<Place>& adapted,
                          std::vector<std::string>& whole)
{
    std::set<std::string> paths;
    for (const Place& place : adapted) {
        paths.insert(place.path());
    }
    bool any = false;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; group->bias.defined() && slice < group->slices.size(); ++slice) {
            if (which == "all" || paths.contains(group->slicePath(slice))) {
                any = true;
                group->biases.push_back({slice, group->sliceBias(slice).clone().set_requires_grad(true)});
            }
        }
    }
    if (which == "all") {
        for (const std::string& name : decoder.replaceable()) {
            if (name.ends_with(".bias") && std::find(whole.begin(), whole.end(), name) == whole.end()) {
                whole.push_back(name);
                any = true;
            }
        }
    }
    return any ? Result<void>()
               : Error{"method.bias: the model has no biases there; choose none"};
}

Result<void> attachLowRank(nn::Decoder& decoder, const Place& place, const LoraConfig& config, const LoraSettings& settings,
                           const Start& start, at::Generator& generator)
{
    const auto options = thinOptions(decoder);
    const std::int64_t asked = config.rankFor(place.path());
    const auto found = start.directions ? start.directions->of.find(place.path()) : decltype(start.directions->of.end()){};
    if (start.directions && found == start.directions->of.end()) {
        return {}; // no rank was dealt to it
    }
    const std::int64_t rank = start.directions ? found->second.size(0) : asked;
    const double bound = 1 / std::sqrt(static_cast<double>(place.inputs()));
    nn::LowRank adapter;
    adapter.slice = place.slice;
    adapter.a = at::empty({rank, place.inputs()}, at::kFloat).uniform_(-bound, bound, generator).to(options);
    adapter.b = at::zeros({place.outputs(), rank}, options);
    // Alpha grows with a rank that was dealt: by rsLoRA the scale does, too.
    adapter.scale = config.scaleFor(place.path()) * (settings.useRslora ? std::sqrt(static_cast<double>(rank) / static_cast<double>(asked)) : 1);
    adapter.dropout = settings.dropout;
    adapter.a.set_requires_grad(true);
    adapter.b.set_requires_grad(true);
    if (settings.loraBias) {
        adapter.bias = at::zeros({place.outputs()}, smallOptions(decoder)).set_requires_grad(true);
    }
    if (config.dora) {
        adapter.magnitude = nn::normOf(*place.group, adapter).set_requires_grad(true);
    }
    if (start.directions) {
        if (found->second.size(1) != place.inputs()) {
            return Error{"method.init_lora_weights: the directions found for " + place.path() + " are of another model"};
        }
        adapter.a.detach().copy_(found->second);
    }
    place.group->adapters.push_back(std::move(adapter));
    const LoraStart* begins = findLoraStart(settings.start);
    return begins ? beginLowRank(place.group->adapters.back(), *begins, {place, rank, config.scaleFor(place.path()), start.baseFolder, generator, start.directions != nullptr})
                  : Result<void>(Error{"method.init_lora_weights: there is no start \"" + settings.start + "\""});
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& method, const Start& start)
{
    const auto& settings = method.of<LoraSettings>();
    const auto targets = looseTargets(decoder, settings.targetModules);
    auto places = projectionsOf(decoder, targets);
    if (!places) {
        return places.error();
    }
    auto info = infoOf(settings);
    if (!info) {
        return info.error();
    }
    auto config = parseLoraConfig(loraFolderConfig(*info));
    if (!config) {
        return Error{"method: " + config.message()};
    }
    auto whole = wholeTensors(decoder, settings.modulesToSave);
    if (!whole) {
        return whole.error();
    }
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    if (settings.bias != "none") {
        if (auto biases = attachBiases(decoder, settings.bias, *places, *whole); !biases) {
            return biases;
        }
    }
    // Drawn on the CPU, so that a seed gives the same start on every device.
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(start.seed);
    for (const Place& place : *places) {
        if (auto attached = attachLowRank(decoder, place, *config, settings, start, generator); !attached) {
            return attached;
        }
    }
    if (auto loose = attachLoose(decoder, targets, settings, *config, {start.baseFolder, generator}); !loose) {
        return loose;
    }
    for (const std::string& name : *whole) {
        auto copy = decoder.replace(name);
        if (!copy) {
            return copy.error();
        }
        copy->set_requires_grad(true);
    }
    return {};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    return loraTensors(decoder, true);
}

void doubleNumbers(Json& pattern, double factor)
{
    for (auto& [name, value] : pattern.items()) {
        value = value.is_number_integer() && factor == 2 ? Json(2 * value.get<std::int64_t>()) : Json(value.get<double>() * factor);
    }
}

Result<void> save(nn::Decoder& decoder, const MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    auto info = infoOf(settings.of<LoraSettings>());
    auto fingerprint = fingerprintOf(baseFolder);
    if (!info || !fingerprint) {
        return info ? fingerprint.error() : info.error();
    }
    const LoraStart* begins = findLoraStart(settings.of<LoraSettings>().start);
    std::optional<WholeUpdates> whole;
    if (begins && begins->isTakenOff) { // twice the rank at the same scale
        whole.emplace(decoder);
        info->rank *= 2;
        info->alpha *= settings.of<LoraSettings>().useRslora ? std::sqrt(2.0) : 2.0;
        doubleNumbers(info->rankPattern, 2);
        doubleNumbers(info->alphaPattern, settings.of<LoraSettings>().useRslora ? std::sqrt(2.0) : 2.0);
    }
    if (begins && begins->readsRows) {
        if (auto said = sayDealtRanks(decoder, *info); !said) {
            return said;
        }
    }
    info->basePath = baseFolder.string();
    info->baseFingerprint = *fingerprint;
    return saveLoraFolder(decoder, target, *info);
}

} // namespace
} // namespace lora_method

Result<std::vector<std::pair<Place, std::int64_t>>> ranksOf(nn::Decoder& decoder, const LoraSettings& settings)
{
    auto places = projectionsOf(decoder, looseTargets(decoder, settings.targetModules));
    auto info = lora_method::infoOf(settings);
    if (!places || !info) {
        return places ? info.error() : places.error();
    }
    const auto config = parseLoraConfig(loraFolderConfig(*info));
    if (!config) {
        return Error{"method: " + config.message()};
    }
    std::vector<std::pair<Place, std::int64_t>> ranks;
    for (const Place& place : *places) {
        ranks.emplace_back(place, config->rankFor(place.path()));
    }
    return ranks;
}

Method loraMethod()
{
    return {{"lora",
             "LoRA",
             "Trains a small adapter beside the frozen model: little memory, a small file, and the base stays as it "
             "is. The usual choice.",
             {&lora_method::settingsSection()},
             {lora_method::someTarget(), lora_method::noBiasOfDora(), lora_method::startWithoutDora(), lora_method::codesForLoftq()}},
            true,
            2e-4,
            lora_method::attach,
            lora_method::trainable,
            lora_method::save,
            "LORA",
            openLora,
            true,
            {},
            loraSettingsOf,
            trainLora};
}

Method qloraMethod()
{
    Method method = loraMethod();
    method.id = "qlora";
    method.label = "QLoRA";
    method.help = "LoRA beside a base held in 4 bits: a model four times as large fits, at somewhat less speed. For models that "
                  "do not fit otherwise.";
    method.quantization = "nf4";
    method.rules.push_back(lora_method::baseInCodes());
    return method;
}

} // namespace luthier::peft
