// SPDX-License-Identifier: GPL-3.0-or-later
// RunController: the one run in progress. Makes the run in the project, trains on a thread of its own, writes
// every event into the project and tells the window through the bridge.
//
// Starting is asynchronous: the project's row and the edits are made ready by a job; runStarting() comes then.
// stop() saves a checkpoint and ends the run; it can be resumed. Destruction stops and waits for that.
// Threads: GUI thread.
#pragma once

#include "core/away/run_place.h"
#include "core/base/cancel.h"
#include "core/config/run_config.h"
#include "core/store/project.h"
#include "core/train/run.h"
#include "core/train/stop_control.h"
#include "ui/bridge/run_bridge.h"
#include "ui/bridge/sleep_guard.h"

#include <QElapsedTimer>
#include <QObject>

#include <functional>
#include <memory>
#include <thread>

namespace luthier::ui {

class Workspace;

class RunController : public QObject {
    Q_OBJECT

public:
    enum class State { Idle, Preparing, Running, Held, Stopping };

    explicit RunController(Workspace& workspace);
    ~RunController() override;

    State state() const { return m_state; }
    bool isBusy() const { return m_state != State::Idle; }
    store::RunId runId() const { return m_id; } // of the run in progress or the last one; 0: none yet
    QString name() const { return m_name; }
    std::int64_t step() const { return m_step; }
    std::int64_t totalSteps() const { return m_totalSteps; }
    double seconds() const; // it has trained so far, holds counted
    double secondsLeft() const; // of work, which a hold does not use up; negative: not known, or it took longer than that already
    QString stage() const { return m_stage; }
    std::int64_t memoryBytes() const { return m_memoryBytes; }
    double learningRate() const { return m_learningRate; } // of the last step; negative: none was taken yet
    QString deviceText() const { return m_deviceText; }
    RunBridge* bridge() { return &m_bridge; }
    const SleepGuard& sleepGuard() const { return m_sleep; } // the machine stays awake while a run is at work, not while it is held

    // Ignored while a run is in progress. `place`: of several processes or machines; a resumed run goes on where it was.
    void start(const config::RunConfig& config, const away::RunPlace& place = {});
    void resume(store::RunId id, std::int64_t step = 0); // from that checkpoint; 0: the newest
    void fork(store::RunId id, std::int64_t step, bool withNextSettings); // another run from a checkpoint, by its settings or those on Tune
    void stop();
    void setHeld(bool held);
    void park();                               // everything is left, and the run goes on later to the bit
    void stopAndKeep();                        // its result is written as it stands
    void tryPrompt(const QString& prompt);     // answered by the present weights, as a sample
    void setLearningRate(double rate);         // of the steps from the next one on
    void stopAndWait(); // for the end of the program; blocks until the checkpoint is saved. A run on another machine is left
    bool isFar() const { return m_isFar; } // on another machine: it goes on without this program
    void leave();                          // stop listening to it; resuming listens again

Q_SIGNALS:
    void stateChanged();
    void progressed();
    void runStarting(qint64 id);
    void runEnded(qint64 id);
    void failed(const QString& sentence); // the run could not be started, or could not be written down

private:
    struct Prepared {
        store::RunRow row;
        config::RunConfig config;
        train::RunInputs inputs;
        away::RunPlace place = {};
    };

    void prepare(std::function<Result<Prepared>()> work);
    void launch(Prepared prepared);
    void connectBridge();
    void showEnd(const train::RunEnded& ended);
    void finishWhenBothAreThere();
    void setState(State state);

    Workspace& m_workspace;
    State m_state = State::Idle;
    store::RunId m_id = 0;
    QString m_name;
    QString m_stage;
    QString m_deviceText;
    std::int64_t m_step = 0;
    std::int64_t m_totalSteps = 0;
    std::int64_t m_memoryBytes = 0;
    double m_learningRate = -1;
    QElapsedTimer m_clock;
    double m_secondsBefore = 0; // of earlier sittings
    double m_secondsLeft = -1; // when m_sinceLeft began
    QElapsedTimer m_sinceLeft; // not valid while the run is held
    bool m_endTold = false;    // RunEnded came through the bridge
    bool m_threadDone = false; // the thread has written everything down and returned

    // In this order: the thread goes first and everything it talks to outlives it.
    RunBridge m_bridge;
    SleepGuard m_sleep;
    bool m_isFar = false;
    base::CancelToken m_leave;
    std::unique_ptr<train::StopControl> m_control;
    std::jthread m_thread;
};

} // namespace luthier::ui
