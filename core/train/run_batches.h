// SPDX-License-Identifier: GPL-3.0-or-later
// RunBatches: what a run passes, the form of its micro-batches and their loss; so does what measures it before it begins.
// Internal to core: names torch types.
#pragma once

#include "core/objectives/token_loss_settings.h"
#include "core/train/general_objective.h"
#include "core/train/run_parts.h"
#include "core/train/step/batch_loss.h"
#include "core/train/step/micro_batch.h"

#include <utility>

namespace luthier::train {

inline BatchForm formOf(const RunParts& parts)
{
    return formFor(*parts.objective, parts.plan->settings().maxLength, parts.plan->isPacked(), !parts.placement.device.is_cpu());
}

inline BatchLoss lossOf(const config::RunConfig& config, const RunParts& parts)
{
    objectives::ObjectiveSettings settings = config.objective;
    settings.of<objectives::TokenLossSettings>().smoothing = config.run.labelSmoothing;
    return {*parts.decoder, *parts.objective, std::move(settings), parts.heads, parts.reference};
}

// Of what should not be forgotten.
inline BatchLoss generalLossOf(const config::RunConfig& config, const RunParts& parts)
{
    const objectives::Objective& general = generalObjective(*parts.objective);
    return &general == parts.objective ? lossOf(config, parts) : BatchLoss(*parts.decoder, general);
}

} // namespace luthier::train
