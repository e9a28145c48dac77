// SPDX-License-Identifier: GPL-3.0-or-later
// EditSaver: writes what is done to one file into the project, in its order, one job at a time. Nothing is called
// saved before the project said so; what failed is kept and can be tried again.
// Threads: GUI thread; the project is written in jobs.
#pragma once

#include "core/store/project.h"

#include <QObject>

#include <memory>
#include <vector>

namespace luthier::ui {

// A step shared by the command that undoes it and the saver that records it; the id is set when it is on disk.
using StepRecord = std::shared_ptr<store::EditStep>;

class EditSaver : public QObject {
    Q_OBJECT

public:
    enum class State { Saved, Saving, Failed };
    enum class Action { Record, Undo, Redo };

    // project null: edits live in memory only, and count as failed with a sentence that says so.
    EditSaver(std::shared_ptr<store::Project> project, QObject* parent);

    void save(StepRecord step, Action action);
    void retry();
    State state() const { return m_state; }
    QString problem() const { return m_problem; }
    int numWaiting() const { return static_cast<int>(m_waiting.size()); }

Q_SIGNALS:
    void stateChanged();

private:
    struct Order {
        StepRecord step;
        Action action;
    };
    struct Outcome {
        std::vector<std::int64_t> ids; // of the steps done, in order
        Result<void> saved;
    };

    static Outcome write(store::Project& project, const std::vector<Order>& batch);
    void next();
    void finished(std::vector<Order> batch, const Outcome& outcome);
    void setState(State state, const QString& problem = {});

    std::shared_ptr<store::Project> m_project;
    std::vector<Order> m_waiting;
    bool m_inFlight = false;
    State m_state = State::Saved;
    QString m_problem;
};

} // namespace luthier::ui
