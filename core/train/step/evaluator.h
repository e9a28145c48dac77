// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluator: what a set of items measures, such as those that are never trained on: the objective's loss and its measures,
// divided as the objective divides.
// Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/ranks/team.h"
#include "core/train/step/batch_loss.h"
#include "core/train/events.h"
#include "core/train/plan/items.h"
#include "core/train/step/shrinking_batches.h"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

class Evaluator {
public:
    // The store must outlive it. Items of like length share a batch of `batchSize`, of more where they are short (measuringBatches), or of fewer where
    // memory wants it.
    Evaluator(BatchLoss loss, const ItemStore& items, std::int64_t batchSize,
              std::string set = std::string(measures::kHeldOutSet));

    // Of several ranks each measures its part of the batches, and run() gives all of them the whole: all must call it. An objective that
    // looks across a batch is measured by each rank as if it were alone.
    void shareWith(ranks::Team& team);

    bool isEmpty() const { return m_items.isEmpty(); }
    const std::string& set() const { return m_set; }

    // Adapters on, dropout off. Nothing when `isStopped` said so in between.
    std::optional<EvalDone> run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped);

    // What run() had to do to go on, as a sentence; empty: nothing. Given once.
    std::string takeNotice() { return m_batches.takeNotice(); }

private:
    // [sums, whole?] of all ranks; throws where one of them had no room.
    bool addUp(at::Tensor& sums, bool isWhole, const std::exception_ptr& problem) const;

    BatchLoss m_loss;
    const ItemStore& m_items;
    std::vector<std::uint32_t> m_order; // longest first, so that what does not fit is met at once
    ShrinkingBatches m_batches;
    ranks::Team* m_team = nullptr;      // null: alone
    std::int64_t m_targets = 0;
    std::int64_t m_firsts = 0;    // of the targets, those of the items' first sequences
    std::int64_t m_maxLength = 0; // of the items' sequences
    std::string m_set;
};

} // namespace luthier::train
