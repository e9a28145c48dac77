// SPDX-License-Identifier: GPL-3.0-or-later
// StopControl: how the outside asks a run to stop or hold. Read by the run between micro-steps.
//
// Threads: request functions from any thread; waitWhileHeld only from the training thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace luthier::train {

class StopControl {
public:
    // Stop: finish the step, save a checkpoint, end with Outcome::Stopped. Also ends a hold.
    void requestStop()
    {
        m_stop = true;
        setHeld(false);
    }
    bool stopRequested() const { return m_stop; }

    // Waits at most so long; true: asked to stop, then or before.
    template <class Duration>
    bool waitForStop(Duration duration)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, duration, [this] { return m_stop.load(); });
    }

    void setHeld(bool held)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_held = held;
        }
        m_changed.notify_all();
    }
    bool isHeld() const
    {
        const std::lock_guard lock(m_mutex);
        return m_held;
    }
    void waitWhileHeld()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return !m_held; });
    }

private:
    std::atomic<bool> m_stop{false};
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_held = false; // guarded by m_mutex
};

} // namespace luthier::train
