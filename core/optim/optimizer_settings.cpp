// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/optimizer_settings.h"

namespace luthier::optim {

using fields::field;

std::vector<fields::Field> optimizerFields()
{
    return {
        field<&OptimizerSettings::learningRate>("learning_rate", "Learning rate", "Size of a step. Above 0 to 1; usually 2e-5 for all weights, 1e-4 to 1e-3 for a LoRA.", {.low = 0, .high = 1, .lowOpen = true}),
        field<&OptimizerSettings::maxGradNorm>("max_grad_norm", "Clip gradients at", "Gradients with a larger norm are scaled down to it. 0: never; usually 1.", {.low = 0, .high = 1e6}, {.advanced = true}),
        field<&OptimizerSettings::paging>("paging", "Paged state", "Keeps the optimizer's state in host memory and moves it to the card step by step. Automatic: only when the card is short of memory.", {},
            {.choices = {{"auto", "Automatic"}, {"on", "On"}, {"off", "Off"}}, .advanced = true}),
        field<&OptimizerSettings::loraPlusRatio>("lora_plus_ratio", "LoRA+ ratio", "How many times as fast a LoRA's B learns as its A. 1: alike (usual); 16 is LoRA+'s.", {.low = 0, .high = 1e4, .lowOpen = true}, {.advanced = true}),
        field<&OptimizerSettings::layerDecay>("layer_decay", "Rate by layer", "A layer's learning rate over that of the next: below 1 early layers move less. Above 0 to 1, usually 1.", {.low = 0, .high = 1, .lowOpen = true}, {.advanced = true}),
        field<&OptimizerSettings::ratePattern>("rate_pattern", "Rate by name", "Learning rates of some weights, as name=factor; the first name that a weight's contains decides. Usually empty.", {}, {.advanced = true}),
        field<&OptimizerSettings::decayPattern>("decay_pattern", "Decay by name", "Weight decay of some weights, as name=decay; the first name that a weight's contains decides. Usually empty.", {}, {.advanced = true}),
    };
}

const fields::Section& decaySection()
{
    static const auto section = fields::section<OptimizerSettings, DecaySettings>({
        field<&DecaySettings::weightDecay>("weight_decay", "Weight decay", "Pull of the weights towards zero; norms and biases are left out. 0 to 1, usually 0.01.", {.low = 0, .high = 1}),
    });
    return section;
}

} // namespace luthier::optim
