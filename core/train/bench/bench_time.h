// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes that a run's time is predicted for and then taken: rows of mixed lengths, with evaluations, checkpoints, answers and
// losses of rows between the steps. Torch-free.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::train {

struct TimeCase {
    std::string name; // "lora, mixed lengths"
    config::RunConfig config;
};

struct TimeCases {
    std::filesystem::path folder;    // where rows are written; there and empty
    std::filesystem::path model;     // that all of them train
    std::string device;
    std::string dtype;
    std::string only;                // names that hold this; empty: all
    double longer = 1;               // factor on the number of steps
    std::int64_t batch = 4;          // rows of a pass, where a recipe does not say
    std::int64_t rarer = 1;          // factor on the steps between checkpoints: of a large model one takes as long as many steps
};

Result<std::vector<TimeCase>> writeTimeCases(const TimeCases& wanted);

} // namespace luthier::train
