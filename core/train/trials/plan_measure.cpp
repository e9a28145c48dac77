// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/plan_measure.h"

#include "core/train/bench/bench_probe.h"
#include "core/train/failure.h"
#include "core/train/run_batches.h"
#include "core/train/step/train_step.h"
#include "core/train/trials/run_time.h"
#include "core/train/trials/shootout.h"
#include "core/train/trials/trial_parts.h"

#include <algorithm>

namespace luthier::train {

namespace {

// The first pass makes what later ones find, and on a card the second is recorded. One that takes long is timed once: all it holds at
// its peak it has held by then.
constexpr int kPasses = 4;
constexpr int kTimed = 2;
constexpr double kLongPass = 0.2; // seconds

struct LargestBatch {
    std::vector<std::uint32_t> items;
    std::int64_t tokens = 0; // computed, padding among them
};

LargestBatch largestOf(const RunParts& parts)
{
    LargestBatch largest;
    const BatchPlan& plan = *parts.plan;
    const auto accumulation = static_cast<std::size_t>(plan.settings().accumulation);
    std::int64_t before = 0;
    for (std::int64_t number = 0; before < parts.totalSteps; ++number) {
        const EpochPlan epoch = plan.epoch(number);
        const std::int64_t steps = plan.stepsOf(epoch);
        const auto wanted = static_cast<std::size_t>(std::min(steps, parts.totalSteps - before)) * accumulation;
        for (std::size_t i = 0; i < std::min(wanted, epoch.numBatches()); ++i) {
            const auto items = epoch.batch(i);
            if (const std::int64_t tokens = tokensOf(parts.data.train, items, plan.isPacked()); tokens > largest.tokens) {
                largest.tokens = tokens;
                largest.items.assign(items.begin(), items.end());
            }
        }
        before += steps;
    }
    return largest;
}

Result<PlanMeasure> measure(const config::RunConfig& asked, const RunRows& rows, StopControl& control, base::Clock clock)
{
    auto placement = nn::choosePlacement(asked.model.device, asked.model.dtype);
    if (!placement) {
        return placement.error();
    }
    giveMemoryBack();
    resetPeakMemory(placement->device);
    const std::int64_t before = peakMemory(placement->device);
    auto trial = makeTrial(asked, rows, control);
    if (!trial) {
        return trial.error();
    }
    const config::RunConfig& config = trial->config;
    RunParts& parts = *trial->parts;
    if (parts.objective->rollouts) {
        return Error{"a run that learns from its own answers has no batch before it begins, so there is nothing to measure; leave --measure out"};
    }
    const LargestBatch largest = largestOf(parts);
    const BatchForm form = formOf(parts);
    StepBatches step;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(2, config.run.gradientAccumulation); ++i) {
        step.add(makeMicroBatch(parts.data.train, largest.items, form)); // two: gradients that add up stand twice
    }
    TrainStep trainStep(lossOf(config, parts), *parts.optimizer, static_cast<std::uint64_t>(config.run.seed));
    trainStep.setEmbeddingNoise(config.run.neftuneAlpha);
    resetPeakMemory(placement->device); // what loading needed is gone by then
    std::vector<double> times;
    const bool isCard = !placement->device.is_cpu();
    const std::size_t passes = isCard ? kPasses : kPasses - 1;
    while (times.size() < passes && (isCard || times.size() < 2 || times.back() < kLongPass)) {
        if (control.stopRequested()) {
            return Error{"cancelled"};
        }
        const double start = clock();
        trainStep.run(step, static_cast<std::int64_t>(times.size()) + 1, 0, [] {});
        synchronise(placement->device);
        times.push_back((clock() - start) / static_cast<double>(step.batches.size()));
    }
    PlanMeasure result;
    result.peakBytes = peakMemory(placement->device) - before;
    result.secondsPerPass = *std::min_element(times.end() - std::min(kTimed, static_cast<int>(times.size()) - 1), times.end());
    result.passTokens = largest.tokens;
    result.steps = parts.totalSteps;
    result.time = timeOf({config, parts, trainStep, control, trial->folder->path(), clock, result.secondsPerPass, result.passTokens});
    result.seconds = result.time.total();
    return control.stopRequested() ? Result<PlanMeasure>(Error{"cancelled"}) : Result<PlanMeasure>(result);
}

} // namespace

double PlanMeasure::secondsFrom(std::int64_t step) const
{
    const double left = steps > 0 ? static_cast<double>(std::max<std::int64_t>(0, steps - step)) / static_cast<double>(steps) : 1;
    return (time.total() - time.rows) * left + time.rows * (step > 0 ? 0.5 : 1.0);
}

Result<PlanMeasure> measurePlan(const config::RunConfig& config, const RunRows& rows, StopControl& control, base::Clock clock)
{
    if (const auto broken = config::brokenRules(config); !broken.empty()) {
        return Error{broken.front().sentence};
    }
    try {
        return measure(config, rows, control, clock);
    } catch (const std::exception& problem) {
        return Error{sentenceOf(problem)};
    }
}

} // namespace luthier::train
