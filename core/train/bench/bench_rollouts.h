// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutPeers: what a run over its own answers has beside the policy, over the same base: the model before the run, a reward
// model (adapters of the policy's kind and a head) and, where the objective has them, values. For measuring: they are drawn, not
// trained. Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/inference/judging.h"
#include "core/nn/decoder.h"
#include "core/peft/methods/method.h"
#include "core/train/step/batch_loss.h"

#include <cstdint>
#include <vector>

namespace luthier::train {

struct RolloutPeers {
    inference::Scorer judge;
};

// The method must write an adapter; the decoder has its own adapters already, and keeps them.
Result<RolloutPeers> makeRolloutPeers(nn::Decoder& decoder, const peft::Method& method, const peft::MethodSettings& settings, std::uint64_t seed);

// Once what comes before an update's steps, in the shapes of `step`: the second half of `rows` texts of `length` tokens is drawn
// through the cache, the reward model judges them, and policy, reference and values read them. What it says is dropped.
// Errors: of the answers, "cancelled". May throw what torch throws.
Result<void> answerOnce(const BatchLoss& models, const std::vector<nn::NamedTensor>& heads, const RolloutPeers& peers, const StepBatches& step,
                        std::int64_t rows, std::int64_t length, const base::CancelToken& cancel);

} // namespace luthier::train
