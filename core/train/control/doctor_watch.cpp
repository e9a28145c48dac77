// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/control/doctor_watch.h"

#include <algorithm>

namespace luthier::train {

namespace {

// What the event says to the watch; nothing for others.
std::vector<doctor::Finding> given(doctor::Watch& watch, const Event& event)
{
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        return watch.take(doctor::Start{started->totalSteps, started->trainRows + started->heldOutRows, started->truncatedRows,
                                        started->skippedRows, started->firstStep});
    }
    if (const auto* step = std::get_if<StepDone>(&event)) {
        return watch.take(doctor::Step{step->step, step->loss, step->gradNorm, step->learningRate, step->tokensPerSecond, step->measures});
    }
    if (const auto* eval = std::get_if<EvalDone>(&event)) {
        return watch.take(doctor::Evaluation{eval->step, eval->set, eval->loss, eval->measures});
    }
    return {};
}

} // namespace

void DoctorWatch::onEvent(const Event& event)
{
    m_observer.onEvent(event);
    tell(given(m_watch, event));
}

void DoctorWatch::tell(const std::vector<doctor::Finding>& findings)
{
    for (const doctor::Finding& finding : findings) {
        m_observer.onEvent(Warning{finding.step, finding.text(), finding.id, finding.remedies});
    }
}

std::vector<doctor::Finding> findingsOf(const std::vector<Event>& events, const config::RunConfig& recipe)
{
    std::vector<doctor::Finding> all;
    const auto add = [&all](doctor::Finding finding) {
        if (std::none_of(all.begin(), all.end(), [&](const doctor::Finding& known) { return known.id == finding.id; })) {
            all.push_back(std::move(finding));
        }
    };
    doctor::Watch watch(recipe);
    for (const Event& event : events) {
        for (doctor::Finding& finding : given(watch, event)) {
            add(std::move(finding));
        }
        if (const auto* ended = std::get_if<RunEnded>(&event)) {
            for (doctor::Finding& finding : watch.take(doctor::End{ended->outcome == Outcome::Finished, std::nullopt, ended->step})) {
                add(std::move(finding));
            }
        }
    }
    for (const Event& event : events) { // what only the run itself could see
        const auto* warning = std::get_if<Warning>(&event);
        if (warning && !warning->cause.empty()) {
            add({warning->cause, warning->step, warning->sentence, {}, warning->remedies});
        }
    }
    return all;
}

} // namespace luthier::train
