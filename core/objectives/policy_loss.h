// SPDX-License-Identifier: GPL-3.0-or-later
// PolicyLoss: what losses over a model's own answers share. Shapes as in micro_batch.h; per-target columns of the batch:
//   weight     RolloutPlan::weight of each target's answer; 0 of padding
//   mean       answers / tokens of the step: makes a sum over tokens a mean once the step's sum is divided by its answers
//   advantage, reference, and where answers are learned from more than once, old; with values: value, return, learned (1 where
//   the policy learns from it, 0 while the values warm up)
// and of answers, by kAnswerColumns: their reward, length, whether they ended by themselves, whether their group has a spread, and
//   what share of their tokens ends three that stood in the answer before ("repeats");
// and of the update, the same for all of its answers: what share of the returns' variance the values explained, the KL's weight.
// Internal to core: names torch types.
#pragma once

#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/objectives/rollout_settings.h"

#include <string>
#include <vector>

namespace luthier::objectives {

inline const std::vector<std::string> kAnswerColumns = {"reward", "length", "ended", "spread", "explained", "kl_weight", "repeats"};

struct PolicyReading {
    at::Tensor hidden;    // [M, d] of the places that predict a target
    at::Tensor logProbs;  // [M] differentiable, at the temperature
    at::Tensor old;       // [M] of when the answers were made; without such a column their own, detached
    at::Tensor entropy;   // [M] no gradient
    at::Tensor reference; // [M]

    at::Tensor ratio() const { return (logProbs - old).exp(); }
    at::Tensor kl() const; // k3 of each token: e^x - x - 1, x = reference - logProbs; differentiable
};
PolicyReading readPolicy(const LossInput& input);

// -min(ratio A, clip(ratio, 1 - low, 1 + high) A)
at::Tensor clippedLoss(const at::Tensor& ratio, const at::Tensor& advantage, double low, double high);
// 1 where the clip decided.
at::Tensor isClipped(const at::Tensor& ratio, const at::Tensor& advantage, double low, double high);

// reward, kl, entropy, clip share, answer tokens, ended share, repeat share: what all of these objectives measure first.
std::vector<std::string> policyMeasures();
std::vector<at::Tensor> policyMeasuresOf(const LossInput& input, const PolicyReading& reading, const at::Tensor& clipped);

at::Tensor withoutSpread(const MicroBatch& batch); // answers whose group has none

// V of each target, [M] fp32: hidden [M, d], the heads "value.weight" and "value.bias". Differentiable.
at::Tensor valuesOf(const at::Tensor& hidden, const std::vector<nn::NamedTensor>& heads);

// The prompt of a row, ready to be answered: one sequence without a target.
Result<EncodedItem> encodePromptRow(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings);

// What these rows of the table have in common.
void makeRolloutRow(Objective& row);

} // namespace luthier::objectives
