// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/token_loss.h"

#include "core/objectives/token_log_probs.h"

namespace luthier::objectives {

at::Tensor targetLogProbs(const Prediction& prediction, const MicroBatch& batch)
{
    return tokenLogProbs(pickTargets(prediction.hidden, batch), prediction.head, batch.targets, {.softcap = prediction.softcap});
}

LossValue tokenLoss(const LossInput& input)
{
    const Prediction policy = input.policy();
    return {tokenLossSum(pickTargets(policy.hidden, input.batch), policy.head, input.batch.targets, {}, {.softcap = policy.softcap}),
            {}};
}

LossValue exactTokenLoss(const LossInput& input)
{
    return {targetLogProbs(input.policy(), input.batch).sum(at::kDouble).neg(), {}};
}

} // namespace luthier::objectives
