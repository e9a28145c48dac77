// SPDX-License-Identifier: GPL-3.0-or-later
// StopControl: how the outside asks a run to stop, park or hold, and what it asks of one that is held: answers by the weights
// as they are, and another learning rate to go on with. Read by the run between micro-steps.
//
// Threads: request functions from any thread; waitWhileHeld only from the training thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace luthier::train {

struct PromptAsked { // answered greedily by the present weights, as a SampleDone
    std::string prompt;
};

struct RateAsked { // of the steps from the next one on
    double learningRate = 0; // at its highest, as optimizer.learning_rate; above 0
};

using HeldRequest = std::variant<PromptAsked, RateAsked>;

class StopControl {
public:
    // Stop: finish the step, save a checkpoint, end with Outcome::Stopped. Also ends a hold.
    void requestStop()
    {
        m_stop = true;
        setHeld(false);
    }
    bool stopRequested() const { return m_stop; } // a park, too

    // Park: finish the step, save a checkpoint, leave everything and end with Outcome::Parked. Also ends a hold.
    void requestPark()
    {
        m_park = true;
        requestStop();
    }
    bool parkRequested() const { return m_park; }

    // As a stop, and the result is written as it stands.
    void requestKeep()
    {
        m_keep = true;
        requestStop();
    }
    bool keepRequested() const { return m_keep; }

    // Somebody looks at the run and can change something: steps that are no numbers hold it, instead of ending it.
    void setAttended() { m_attended = true; }
    bool isAttended() const { return m_attended; }

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

    // Done while the run is held; asked of one that works, before its next micro-step.
    void ask(HeldRequest request)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_requests.push_back(std::move(request));
        }
        m_changed.notify_all();
    }
    bool hasRequests() const
    {
        const std::lock_guard lock(m_mutex);
        return !m_requests.empty();
    }

    // Serves what was asked, in order and without the lock, until nothing is left and the run is not held.
    void waitWhileHeld(const std::function<void(const HeldRequest&)>& serve)
    {
        std::unique_lock lock(m_mutex);
        while (true) {
            m_changed.wait(lock, [this] { return !m_held || !m_requests.empty(); });
            if (m_requests.empty() || m_stop) {
                return;
            }
            const HeldRequest request = std::move(m_requests.front());
            m_requests.pop_front();
            lock.unlock();
            serve(request);
            lock.lock();
        }
    }

private:
    std::atomic<bool> m_stop{false};
    std::atomic<bool> m_park{false};
    std::atomic<bool> m_keep{false};
    std::atomic<bool> m_attended{false};
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_held = false;                // guarded by m_mutex
    std::deque<HeldRequest> m_requests; // guarded by m_mutex
};

} // namespace luthier::train
