// SPDX-License-Identifier: GPL-3.0-or-later
// EditSaver: writes edits of one file into the project, one job at a time, the newest edit of a row winning.
// Nothing is called saved before the project said so; what failed is kept and can be tried again.
#pragma once

#include "core/store/project.h"

#include <QObject>

#include <map>
#include <memory>

namespace luthier::ui {

class EditSaver : public QObject {
    Q_OBJECT

public:
    enum class State { Saved, Saving, Failed };

    // project null: edits live in memory only, and count as failed with a sentence that says so.
    EditSaver(std::shared_ptr<store::Project> project, QString path, QObject* parent);

    void save(std::int64_t row, std::optional<Json> edited);
    void retry();
    State state() const { return m_state; }
    QString problem() const { return m_problem; }
    int numWaiting() const { return static_cast<int>(m_waiting.size()); }

Q_SIGNALS:
    void stateChanged();

private:
    using Edits = std::map<std::int64_t, std::optional<Json>>;

    void next();
    void finished(Edits batch, const Result<void>& saved);
    void setState(State state, const QString& problem = {});

    std::shared_ptr<store::Project> m_project;
    QString m_path;
    Edits m_waiting;
    bool m_inFlight = false;
    State m_state = State::Saved;
    QString m_problem;
};

} // namespace luthier::ui
