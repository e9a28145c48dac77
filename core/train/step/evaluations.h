// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluations: when a run measures its held-out rows and answers its probes, and what happens when that fails. A run is worth
// more than what is measured on the way: memory that is missing here costs the measurement and a warning, never the run.
// Internal to core: names torch types.
//
// run.eval_every steps apart, those that a person asked for are all made. Where the number is automatic (0), one is left out
// while the evaluations would take more than run.eval_share of the time of this sitting; the first and the last are always
// made.
#pragma once

#include "core/train/step/evaluator.h"
#include "core/train/answers/probes.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace luthier::train {

class Evaluations {
public:
    // `settings` and `observer` must outlive it.
    Evaluations(Evaluator evaluator, Probes probes, const config::RunSettings& settings, std::int64_t totalSteps, RunObserver& observer);

    const std::vector<std::string>& warnings() const { return m_probes.warnings(); }

    // Measures the rows in another way than by their loss: what `measure` gives of a step, nothing where it was stopped. Called on all ranks.
    void measureBy(std::function<std::optional<EvalDone>(std::int64_t step)> measure) { m_instead = std::move(measure); }

    // Another set of rows, measured beside the held-out ones, whose loss decides nothing.
    void alsoMeasure(Evaluator evaluator) { m_others.push_back(std::move(evaluator)); }
    // Of several ranks: each measures its part where rank 0 evaluates, by run() there and by help() elsewhere.
    void shareWith(ranks::Team& team);
    void help(std::int64_t step);
    // Answered by the model as it is now, as a SampleDone.
    void ask(const std::string& prompt, std::int64_t step, const std::function<bool()>& isStopped) { m_probes.ask(prompt, step, m_observer, isStopped); }

    // Behind this step, by its number alone.
    bool isDue(std::int64_t step) const { return step % m_every == 0; }
    // Whether the time allows one now; a `no` is told once.
    bool isAffordable(std::int64_t step);

    // Results and what went wrong come as events. The loss of the rows, where one was measured and is a number.
    std::optional<double> run(std::int64_t step, const std::function<bool()>& isStopped);

private:
    using Clock = std::chrono::steady_clock;

    std::optional<double> measure(std::int64_t step, const std::function<bool()>& isStopped);
    std::optional<double> measureSet(Evaluator& evaluator, std::int64_t step, const std::function<bool()>& isStopped);
    double secondsSinceStart() const { return std::chrono::duration<double>(Clock::now() - m_started).count(); }
    void warn(std::int64_t step, const std::string& sentence) { m_observer.onEvent(Warning{step, sentence}); }

    Evaluator m_evaluator;
    std::vector<Evaluator> m_others;
    Probes m_probes;
    std::function<std::optional<EvalDone>(std::int64_t)> m_instead; // of the evaluator
    const config::RunSettings& m_settings;
    std::int64_t m_every;
    RunObserver& m_observer;
    bool m_isShared = false;
    Clock::time_point m_started = Clock::now();
    double m_spent = 0;     // seconds in evaluations
    double m_last = 0;      // of the last one
    bool m_isTold = false;  // that some are left out, or that they take long
};

} // namespace luthier::train
