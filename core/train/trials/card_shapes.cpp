// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/card_shapes.h"

#include "core/nn/batch/round_size.h"
#include "core/train/run_batches.h"

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kMostLookedAt = 2048;                 // micro-batches
constexpr std::int64_t kMostTokens = std::int64_t{16} << 20; // in them

// Texts one behind the other go through a kernel that needs none.
bool needsPlan(const MicroBatch& batch)
{
    return batch.segments.empty() && nn::roundSize(batch.ids.size(1)) == batch.ids.size(1);
}

} // namespace

CardShapes::CardShapes(const RunParts& parts, const TrainStep& step) : m_parts(parts), m_step(step)
{
    const BatchPlan& plan = *parts.plan;
    BatchForm form = formOf(parts);
    form.pinned = false; // nothing is copied from them
    const std::int64_t accumulation = plan.settings().accumulation;
    m_passes = static_cast<double>(parts.totalSteps * accumulation);
    std::int64_t steps = 0;
    std::int64_t tokens = 0;
    const auto isEnough = [&] { return m_looked >= kMostLookedAt || tokens >= kMostTokens; };
    for (std::int64_t number = 0; steps < parts.totalSteps && !isEnough(); ++number) {
        const EpochPlan epoch = plan.epoch(number);
        const std::int64_t ofEpoch = std::min(plan.stepsOf(epoch), parts.totalSteps - steps);
        const auto count = std::min(epoch.numBatches(), static_cast<std::size_t>(ofEpoch * accumulation));
        for (std::size_t i = 0; i < count && !isEnough(); ++i, ++m_looked) {
            const MicroBatch batch = m_step.padded(makeMicroBatch(parts.data.train, epoch.batch(i), form));
            tokens += batch.ids.numel();
            ++m_counts[recordedShape(batch)];
            if (needsPlan(batch)) {
                m_plans.try_emplace({batch.ids.size(1), batch.ids.size(0)}, Place{number, i});
            }
        }
        steps += ofEpoch;
    }
}

double CardShapes::timesOf(const StepBatches& step) const
{
    double seen = 0;
    for (const MicroBatch& batch : step.batches) {
        const auto found = m_counts.find(recordedShape(batch));
        seen += found == m_counts.end() ? 1.0 : static_cast<double>(found->second);
    }
    const double mean = seen / static_cast<double>(std::max<std::size_t>(1, step.batches.size()));
    return mean < 1.5 ? 1 : mean * std::max(1.0, m_passes / static_cast<double>(std::max<std::int64_t>(1, m_looked)));
}

void CardShapes::meet(const StepBatches& step)
{
    for (const MicroBatch& batch : step.batches) {
        m_plans.erase({batch.ids.size(1), batch.ids.size(0)});
    }
}

std::int64_t CardShapes::numNewPlans() const
{
    return static_cast<std::int64_t>(m_plans.size());
}

std::vector<MicroBatch> CardShapes::plannedFirst(std::size_t most) const
{
    std::vector<MicroBatch> batches;
    for (const auto& [plan, place] : m_plans) {
        if (batches.size() == most) {
            break;
        }
        const EpochPlan epoch = m_parts.plan->epoch(place.epoch);
        batches.push_back(m_step.padded(makeMicroBatch(m_parts.data.train, epoch.batch(place.batch), formOf(m_parts))));
    }
    return batches;
}

} // namespace luthier::train
