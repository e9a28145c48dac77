// SPDX-License-Identifier: GPL-3.0-or-later
// What the ranks of a run agree on around its steps. Of a run that trains alone each does nothing. Torch-free.
//
// Rank 0 alone writes into the run's folder. Whatever one rank finds wrong ends all of them, with its sentence.
#pragma once

#include "core/base/result.h"
#include "core/train/ranks/share.h"
#include "core/train/run.h"

#include <functional>
#include <string>

namespace luthier::train {

bool leads(const RunInputs& inputs); // rank 0, or alone
Share shareOfRank(const RunInputs& inputs); // of each step

// Whether all ranks were started for the same run: recipe, files and version. The sentence says which rank has what else.
Result<void> agreeOnRun(const config::RunConfig& config, const RunInputs& inputs);

// What each rank did at the same place; the first error of any is the error of all. "cancelled" of rank 0 is everybody's.
Result<void> agree(const RunInputs& inputs, const Result<void>& own);

enum class Paths { Own, First }; // of model, adapter and data

// Rank 0's recipe for all, each with its own device and threads, and its own paths where asked; or rank 0's error.
Result<config::RunConfig> fromFirst(const RunInputs& inputs, Result<config::RunConfig> own, Paths paths);

// Rank 0 works while the others wait; they work once it is done, from what it left.
Result<void> firstThenOthers(const RunInputs& inputs, const std::function<Result<void>()>& work);

// Of ranks that do not talk.
struct NoObserver : RunObserver {
    void onEvent(const Event&) override {}
};

} // namespace luthier::train
