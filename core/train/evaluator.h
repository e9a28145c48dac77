// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluator: what a set of rows measures, such as those that are never trained on: the loss, sum of token losses /
// number of target tokens, and what else is put into EvalDone::measures.
// Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/nn/decoder.h"
#include "core/train/batch_plan.h"
#include "core/train/events.h"
#include "core/train/token_store.h"

#include <functional>
#include <optional>
#include <string>

namespace luthier::train {

class Evaluator {
public:
    // Decoder and store must outlive it. Rows of like length share a batch of `batchSize`.
    Evaluator(nn::Decoder& decoder, const TokenStore& rows, std::int64_t batchSize,
              std::string set = std::string(measures::kHeldOutSet));

    bool isEmpty() const { return m_rows.isEmpty(); }

    // Adapters on, dropout off. Nothing when `isStopped` said so in between.
    std::optional<EvalDone> run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped);

private:
    nn::Decoder& m_decoder;
    const TokenStore& m_rows;
    EpochPlan m_plan;
    std::int64_t m_targets = 0;
    std::string m_set;
};

} // namespace luthier::train
