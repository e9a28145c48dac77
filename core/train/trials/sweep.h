// SPDX-License-Identifier: GPL-3.0-or-later
// Sweep: settings tried against each other: every combination of a grid, a list, random draws, or successive halving (Jamieson
// and Talwalkar 2016: many trials for few steps, the best third for three times as many, and so on). Each trial is a variant
// of the recipe, so shoot-outs run, record and show them. Torch-free.
//
// Threads: any.
#pragma once

#include "core/train/trials/shootout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::train {

struct SweepAxis {
    std::string key;                 // "part.key"
    std::vector<std::string> values; // to choose from; empty: a range
    double low = 0;
    double high = 0;                 // ratios of ten and more are drawn by their logarithm
};

enum class SweepKind { Grid, List, Random, Halving };

struct SweepSpec {
    SweepKind kind = SweepKind::Grid;
    std::vector<SweepAxis> axes;
    std::vector<std::vector<std::pair<std::string, std::string>>> list; // of List: the settings of each trial
    std::int64_t trials = 9;     // of Random and Halving
    std::uint64_t seed = 42;
    std::int64_t firstSteps = 0; // of Halving: of the first round; 0: so that the last round is the recipe's
    std::int64_t keepOne = 3;    // of so many goes into the next round
};

// "method.rank=8,16,32" or "optimizer.learning_rate=1e-5..1e-3". Error: no such setting, an empty or turned range.
Result<SweepAxis> parseAxis(const std::string& text);

// The first round. Errors: nothing to vary, a range in a grid, more than 1000 trials, a value that a setting cannot have.
Result<std::vector<Variant>> sweepVariants(const config::RunConfig& config, const SweepSpec& spec, std::int64_t steps);

// Of a finished round: the best by their held-out loss, for more steps. Empty: that was the last.
std::vector<Variant> nextRound(const SweepSpec& spec, const std::vector<ShootoutRow>& round, std::int64_t steps);

} // namespace luthier::train
