// SPDX-License-Identifier: GPL-3.0-or-later
// OptimizerSettings: which row of optimizers.h, what all of them share, and the settings of all rows.
#pragma once

#include "core/fields/sections.h"

#include <string>
#include <vector>

namespace luthier::optim {

struct OptimizerSettings : fields::Sections {
    std::string kind = "adamw";
    double learningRate = 2e-5;  // at its highest; a schedule moves it
    double maxGradNorm = 1.0;    // 0: no clipping
    std::string paging = "auto"; // auto, on, off: state in host memory
    double loraPlusRatio = 1;    // rate of a LoRA's B over that of its A (LoRA+)
    double layerDecay = 1;       // a layer's rate over that of the next one, counted down from the last
    std::vector<std::string> ratePattern;  // "name=factor": rates of some weights over the others'
    std::vector<std::string> decayPattern; // "name=decay": weight decay of some weights
};

// Of the optimizers that pull weights towards zero; each says how in its help.
struct DecaySettings {
    double weightDecay = 0.01;
};

std::vector<fields::Field> optimizerFields(); // of all optimizers, but for the choice among them
const fields::Section& decaySection();

} // namespace luthier::optim
