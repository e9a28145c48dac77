// SPDX-License-Identifier: GPL-3.0-or-later
// RunBridge: carries a run's events to the GUI thread in batches, about thirty times a second, in order.
// Neighbouring steps arrive as one vector; everything else one by one. RunEnded comes last.
//
// Threads: onEvent from any thread, never blocks; signals on the thread the bridge lives on.
// The bridge must outlive the thread that sends to it.
#pragma once

#include "core/train/events.h"

#include <QObject>

#include <mutex>
#include <vector>

namespace luthier::ui {

class RunBridge : public QObject, public train::RunObserver {
    Q_OBJECT

public:
    using QObject::QObject;

    void onEvent(const train::Event& event) override;

Q_SIGNALS:
    void started(const luthier::train::RunStarted& started);
    void stageChanged(const luthier::train::StageChanged& stage);
    void stepsDone(const std::vector<luthier::train::StepDone>& steps);
    void evalDone(const luthier::train::EvalDone& eval);
    void sampleDone(const luthier::train::SampleDone& sample);
    void checkpointSaved(const luthier::train::CheckpointSaved& checkpoint);
    void warned(const luthier::train::Warning& warning);
    void ended(const luthier::train::RunEnded& ended);

private:
    void deliver();
    void tell(const train::Event& event);

    std::mutex m_mutex;
    std::vector<train::Event> m_pending; // guarded by m_mutex
    bool m_scheduled = false;            // guarded by m_mutex
};

} // namespace luthier::ui
