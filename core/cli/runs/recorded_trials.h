// SPDX-License-Identifier: GPL-3.0-or-later
// RecordedTrials: tries the methods of a shoot-out as runs of a project and keeps the project's record of which run tried
// which, so that the window shows this shoot-out among its own and goes on with what was stopped.
//
// Threads: the one that trains.
#pragma once

#include "core/cli/tune_run.h"
#include "core/store/shootout_record.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace luthier::cli {

class RecordedTrials {
public:
    // `out` as for recordedRun: empty, or the folder in which each run lies by the name of its method.
    RecordedTrials(std::shared_ptr<store::Project> project, const config::RunConfig& recipe,
                   const std::vector<std::string>& methods, std::filesystem::path out, Console& console);

    // A train::Trial. What cannot be recorded is noted on the console.
    train::RunEnded tryMethod(std::size_t at, config::RunConfig config, train::StopControl& control,
                              train::RunObserver& observer);
    store::RunId runAt(std::size_t at) const { return m_record.entries[at].run; } // 0: not begun

private:
    void save();

    std::shared_ptr<store::Project> m_project;
    store::ShootoutRecord m_record;
    std::filesystem::path m_out;
    Console& m_console;
};

} // namespace luthier::cli
