// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the objectives that learn from preferences. Those that several rows have are one section that all of them name.
#pragma once

#include "core/fields/sections.h"

#include <string>

namespace luthier::objectives {

struct BetaSettings {
    double beta = 0; // 0: the objective's usual one
};

struct ReferenceSettings {
    std::string reference = "auto"; // auto, live, once
};

struct DpoSettings {
    std::string loss = "sigmoid"; // sigmoid, ipo, hinge, robust, conservative
    double labelSmoothing = 0;
    double nllWeight = 0;
};

struct SimpoSettings {
    double gamma = 1.375; // absolute, not a multiple of beta
};

struct KtoSettings {
    double desirableWeight = 1;
    double undesirableWeight = 1;
};

struct RewardSettings {
    double centerWeight = 0;
};

const fields::Section& betaSection();
const fields::Section& referenceSection();

// What beta is: as set, or `usual` where nothing was.
double betaOf(const BetaSettings& settings, double usual);

} // namespace luthier::objectives
