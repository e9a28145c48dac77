// SPDX-License-Identifier: GPL-3.0-or-later
// Rollouts: answers that a model gives while it trains and learns from. What an objective over them says of itself: how many
// answers, how often each is learned from, and what each of their tokens is worth. Torch-free.
//
// Threads: plain values and pure functions.
#pragma once

#include "core/objectives/objective_settings.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace luthier::objectives {

// One answer of n tokens, the one that ended it among them.
struct Rollout {
    std::vector<float> logProbs;  // [n] ln p as it was given, at the sampling's temperature
    std::vector<float> reference; // [n] ln p of the model before the run
    std::vector<float> values;    // [n] what the value head expected before each token; empty: there is none
    double reward = 0;            // of rules or a reward model
    bool ended = true;            // by itself; false: cut after the most tokens

    // Made of the above by RolloutPlan::assess.
    std::vector<float> advantages; // [n]
    std::vector<float> returns;    // [n], where there are values

    double kl() const // Σ logProbs - reference
    {
        double sum = 0;
        for (std::size_t i = 0; i < logProbs.size() && i < reference.size(); ++i) {
            sum += static_cast<double>(logProbs[i]) - static_cast<double>(reference[i]);
        }
        return sum;
    }
};

// How answers are made and learned from.
struct RolloutShape {
    std::int64_t group = 1;   // answers to a prompt
    std::int64_t passes = 1;  // times that an update's answers are learned from
    std::int64_t parts = 1;   // optimizer steps of a pass
    std::int64_t maxNew = 64; // tokens of an answer
    double temperature = 1;

    std::int64_t stepsOfUpdate() const { return passes * parts; }
};

struct RolloutPlan {
    RolloutShape (*shape)(const ObjectiveSettings& settings) = nullptr;
    // Fills advantages and returns of an update's answers, those to one prompt one behind the other. `klWeight` of a token's
    // KL that is taken off its reward.
    void (*assess)(std::span<Rollout> answers, const ObjectiveSettings& settings, double klWeight) = nullptr;
    // What the loss of a token (of an answer, where the loss is one of whole answers) is multiplied with before the step's sum
    // is divided by its answers.
    double (*weight)(const ObjectiveSettings& settings, std::int64_t length, std::int64_t stepTokens, std::int64_t stepAnswers) = nullptr;
    double (*klWeight)(const ObjectiveSettings& settings) = nullptr; // of the first update; null: 0
    // Of the next update; `kl` is the mean over `answers` answers. Null: it stays.
    double (*nextKlWeight)(double now, double kl, std::int64_t answers, const ObjectiveSettings& settings) = nullptr;
    bool hasValues = false; // heads 0 and 1 are weight [d] and bias [1] of a value for each token
    std::int64_t (*valueWarmUp)(const ObjectiveSettings& settings) = nullptr; // updates at the start that teach the values alone; null: 0
    bool (*ownValues)(const ObjectiveSettings& settings) = nullptr; // values read adapters of their own over the base; null: the policy's
};

} // namespace luthier::objectives
