// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/edit_saver.h"

#include "ui/bridge/job.h"

#include <utility>

namespace luthier::ui {

EditSaver::EditSaver(std::shared_ptr<store::Project> project, QString path, QObject* parent)
    : QObject(parent), m_project(std::move(project)), m_path(std::move(path))
{
}

void EditSaver::save(std::int64_t row, std::optional<Json> edited)
{
    m_waiting[row] = std::move(edited);
    next();
}

void EditSaver::retry()
{
    next();
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
    Edits batch = std::exchange(m_waiting, {});
    const auto work = [project = m_project, path = m_path.toStdString(), batch]() -> Result<void> {
        for (const auto& [row, edited] : batch) {
            if (Result<void> saved = project->saveEdit(path, row, edited); !saved) {
                return saved;
            }
        }
        return {};
    };
    startJob(this, work, [this, batch](const Result<void>& saved) { finished(batch, saved); });
}

void EditSaver::finished(Edits batch, const Result<void>& saved)
{
    m_inFlight = false;
    if (!saved) {
        m_waiting.merge(batch); // an edit made meanwhile is newer and stays
        setState(State::Failed, QString::fromStdString(saved.error().message));
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
