// SPDX-License-Identifier: GPL-3.0-or-later
// Interrupts: Ctrl-C (and SIGTERM) as a polite request first and an order second. The first cancels the token
// and calls the handler; the second ends the process at once with 130.
//
// Signals are blocked in every thread and taken by one watcher, so that handlers may lock and allocate.
// Make it before any other thread exists. Threads: trigger and setHandler from any thread.
#pragma once

#include "core/base/cancel.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace luthier::cli {

class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    const base::CancelToken& token() const { return m_token; }
    bool isRequested() const { return m_requested; } // by a signal
    void trigger();                                  // as the first Ctrl-C, for other reasons to stop

    // What is kept when it stops now, said at the request: "what was answered". Empty, as at first: nothing is said of it.
    void setKept(std::string what);

    // Called at the request, at once when it already came. Runs on the watcher's or the triggering thread.
    void setHandler(std::function<void()> handler);

private:
    void watch();
    std::string whatIsKept();

    base::CancelToken m_token;
    std::mutex m_mutex;
    std::function<void()> m_handler; // guarded by m_mutex
    std::string m_kept;              // guarded by m_mutex
    std::atomic<bool> m_requested{false};
    std::atomic<bool> m_ended{false};
    std::thread m_watcher;
};

inline constexpr const char* kRunIsKept = "what is done"; // of training: its checkpoints

// The handler, and what is kept, for as long as this lives.
class InterruptScope {
public:
    // `kept`: as setKept has it.
    InterruptScope(Interrupts& interrupts, std::function<void()> handler, std::string kept = {}) : m_interrupts(interrupts)
    {
        m_interrupts.setKept(std::move(kept));
        m_interrupts.setHandler(std::move(handler));
    }
    ~InterruptScope()
    {
        m_interrupts.setHandler({});
        m_interrupts.setKept({});
    }
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;

private:
    Interrupts& m_interrupts;
};

} // namespace luthier::cli
