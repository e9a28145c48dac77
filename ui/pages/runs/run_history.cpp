// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/run_history.h"

#include "core/config/run_config.h"
#include "core/train/control/doctor_watch.h"

#include <utility>

namespace luthier::ui {
namespace {

// What makes an event at a step another one than its neighbours there.
const std::string* kindOf(const train::EvalDone& eval)
{
    return &eval.set;
}
const std::string* kindOf(const train::SampleDone& sample)
{
    return &sample.prompt;
}
const std::string* kindOf(const train::Warning& warning)
{
    return &warning.sentence;
}
const std::string* kindOf(const train::StepDone&)
{
    return nullptr;
}

template <class T>
bool isSame(const T& known, const T& event)
{
    const std::string* kind = kindOf(event);
    return known.step == event.step && (kind == nullptr || *kindOf(known) == *kind);
}

// The store may have taken some of the events of a step and not the others yet.
template <class T>
void appendNewer(std::vector<T>& known, const std::vector<T>& live)
{
    const std::int64_t last = known.empty() ? -1 : known.back().step;
    const std::size_t size = known.size();
    for (const T& event : live) {
        bool isNew = event.step >= last;
        for (std::size_t i = size; isNew && i > 0 && known[i - 1].step == event.step; --i) {
            isNew = !isSame(known[i - 1], event);
        }
        if (isNew) {
            known.push_back(event);
        }
    }
}

} // namespace

void RunHistory::take(train::Event event)
{
    if (auto* step = std::get_if<train::StepDone>(&event)) {
        steps.push_back(std::move(*step));
    } else if (auto* eval = std::get_if<train::EvalDone>(&event)) {
        evals.push_back(std::move(*eval));
    } else if (auto* sample = std::get_if<train::SampleDone>(&event)) {
        samples.push_back(std::move(*sample));
    } else if (auto* warning = std::get_if<train::Warning>(&event)) {
        warnings.push_back(std::move(*warning));
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

Result<RunHistory> readHistory(store::Project& project, store::RunId id, const std::vector<train::Warning>& told)
{
    Result<std::vector<train::Event>> events = project.events(id);
    if (!events) {
        return events.error();
    }
    RunHistory history;
    const std::size_t stored = events->size();
    events->insert(events->end(), told.begin(), told.end()); // what is known twice counts once
    if (const auto run = project.run(id)) {
        if (const auto config = config::fromJson(run->recipe)) {
            history.findings = train::findingsOf(*events, *config);
        }
    }
    history.steps.reserve(stored);
    for (std::size_t i = 0; i < stored; ++i) {
        history.take(std::move((*events)[i]));
    }
    return history;
}

} // namespace luthier::ui
