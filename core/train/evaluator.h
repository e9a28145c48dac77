// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluator: the loss on rows that are never trained on: sum of token losses / number of target tokens.
// Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/nn/decoder.h"
#include "core/train/batch_plan.h"
#include "core/train/token_store.h"

#include <functional>
#include <optional>

namespace luthier::train {

class Evaluator {
public:
    // Decoder and store must outlive it. Rows of like length share a batch of `batchSize`.
    Evaluator(nn::Decoder& decoder, const TokenStore& rows, std::int64_t batchSize);

    bool isEmpty() const { return m_rows.isEmpty(); }
    std::int64_t numTargets() const { return m_targets; }

    // Adapters on, dropout off. Nothing when `isStopped` said so in between.
    std::optional<double> loss(const base::Progress& progress, const std::function<bool()>& isStopped);

private:
    nn::Decoder& m_decoder;
    const TokenStore& m_rows;
    EpochPlan m_plan;
    std::int64_t m_targets = 0;
};

} // namespace luthier::train
