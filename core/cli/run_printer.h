// SPDX-License-Identifier: GPL-3.0-or-later
// RunPrinter: the observer that shows a run on the console: JSON lines or text on stdout, progress on stderr.
// It also keeps what a summary needs.
//
// Threads: onEvent on the training thread; the getters after the run.
#pragma once

#include "core/base/json.h"
#include "core/cli/console.h"
#include "core/measures/summary.h"
#include "core/train/events.h"

namespace luthier::cli {

class RunPrinter : public train::RunObserver {
public:
    explicit RunPrinter(Console& console) : m_console(console) {}
    void onEvent(const train::Event& event) override;

    // A line printed behind the run's first event, which is the one that others wait for. Before the run; null: none.
    void setMeasured(Json line) { m_measured = std::move(line); }

    const train::RunStarted& started() const { return m_started; }
    const measures::Summaries& measures() const { return m_measures; } // of this sitting
    std::int64_t trainedTokens() const { return m_trainedTokens; } // of this sitting

private:
    void show(const train::RunStarted& started);
    void show(const train::StageChanged& stage);
    void show(const train::StepDone& step);
    void show(const train::EvalDone& eval);
    void show(const train::SampleDone& sample);
    void show(const train::CheckpointSaved& checkpoint);
    void show(const train::Warning& warning);
    void show(const train::RunEnded& ended);
    void keep(const train::Event& event);

    Console& m_console;
    train::RunStarted m_started;
    Json m_measured;
    measures::Summaries m_measures;
    std::int64_t m_trainedTokens = 0;
};

} // namespace luthier::cli
