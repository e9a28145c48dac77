// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/token_loss.h"

#include "core/objectives/objectives.h"
#include "core/objectives/token_log_probs.h"
#include "core/objectives/token_loss_settings.h"

namespace luthier::objectives {

at::Tensor targetLogProbs(const Prediction& prediction, const MicroBatch& batch)
{
    return tokenLogProbs(pickTargets(prediction.hidden, batch), prediction.head, batch.targets, {.softcap = prediction.softcap});
}

LossValue tokenLoss(const LossInput& input)
{
    const Prediction policy = input.policy();
    LogitSettings settings;
    settings.softcap = policy.softcap;
    settings.smoothing = input.settings.of<TokenLossSettings>().smoothing;
    return {tokenLossSum(pickTargets(policy.hidden, input.batch), policy.head, input.batch.targets, input.batch.perTarget(kWeightColumn), settings),
            {}};
}

LossValue exactTokenLoss(const LossInput& input)
{
    return {targetLogProbs(input.policy(), input.batch).sum(at::kDouble).neg(), {}};
}

} // namespace luthier::objectives
