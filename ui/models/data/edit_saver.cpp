// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/edit_saver.h"

#include "ui/bridge/job.h"

#include <map>
#include <utility>

namespace luthier::ui {

EditSaver::EditSaver(std::shared_ptr<store::Project> project, QObject* parent) : QObject(parent), m_project(std::move(project))
{
}

void EditSaver::save(StepRecord step, Action action)
{
    m_waiting.push_back({std::move(step), action});
    next();
}

void EditSaver::retry()
{
    next();
}

// A step's contents never change once it is an order; its id does, so jobs keep ids of their own.
EditSaver::Outcome EditSaver::write(store::Project& project, const std::vector<Order>& batch)
{
    Outcome outcome;
    std::map<const store::EditStep*, std::int64_t> recorded;
    for (const Order& order : batch) {
        if (order.action == Action::Record) {
            const Result<std::int64_t> id = project.recordStep(*order.step);
            if (!id) {
                outcome.saved = id.error();
                return outcome;
            }
            recorded[order.step.get()] = *id;
            outcome.ids.push_back(*id);
            continue;
        }
        const auto fresh = recorded.find(order.step.get());
        const std::int64_t id = fresh == recorded.end() ? order.step->id : fresh->second;
        outcome.saved = project.setStepUndone(id, order.action == Action::Undo);
        if (!outcome.saved) {
            return outcome;
        }
        outcome.ids.push_back(id);
    }
    return outcome;
}

void EditSaver::next()
{
    if (m_inFlight || m_waiting.empty()) {
        return;
    }
    if (!m_project) {
        setState(State::Failed, tr("No project is open, so edits last only until Luthier is closed."));
        return;
    }
    m_inFlight = true;
    setState(State::Saving);
    std::vector<Order> batch = std::exchange(m_waiting, {});
    startJob(this, [project = m_project, batch] { return write(*project, batch); },
             [this, batch](const Outcome& outcome) { finished(batch, outcome); });
}

void EditSaver::finished(std::vector<Order> batch, const Outcome& outcome)
{
    m_inFlight = false;
    for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
        batch[i].step->id = outcome.ids[i];
    }
    if (!outcome.saved) {
        batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(outcome.ids.size()));
        m_waiting.insert(m_waiting.begin(), batch.begin(), batch.end());
        setState(State::Failed, QString::fromStdString(outcome.saved.error().message));
        return;
    }
    if (m_waiting.empty()) {
        setState(State::Saved);
    } else {
        next();
    }
}

void EditSaver::setState(State state, const QString& problem)
{
    if (state != m_state || problem != m_problem) {
        m_state = state;
        m_problem = problem;
        Q_EMIT stateChanged();
    }
}

} // namespace luthier::ui
