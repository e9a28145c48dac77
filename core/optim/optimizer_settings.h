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
};

// Of the optimizers that pull weights towards zero; each says how in its help.
struct DecaySettings {
    double weightDecay = 0.01;
};

std::vector<fields::Field> optimizerFields(); // of all optimizers, but for the choice among them
const fields::Section& decaySection();

} // namespace luthier::optim
