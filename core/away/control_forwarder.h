// SPDX-License-Identifier: GPL-3.0-or-later
// ControlForwarder: what is asked of a run through StopControl, passed on to the process that works, wherever it is, in the words
// of its control file (train/control/control_file.h). Torch-free.
//
// Threads: one of its own, which calls `send`; onEvent from the thread that hears the run.
#pragma once

#include "core/base/json.h"
#include "core/train/events.h"
#include "core/train/stop_control.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace luthier::away {

class ControlForwarder {
public:
    using Send = std::function<void(const std::vector<Json>& requests)>;

    // The control must outlive it.
    ControlForwarder(train::StopControl& control, Send send);
    ~ControlForwarder();

    // What the run says of itself: one that held itself is held here, too.
    void onEvent(const train::Event& event);

private:
    void work(const std::stop_token& stop);

    train::StopControl& m_control;
    Send m_send;
    std::atomic<bool> m_toldHeld{false};
    std::atomic<bool> m_heldItself{false};
    std::jthread m_thread;
};

} // namespace luthier::away
