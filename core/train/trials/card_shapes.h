// SPDX-License-Identifier: GPL-3.0-or-later
// CardShapes: which shapes the micro-batches of a run have on a card, how often each comes, and which of them cost something when they
// come first: cuDNN's attention makes a plan for each width that is a round size (nn/layers/attention.cpp). Internal to core: names torch
// types.
#pragma once

#include "core/train/run_parts.h"
#include "core/train/step/train_step.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace luthier::train {

class CardShapes {
public:
    // Looks at the beginning of the run, as far as it is worth it. The step pads as the run's does; both must outlive this.
    CardShapes(const RunParts& parts, const TrainStep& step);

    // Of the shapes of a step's micro-batches (padded), on average over them; what came once among all is not likely to come again.
    double timesOf(const StepBatches& step) const;

    // A pass over them was made: their plans stand.
    void meet(const StepBatches& step);
    // That the run will make and nobody has met. Of what was looked at.
    std::int64_t numNewPlans() const;
    // One micro-batch of each of at most so many shapes that need a plan which nobody has met, smallest first.
    std::vector<MicroBatch> plannedFirst(std::size_t most) const;

private:
    using Plan = std::pair<std::int64_t, std::int64_t>; // width and rows
    struct Place {
        std::int64_t epoch = 0;
        std::size_t batch = 0;
    };

    const RunParts& m_parts;
    const TrainStep& m_step;
    std::map<std::vector<std::vector<std::int64_t>>, std::int64_t> m_counts; // by recordedShape()
    std::map<Plan, Place> m_plans; // where each came first; those that were met are gone
    std::int64_t m_looked = 0;     // micro-batches
    double m_passes = 0;           // of the whole run
};

} // namespace luthier::train
