// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the objectives that learn from answers of their own. Those that several rows have are one section.
#pragma once

#include "core/fields/row.h"
#include "core/objectives/rollouts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::objectives {

struct AnswerSettings {
    std::vector<std::string> rewards = {"exact"}; // rules as rewards::parseRule reads them
    std::string rewardModel;          // a folder; empty: none
    double rewardModelWeight = 1;
    std::int64_t maxNew = 64;
    double temperature = 1;
    std::int64_t atOnce = 64;  // answers that are made side by side
    std::int64_t look = 16;    // answers sampled before the start
    std::int64_t keep = 200;   // updates whose answers stay on the disk
};

struct GroupSettings {
    std::int64_t group = 8;
    std::int64_t iterations = 1;
};

struct ClipSettings {
    double clip = 0.2;
    double clipHigh = 0; // 0: as clip

    double high() const { return clipHigh > 0 ? clipHigh : clip; }
};

struct GrpoSettings {
    std::string normaliser = "dapo"; // dapo, dr_grpo, grpo
    std::string scale = "group";     // group, batch, none
    double klInLoss = 0;
};

struct KlSettings {
    double klInReward = 0.05;
};

struct PpoSettings {
    std::int64_t epochs = 4;
    std::int64_t minibatches = 1;
    double valueClip = 0.2;
    double valueWeight = 0.1;
    double discount = 1;
    double lambda = 0.95;
    bool whitenRewards = false;
    double missingEndPenalty = 0;
    double klTarget = 6; // 0: the weight stays
    double klHorizon = 1000;
    std::string valueAdapters = "policy"; // policy, own
    std::int64_t valueWarmUp = 2;         // updates
};

const fields::Section& answerSection();
const fields::Section& groupSection(); // grpo, rloo
const fields::Section& clipSection();
const fields::Section& klSection();    // rloo, ppo

// Rules that all of these rows have: some reward, and answers that fill whole groups.
std::vector<fields::Rule> rolloutRules(bool grouped);

} // namespace luthier::objectives
