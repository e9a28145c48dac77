// SPDX-License-Identifier: GPL-3.0-or-later
// QueueTurns: trains what waits in a project's queue (away/waiting_runs.h), one run after the other, each recorded in the project.
//
// A run that ends by itself, well or not, lets the next begin. A recipe that cannot be started holds the queue, as does a run that
// somebody stopped or parked. After Ctrl-C or a kill the next start goes on with the run that was at work.
// Threads: blocks the main thread.
#pragma once

#include "core/away/asked_queue.h"
#include "core/cli/command.h"
#include "core/cli/tune_run.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace luthier::cli {

class QueueTurns {
public:
    // The project is open for writing.
    QueueTurns(std::shared_ptr<store::Project> project, Context& context) : m_project(std::move(project)), m_context(context) {}

    // Until none waits, or the queue is held. Exit code; 1 where any run failed.
    int run();

private:
    Result<std::vector<away::WaitingRun>> waiting();
    std::optional<int> takeTurn(std::vector<away::WaitingRun> waiting);
    Result<TuneRun> taken(away::WaitingRun& first);
    train::RunEnded train(const TuneRun& run, const away::RunPlace& place, RunPrinter& printer);
    void tellTurn(const TuneRun& run, std::size_t behind);
    int tellEnd(int code, std::size_t waiting);

    std::shared_ptr<store::Project> m_project;
    Context& m_context;
    std::int64_t m_ended = 0;
    std::int64_t m_failed = 0;
};

} // namespace luthier::cli
