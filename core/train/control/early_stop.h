// SPDX-License-Identifier: GPL-3.0-or-later
// EarlyStop: ends a run whose held-out loss has not become better by least_change in run.patience evaluations in a row. What was
// measured lies in held_out_losses.json of the run's folder, so that a resumed run ends where an uninterrupted one does.
// Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace luthier::train {

class EarlyStop {
public:
    // `patience` 0: never.
    EarlyStop(std::filesystem::path runFolder, std::int64_t patience, double leastChange)
        : m_path(std::move(runFolder) / "held_out_losses.json"), m_patience(patience), m_leastChange(leastChange)
    {
    }

    // What an earlier sitting measured up to this step.
    void restore(std::int64_t step);
    // An evaluation; a step that comes again replaces what it measured before.
    Result<void> take(std::int64_t step, double loss);

    bool isOver() const { return m_patience > 0 && m_waited >= m_patience; }
    std::string sentence() const; // why it is over

private:
    void count();

    std::filesystem::path m_path;
    std::int64_t m_patience;
    double m_leastChange;
    std::vector<std::pair<std::int64_t, double>> m_losses; // of steps, in their order; step 0 among them
    std::pair<std::int64_t, double> m_best{0, 0};
    std::int64_t m_waited = 0;
};

} // namespace luthier::train
