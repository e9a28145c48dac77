// SPDX-License-Identifier: GPL-3.0-or-later
// Full tuning: every base weight that is not frozen is a leaf; the result is a whole model folder.
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/peft/methods/full_settings.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>

#include <charconv>

namespace luthier::peft {

namespace full_method {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<MethodSettings, FullSettings>({
        field<&FullSettings::frozenLayers>("frozen_layers", "Frozen layers", "The first so many layers stay as they are: less memory, less forgetting. 0: all train.", {.low = 0, .high = 100000}, {.unit = "layers"}),
        field<&FullSettings::freezeEmbeddings>("freeze_embeddings", "Freeze the embeddings", "Keeps the embeddings, and a head tied to them, as they are. Usually off.", {}, {.advanced = true}),
    });
    return section;
}

fields::Rule notInCodes()
{
    return {{"model.quantization", "method.kind"},
            "All weights cannot be trained in 4 bits: take an adapter such as qlora, or leave the model unquantised.",
            [](const fields::SettingsView& run) {
                const std::string held = run.text("model.quantization");
                return held == "nf4" || held == "fp4";
            }};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    auto leaves = decoder.baseLeaves();
    std::erase_if(leaves, [](const nn::NamedTensor& leaf) { return !leaf.tensor.requires_grad(); });
    return leaves;
}

// Whether the leaf belongs to one of the first `layers`: its path holds ".<index>.", "layers.3.mlp".
bool isInFirst(const std::string& name, const std::string& layers, std::int64_t count)
{
    if (!name.starts_with(layers)) {
        return false;
    }
    std::int64_t index = -1;
    const char* digits = name.data() + layers.size();
    std::from_chars(digits, name.data() + name.size(), index);
    return index >= 0 && index < count;
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& method, const Start&)
{
    const auto& settings = method.of<FullSettings>();
    if (decoder.isQuantised()) {
        return Error{"method.kind: the model is held in 4 bits, where not all weights can be trained; take an adapter such as "
                     "qlora, or the unquantised model"};
    }
    const std::int64_t layers = decoder.config().layers;
    if (settings.frozenLayers > layers) {
        return Error{"method.frozen_layers: the model has " + std::to_string(layers) + " layers, fewer than "
                     + std::to_string(settings.frozenLayers)};
    }
    decoder.setBaseTrainable(true);
    const nn::WeightNames names = nn::weightNames(decoder.config());
    for (const nn::NamedTensor& leaf : decoder.baseLeaves()) {
        const bool embeds = leaf.name == names.embedding + ".weight" || leaf.name == names.positions + ".weight";
        if (isInFirst(leaf.name, names.layers, settings.frozenLayers) || (embeds && settings.freezeEmbeddings)) {
            leaf.tensor.requires_grad_(false);
        }
    }
    return trainable(decoder).empty() ? Error{"method: everything is frozen; let at least one layer train"}
                                      : Result<void>();
}

Result<void> save(nn::Decoder& decoder, const MethodSettings&, const std::filesystem::path& baseFolder,
                  const std::filesystem::path& target)
{
    return weights::saveModelFolder(decoder, baseFolder, target, decoder.dtype());
}

} // namespace
} // namespace full_method

Method fullMethod()
{
    return {{"full",
             "All weights",
             "Trains every weight: the most freedom, for much data or a new language. Needs about four times the "
             "memory of the model and writes a whole model.",
             {&full_method::settingsSection()},
             {full_method::notInCodes()}},
            false,
            2e-5,
            full_method::attach,
            full_method::trainable,
            full_method::save};
}

} // namespace luthier::peft
