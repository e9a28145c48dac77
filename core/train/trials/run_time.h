// SPDX-License-Identifier: GPL-3.0-or-later
// What a run's time is made of, measured with its own parts before it begins. Internal to core: names torch types.
//
// Steps: whole steps of the first epoch, some of each size, passed at a rate of zero. Evaluations and losses of rows: some of their
// batches, evenly spread over long and short rows and as many as the run is worth, counted by tokens; on a card each once or its beginning,
// behind a first time, which loads and plans what later ones find. Answers: once, or their beginning. Saving: a checkpoint, or two parts of one, and a result, in the trial's folder. How often each happens is what the run
// itself does (step/evaluations.h, plan/disk_plan.h).
#pragma once

#include "core/base/clock.h"
#include "core/train/run_parts.h"
#include "core/train/step/train_step.h"
#include "core/train/trials/plan_measure.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace luthier::train {

struct TimedRun {
    const config::RunConfig& config;
    RunParts& parts;
    TrainStep& step;
    StopControl& control;
    std::filesystem::path folder; // where a checkpoint may be written
    base::Clock clock;
    double secondsPerPass; // of the largest micro-batch: how much may be measured follows from it
    std::int64_t passTokens; // its tokens, padding among them
};

// That a pass over them computes, padding among them.
std::int64_t tokensOf(const ItemStore& items, std::span<const std::uint32_t> ofBatch, bool isPacked);

// Throws what passes throw; where the control asks to stop, what is known by then.
RunTime timeOf(const TimedRun& run);

} // namespace luthier::train
