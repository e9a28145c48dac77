// SPDX-License-Identifier: GPL-3.0-or-later
// RunQueue: recipes that wait for the run in progress, in order. Each becomes a run when its turn comes: one at a time, and none between
// two methods of a shoot-out. Kept with the project, so that a closed window loses none.
//
// What is stopped or parked by hand holds the queue, and so do a recipe that cannot be started and a window that was closed: goOn() takes
// it up again. A run that ends by itself, well or not, lets the next begin.
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/away/run_place.h"
#include "core/config/run_config.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>

#include <memory>
#include <string>
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
    struct Waiting {
        config::RunConfig config;
        away::RunPlace place = {};

        QString name() const; // of the run that it will be
    };

    RunQueue(Workspace& workspace, const ShootoutQueue& shootouts, QObject* parent = nullptr);

    const std::vector<Waiting>& waiting() const { return m_waiting; }
    bool isHeld() const { return m_isHeld; }

    void add(const config::RunConfig& config, const away::RunPlace& place);
    void move(int at, int to); // ignored where there is no such place
    void remove(int at);
    void goOn();

Q_SIGNALS:
    void changed();

private:
    void load();
    void save();
    void tell();
    void onState();
    void onStarting();
    void onFailed();
    void begin();

    Workspace& m_workspace;
    const ShootoutQueue& m_shootouts;
    std::shared_ptr<store::Project> m_project; // whose they are
    std::vector<Waiting> m_waiting;
    JobSlot m_loadJob;
    WriteSlot m_saving;
    bool m_isHeld = false;
    bool m_isPreparing = false; // memory is given back first
    bool m_isStarting = false;  // the first one was asked for, and has no run yet
};

} // namespace luthier::ui
