// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/runs/queue_turns.h"

#include "core/away/away_run.h"
#include "core/cli/display.h"
#include "core/cli/ranks/queue_again.h"
#include "core/store/recorder.h"
#include "core/train/fanout.h"
#include "core/train/start_point.h"

#include <utility>

namespace luthier::cli {

// The first of the queue as a run: made and written down before it trains, or gone on with.
Result<TuneRun> QueueTurns::taken(away::WaitingRun& first)
{
    if (first.run != 0) {
        auto place = away::placeOf(*m_project, first.run);
        if (!place) {
            return place.error();
        }
        first.place = std::move(*place);
        return resumedRun(m_project, first.run);
    }
    auto started = train::startedFrom(first.config);
    auto checked = started ? checkRules(started->config) : Result<void>(started.error());
    if (!checked) {
        return checked.error();
    }
    for (const std::string& sentence : started->said) {
        m_context.console.warning(sentence);
    }
    auto run = recordedRun(std::move(started->config), m_project, {});
    if (!run) {
        return run;
    }
    first.run = run->id;
    auto kept = away::keepPlace(*m_project, run->id, first.place);
    return kept ? std::move(run) : Result<TuneRun>(kept.error());
}

train::RunEnded QueueTurns::train(const TuneRun& run, const away::RunPlace& place, RunPrinter& printer)
{
    if (!place.isAway() && !away::isFar(run.folder)) {
        return runToEnd(run, printer, m_context);
    }
    train::StopControl control;
    base::CancelToken leave;
    const bool isFar = !place.hosts.empty() || away::isFar(run.folder);
    const InterruptScope scope(m_context.interrupts, [&] {
        if (isFar) {
            leave.cancel(); // it goes on there
        } else {
            control.requestStop();
        }
    }, kRunIsKept);
    store::Recorder recorder(run.project, run.id, [this](const std::string& problem) { m_context.console.warning("Recording: " + oneLine(problem)); });
    train::Fanout both{&printer, &recorder};
    return away::runAway({run.config, run.folder, run.rows, run.resume, place, leave}, control, both);
}

void QueueTurns::tellTurn(const TuneRun& run, std::size_t behind)
{
    if (m_context.console.isJson()) {
        m_context.console.line({{"event", "turn"}, {"run", run.id}, {"name", run.config.run.name}, {"folder", run.folder.string()}, {"resumed", run.resume}, {"waiting", behind}});
        return;
    }
    m_context.console.text("Run " + std::to_string(run.id) + ", " + oneLine(run.config.run.name) + (run.resume ? ", goes on" : "") + "; " + std::to_string(behind) + (behind == 1 ? " waits" : " wait") + " behind it.");
}

int QueueTurns::tellEnd(int code, std::size_t waiting)
{
    if (m_context.console.isJson()) {
        m_context.console.line({{"event", "queue"}, {"ended", m_ended}, {"failed", m_failed}, {"waiting", waiting}});
    } else if (waiting == 0) {
        m_context.console.text(m_ended == 0 ? "No run waits; luthier queue add RECIPE.json --project DIR adds one."
                                            : "The queue is empty: " + counted(m_ended) + (m_ended == 1 ? " run has" : " runs have") + " ended"
                                                  + (m_failed > 0 ? ", " + counted(m_failed) + " of them failed." : "."));
    } else {
        m_context.console.note(std::to_string(waiting) + (waiting == 1 ? " run waits" : " runs wait") + ". Go on with: luthier queue start --project " + m_project->folder().string());
    }
    return code;
}

// Runs that have ended since, or were deleted.
Result<std::vector<away::WaitingRun>> QueueTurns::waiting()
{
    std::string problem;
    auto all = away::takenQueue(*m_project, problem);
    if (!problem.empty()) { // a night's queue does not end for it
        m_context.console.warning(problem);
    }
    while (all && !all->empty()) {
        const auto turn = away::turnOf(*m_project, all->front());
        if (!turn || *turn != away::Turn::Past) {
            return turn ? std::move(all) : turn.error();
        }
        all->erase(all->begin());
        if (auto kept = away::keepWaitingRuns(*m_project, *all); !kept) {
            return kept.error();
        }
    }
    return all;
}

// The exit code where the queue goes no further.
std::optional<int> QueueTurns::takeTurn(std::vector<away::WaitingRun> waiting)
{
    const auto run = taken(waiting.front());
    const auto kept = run ? away::keepWaitingRuns(*m_project, waiting) : Result<void>(run.error());
    if (!kept) {
        return tellEnd(m_context.fail(waiting.front().name() + " cannot begin, and the queue is held: " + kept.message()), waiting.size());
    }
    tellTurn(*run, waiting.size() - 1);
    RunPrinter printer(m_context.console);
    const train::RunEnded ended = train(*run, waiting.front().place, printer);
    printSummary(ended, printer, m_context);
    const bool isHalted = ended.outcome == train::Outcome::Stopped || ended.outcome == train::Outcome::Parked;
    if (isHalted && m_context.cancel.isCancelled()) { // it is the first of the next start
        return tellEnd(asksToBeQueuedAgain() ? kQueueAgain : kInterrupted, waiting.size());
    }
    waiting.erase(waiting.begin()); // what was asked for meanwhile is taken before the next turn
    if (auto saved = away::keepWaitingRuns(*m_project, waiting); !saved) {
        return m_context.fail(saved.message());
    }
    if (isHalted) { // by somebody else
        return tellEnd(codeOf(*run, ended, m_context), waiting.size());
    }
    ++m_ended;
    if (ended.outcome == train::Outcome::Failed) {
        ++m_failed;
        m_context.console.error("Run " + std::to_string(run->id) + ": " + ended.sentence);
    }
    return std::nullopt;
}

int QueueTurns::run()
{
    for (;;) {
        auto all = waiting();
        if (!all) {
            return m_context.fail(all.message());
        }
        if (all->empty() || m_context.cancel.isCancelled()) {
            return tellEnd(!all->empty() ? kInterrupted : m_failed > 0 ? kFailed : kDone, all->size());
        }
        if (const auto code = takeTurn(std::move(*all))) {
            return *code;
        }
    }
}

} // namespace luthier::cli
