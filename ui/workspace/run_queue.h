// SPDX-License-Identifier: GPL-3.0-or-later
// RunQueue: the project's runs that wait (away/waiting_runs.h, which the command line shares), taken up in order: one at a time, and none
// between two methods of a shoot-out. A closed window loses none; where one was killed, the run that was at work is the first of the next time.
//
// What is stopped or parked by hand holds the queue, and so do a recipe that cannot be started and a window that was closed: goOn() takes
// it up again. A run that ends by itself, well or not, lets the next begin.
// What the command line asks of it meanwhile (away/asked_queue.h) is taken within a second.
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/away/asked_queue.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace luthier::store {
class Project;
}

namespace luthier::ui {

class ShootoutQueue;
class Workspace;

class RunQueue : public QObject {
    Q_OBJECT

public:
    RunQueue(Workspace& workspace, const ShootoutQueue& shootouts, QObject* parent = nullptr);

    // Behind the run at work. The first has a run already where that was interrupted: it goes on.
    const std::vector<away::WaitingRun>& waiting() const { return m_waiting; }
    bool canMove(int at, int to) const; // both are places, and none of a run that has begun
    bool isHeld() const { return m_isHeld; }

    void add(const config::RunConfig& config, const away::RunPlace& place);
    void move(int at, int to); // ignored where it cannot
    void remove(int at);       // a run that has begun stays among the runs
    void goOn();

Q_SIGNALS:
    void changed();

private:
    void load();
    void read();
    void lookForAsked();
    void takeAsked(const std::vector<away::QueueChange>& changes);
    void save();
    void tell();
    void onState();
    void onStarting(store::RunId id);
    void onEnded(store::RunId id);
    void onFailed();
    void begin();
    void take(store::RunId first, const Result<away::Turn>& turn);
    bool isFree() const;

    Workspace& m_workspace;
    const ShootoutQueue& m_shootouts;
    std::shared_ptr<store::Project> m_project; // whose they are
    std::vector<away::WaitingRun> m_waiting;
    std::optional<away::WaitingRun> m_atWork; // kept before those that wait, until its run has ended
    JobSlot m_loadJob;
    JobSlot m_askedJob;
    QTimer m_look; // for what others ask
    WriteSlot m_saving;
    std::vector<std::filesystem::path> m_taken; // files of what was asked for and is in the queue: they go once it is kept
    bool m_isRead = false; // what the project keeps
    bool m_isHeld = false;
    bool m_isPreparing = false; // memory is given back first
    bool m_isStarting = false;  // the first one was asked for, and has no run yet
};

} // namespace luthier::ui
