// SPDX-License-Identifier: GPL-3.0-or-later
// TimeLeft: how long a run still takes: its steps, and what comes between and behind them (evaluations with their answers,
// checkpoints, the result, losses of rows), as often as it will come and as long as it took last. What has not been measured yet
// counts nothing. Torch-free.
#pragma once

#include "core/config/run_config.h"

#include <cstdint>

namespace luthier::train {

class TimeLeft {
public:
    explicit TimeLeft(std::int64_t totalSteps, const config::RunSettings& settings = {});

    // Seconds that the last one took.
    void evaluated(double seconds) { m_evaluation = seconds; } // with answers, and the best result so far written
    void saved(double seconds) { m_checkpoint = seconds; }
    void measuredRows(double seconds) { m_rows = seconds; } // of all rows, which is done again behind the last step

    // Behind `step`, of steps that take so many seconds each.
    double after(std::int64_t step, double secondsPerStep) const;

private:
    double evaluationsAfter(std::int64_t step, double rest) const;

    std::int64_t m_total;
    std::int64_t m_evalEvery;
    std::int64_t m_checkpointEvery;
    double m_mostShare; // of the time, in evaluations; 1: all are made
    double m_evaluation = 0;
    double m_checkpoint = 0;
    double m_rows = 0;
};

} // namespace luthier::train
