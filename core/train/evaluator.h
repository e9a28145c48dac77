// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluator: what a set of items measures, such as those that are never trained on: the objective's loss and its measures,
// divided as the objective divides.
// Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/train/batch_loss.h"
#include "core/train/batch_plan.h"
#include "core/train/events.h"
#include "core/train/items.h"

#include <functional>
#include <optional>
#include <string>

namespace luthier::train {

class Evaluator {
public:
    // The store must outlive it. Items of like length share a batch of `batchSize`.
    Evaluator(BatchLoss loss, const ItemStore& items, std::int64_t batchSize,
              std::string set = std::string(measures::kHeldOutSet));

    bool isEmpty() const { return m_items.isEmpty(); }

    // Adapters on, dropout off. Nothing when `isStopped` said so in between.
    std::optional<EvalDone> run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped);

private:
    BatchLoss m_loss;
    const ItemStore& m_items;
    EpochPlan m_plan;
    std::int64_t m_targets = 0;
    std::int64_t m_firsts = 0;    // of the targets, those of the items' first sequences
    std::int64_t m_maxLength = 0; // of the items' sequences
    std::string m_set;
};

} // namespace luthier::train
