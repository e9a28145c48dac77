// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/run_history.h"

namespace luthier::ui {
namespace {

template <class T>
void appendNewer(std::vector<T>& known, const std::vector<T>& live)
{
    const std::int64_t last = known.empty() ? -1 : known.back().step;
    for (const T& event : live) {
        if (event.step > last) {
            known.push_back(event);
        }
    }
}

} // namespace

void RunHistory::take(const train::Event& event)
{
    if (const auto* step = std::get_if<train::StepDone>(&event)) {
        steps.push_back(*step);
    } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
        evals.push_back(*eval);
    } else if (const auto* sample = std::get_if<train::SampleDone>(&event)) {
        samples.push_back(*sample);
    } else if (const auto* warning = std::get_if<train::Warning>(&event)) {
        warnings.push_back(*warning);
    } else if (const auto* started = std::get_if<train::RunStarted>(&event)) {
        totalSteps = started->totalSteps;
    }
}

void RunHistory::continueWith(const RunHistory& live)
{
    appendNewer(steps, live.steps);
    appendNewer(evals, live.evals);
    appendNewer(samples, live.samples);
    appendNewer(warnings, live.warnings);
    totalSteps = live.totalSteps > 0 ? live.totalSteps : totalSteps;
}

Result<RunHistory> readHistory(store::Project& project, store::RunId id)
{
    const Result<std::vector<train::Event>> events = project.events(id);
    if (!events) {
        return events.error();
    }
    RunHistory history;
    for (const train::Event& event : *events) {
        history.take(event);
    }
    return history;
}

} // namespace luthier::ui
