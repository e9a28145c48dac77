// SPDX-License-Identifier: GPL-3.0-or-later
// FirstAnswers: what a run that learns from its own answers would begin with: some answers of the model as it is, their rewards, how
// many the length limit cut, how many groups have no spread. Nothing is trained and nothing is kept. Torch-free.
//
// Threads: blocks; ends early, with the error "cancelled", when the control asks for it.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/train/plan/run_rows.h"
#include "core/train/stop_control.h"

#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

struct FirstAnswers {
    struct One {
        std::string prompt;
        std::string answer;
        double reward = 0;
    };
    std::vector<One> answers;            // groups one behind the other
    double reward = 0;                   // means over the answers
    double tokens = 0;
    double ended = 0;                    // share that ended by itself; the others were cut
    std::optional<double> withoutSpread; // share of answers in groups of one reward for all; none: there are no groups
    std::vector<std::string> remarks;    // what stands in the way of learning

    std::int64_t cut() const { return static_cast<std::int64_t>((1 - ended) * static_cast<double>(answers.size()) + 0.5); }
};

// As many as objective.first_answers says, 16 where it says 0. Errors: an objective that has its answers in the data, and those that
// the run would begin with.
Result<FirstAnswers> firstAnswers(const config::RunConfig& config, const RunRows& rows, StopControl& control);

} // namespace luthier::train
