// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutBatches: an update's answers as micro-batches. They are cut once: log-probabilities are taken, and learned from however
// often, in these very batches, so that none differs by the shape it was computed in. Internal to core: names torch types.
#pragma once

#include "core/objectives/rollouts.h"
#include "core/rollouts/answered.h"
#include "core/train/step/batch_loss.h"
#include "core/train/step/micro_batch.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace luthier::train {

struct RolloutBatch {
    MicroBatch batch;                   // in CPU memory
    std::vector<std::uint32_t> answers; // of the update, in the batch's order
};

struct RolloutForm {
    std::int64_t batchSize = 1;
    bool onCard = false; // of sizes that a card's recordings have, in memory that it copies from by itself
};

// Answers of like length share a batch.
std::vector<RolloutBatch> cutRollouts(const std::vector<rollouts::Answered>& answers, const RolloutForm& form);

// What a model says of the batch's targets, on the CPU, [M] fp32 each: at the temperature, without gradients.
struct Scores {
    at::Tensor logProbs;
    at::Tensor values; // undefined: no heads were given
};
using Model = std::function<objectives::Prediction(const MicroBatch&)>;
// `values`: what the heads read instead of the model; null: the model.
Scores scoreBatch(const Model& model, const MicroBatch& batch, at::Device device, double temperature, const std::vector<nn::NamedTensor>& heads,
                  const Model& values = {});

// Numbers of a batch's targets into its answers, and back.
using NumberList = std::vector<float> objectives::Rollout::*;
void takeNumbers(const RolloutBatch& batch, const at::Tensor& values, NumberList list, std::vector<rollouts::Answered>& answers);

struct UpdateFacts {
    std::int64_t group = 1;
    double klWeight = 0;
    bool learnedOnce = true; // then the loss takes its own log-probabilities for the old ones
    bool warmsUp = false;    // the values alone learn from it
};
// Columns and per-target columns that follow from the assessed answers (objectives/policy_loss.h), but for "weight" and "mean".
void addColumns(RolloutBatch& batch, const rollouts::Update& update, const UpdateFacts& facts);

// A step of these batches, with "weight" and "mean".
std::vector<MicroBatch> stepOf(const std::vector<const RolloutBatch*>& batches, const rollouts::Update& update, const objectives::RolloutPlan& plan,
                               const objectives::ObjectiveSettings& settings);

// 1 - Var(returns - values) / Var(returns) over all tokens; 0 where returns do not vary, or there are no values.
double explainedVariance(const std::vector<rollouts::Answered>& answers);

} // namespace luthier::train
