// SPDX-License-Identifier: GPL-3.0-or-later
// ShootoutQueue: tries the methods of one shoot-out one after the other, each as a run of the project, and remembers in the
// project which run tried which. What a run does not finish stays in the queue, also over a closed window: goOn() takes it
// up again.
//
// A run that is stopped from elsewhere (its badge, closing the window) holds the queue; cancel() alone passes on to the
// next. While another run is in progress the queue waits for it.
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/config/run_config.h"
#include "core/store/shootout_record.h"
#include "ui/bridge/write_slot.h"

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>

#include <memory>

namespace luthier::ui {

class Workspace;

class ShootoutQueue : public QObject {
    Q_OBJECT

public:
    explicit ShootoutQueue(Workspace& workspace, QObject* parent = nullptr);

    bool isRunning() const { return m_isRunning; }
    const store::ShootoutRecord& record() const { return m_record; } // in progress, or the last one
    int current() const { return m_current; } // entry in training; -1: none
    const train::ShootoutRow& live() const { return m_meter.row; } // of the entry in training
    double secondsLeft() const;                // of the entry in training; negative: not known

    void start(const config::RunConfig& recipe, const QStringList& methods); // ignored while running
    void goOn(const store::ShootoutRecord& record); // what has not finished: resumed, or begun
    void cancel(int entry); // waiting: it never begins; in training: it stops at a checkpoint and the next begins
    void cancelAll();

Q_SIGNALS:
    void changed(); // an entry or the state of the queue
    void progressed(); // of the entry in training

private:
    void begin(store::ShootoutRecord record);
    void next();
    void launch(int entry);
    void onStarting(qint64 id);
    void onEnded(qint64 id);
    void onFailed(const QString& sentence);
    void connectRuns();
    void finish();
    void save();

    Workspace& m_workspace;
    std::shared_ptr<store::Project> m_project; // of the record
    store::ShootoutRecord m_record;
    std::vector<int> m_waiting; // entries, in order
    train::ShootoutMeter m_meter{nullptr};
    QElapsedTimer m_clock;
    int m_current = -1;
    bool m_isRunning = false;
    bool m_hasBegun = false;  // the one in training has its run
    bool m_isPassing = false; // the one in training was cancelled: go on with the next
    WriteSlot m_saving;
};

} // namespace luthier::ui
