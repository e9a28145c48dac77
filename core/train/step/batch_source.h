// SPDX-License-Identifier: GPL-3.0-or-later
// BatchSource: where a run's steps come from. A source may have all of them (BatchFeed, which follows a plan) or make each
// when it is asked for, with the model as it then is. Internal to core: names torch types.
//
// Threads: next() from the training thread, which it may keep waiting.
#pragma once

#include "core/train/plan/batch_plan.h"
#include "core/objectives/objectives.h"
#include "core/train/step/micro_batch.h"

#include <cstdint>
#include <vector>

namespace luthier::train {

struct StepBatches {
    std::vector<MicroBatch> batches; // in CPU memory
    std::int64_t tokens = 0;
    std::int64_t trained = 0;
    std::int64_t items = 0;
    std::int64_t firsts = 0;         // targets of the items' first sequences
    BatchCursor after;               // where the next step begins
    double epoch = 0;                // epochs seen once this step is done
    std::vector<std::uint64_t> places = {}; // of the batches in the whole step, where a rank has a share of it; empty: 0, 1, ...

    double weight = 0;       // of the targets: their number, where all weigh alike
    bool isWeighed = false;
    std::int64_t passes = 0; // of several ranks: the batches of the one that has most

    std::uint64_t placeOf(std::size_t batch) const { return places.empty() ? batch : places[batch]; }

    void add(MicroBatch batch)
    {
        tokens += batch.tokens;
        trained += batch.trained;
        items += batch.items;
        firsts += batch.firsts;
        const at::Tensor& weights = batch.perTarget(objectives::kWeightColumn);
        isWeighed = isWeighed || (weights.defined() && !batch.owners.defined());
        weight += weights.defined() ? weights.sum(at::kDouble).item<double>() : static_cast<double>(batch.trained);
        batches.push_back(std::move(batch));
    }
};

class BatchSource {
public:
    virtual ~BatchSource() = default;
    virtual StepBatches next() = 0; // throws what making it threw
};

} // namespace luthier::train
