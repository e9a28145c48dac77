// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/evaluations.h"

#include "core/train/failure.h"
#include "core/train/plan/evaluation_times.h"

#include <algorithm>
#include <cmath>

namespace luthier::train {

namespace {

constexpr auto kStageEvery = std::chrono::milliseconds(150);
constexpr double kWorthSaying = 0.5; // of the time, in evaluations that were asked for

std::string percent(double share)
{
    return std::to_string(std::lround(share * 100)) + " %";
}

} // namespace

Evaluations::Evaluations(Evaluator evaluator, Probes probes, const config::RunSettings& settings, std::int64_t totalSteps,
                         RunObserver& observer)
    : m_evaluator(std::move(evaluator)), m_probes(std::move(probes)), m_settings(settings),
      m_every(evaluationInterval(settings, totalSteps)),
      m_observer(observer)
{
}

void Evaluations::shareWith(ranks::Team& team)
{
    m_isShared = true;
    m_evaluator.shareWith(team);
    for (Evaluator& other : m_others) {
        other.shareWith(team);
    }
}

void Evaluations::help(std::int64_t step)
{
    const auto measure = [step](Evaluator& evaluator) {
        if (!evaluator.isEmpty()) {
            static_cast<void>(evaluator.run(step, [](std::int64_t, std::int64_t) {}, [] { return false; }));
        }
    };
    try {
        if (m_instead) {
            static_cast<void>(m_instead(step));
            return;
        }
        measure(m_evaluator);
        for (Evaluator& other : m_others) {
            measure(other);
        }
    } catch (const std::exception& failed) {
        if (!isOutOfMemory(failed)) {
            throw;
        } // rank 0 says so
    }
}

bool Evaluations::isAffordable(std::int64_t step)
{
    const EvaluationTime time{m_spent, m_last, secondsSinceStart()};
    if (time.isNothing()) {
        return true;
    }
    const bool isAsked = m_settings.evalEvery > 0;
    if (time.share() > (isAsked ? kWorthSaying : m_settings.evalShare) && !m_isTold) {
        m_isTold = true;
        warn(step, isAsked ? "Evaluations take " + percent(time.share()) + " of the time; with a larger run.eval_every, or 0, training is faster."
                           : "Evaluations would take " + percent(time.share()) + " of the time, so some are left out: at most "
                                 + percent(m_settings.evalShare) + " is theirs (run.eval_share).");
    }
    return time.allows(m_settings);
}

std::optional<double> Evaluations::run(std::int64_t step, const std::function<bool()>& isStopped)
{
    const double before = secondsSinceStart();
    std::optional<double> loss;
    std::string problem;
    try {
        loss = measure(step, isStopped);
    } catch (const std::exception& failed) {
        if (!isOutOfMemory(failed)) {
            throw;
        }
        problem = "not even a single row of them fits beside what the run holds in memory";
    }
    if (!problem.empty()) {
        warn(step, "The " + m_evaluator.set() + " rows could not be measured: " + problem + ". The run goes on; a shorter data.max_length leaves more room.");
    }
    m_probes.answer(step, m_observer, isStopped);
    m_last = secondsSinceStart() - before;
    m_spent += m_last;
    return loss;
}

std::optional<double> Evaluations::measure(std::int64_t step, const std::function<bool()>& isStopped)
{
    if (m_instead) {
        const auto done = m_instead(step);
        if (done) {
            m_observer.onEvent(*done);
        }
        return done ? done->loss : std::nullopt;
    }
    const auto loss = measureSet(m_evaluator, step, isStopped);
    for (Evaluator& other : m_others) {
        measureSet(other, step, isStopped);
    }
    return loss;
}

std::optional<double> Evaluations::measureSet(Evaluator& evaluator, std::int64_t step, const std::function<bool()>& isStopped)
{
    if (evaluator.isEmpty() || (isStopped() && !m_isShared)) { // the others wait
        return std::nullopt;
    }
    auto told = Clock::time_point();
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        if (const auto now = Clock::now(); now - told > kStageEvery) {
            told = now;
            m_observer.onEvent(StageChanged{"evaluating", done, total});
        }
    };
    const auto done = evaluator.run(step, progress, isStopped);
    if (const std::string notice = evaluator.takeNotice(); !notice.empty()) {
        warn(step, notice);
    }
    if (done && std::isfinite(*done->loss)) {
        m_observer.onEvent(*done);
        return done->loss;
    }
    if (done) {
        warn(step, "The " + measures::nameOf(measures::measureOf("loss"), evaluator.set()) + " is not a finite number.");
    }
    return std::nullopt;
}

} // namespace luthier::train
