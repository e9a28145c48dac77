// SPDX-License-Identifier: GPL-3.0-or-later
// Watch: a rank's thread that tells the others it is alive and what it does, and looks at them. Whoever falls silent, or
// says why it fails, is known to all within a second or two of that. Internal to core: names torch types.
//
// A rank that knows it is broken and whose training thread does not come to hear of it is ended here.
#pragma once

#include "core/ranks/store_line.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace luthier::ranks {

// For a rank that has no watch and ends: what the others' watches will hear. Waits up to `patience` until all of them have come and had
// time to hear it; they reach the store of this process, which goes with it.
void tellFailure(StoreLine& line, const RankPlace& place, const std::string& sentence, std::chrono::milliseconds patience);

class Watch {
public:
    Watch(RankPlace place, std::unique_ptr<StoreLine> line);
    ~Watch();

    // Whether all ranks have come; names one that has not.
    std::optional<int> missing() const;

    void says(const std::string& doing);
    void waits(bool waiting);
    void fail(const std::string& sentence);
    std::optional<std::string> brokenBy() const;
    void heard(); // the training thread knows that it is broken, and ends by itself
    void onBroken(std::function<void()> handler);
    void leave();
    bool haveAllLeft() const;

    // Of the others those who work while this one waits, as a sentence: "rank 1 on h2, which is at step 12 for 34 s". Empty: none
    // is known. `stepsOnly`: those that are within a step.
    std::string whoWorks(bool stepsOnly) const;

private:
    using Clock = std::chrono::steady_clock;
    struct Other {
        std::string beat;
        bool come = false;
        bool left = false;
        bool waiting = false;
        std::string host;
        std::string doing;
        Clock::duration silence{}; // while this rank was awake
        Clock::time_point since = Clock::now(); // it does that
    };

    void work(const std::stop_token& stop);
    void look();
    void tell();
    void read(Other& other, const std::string& beat, Clock::duration awake) const;
    void breakBy(const std::string& sentence);
    void endWhereStuck();
    void guard(const std::stop_token& stop);
    std::string goneSentence() const;
    std::string nameOf(int rank) const;

    RankPlace m_place;
    std::unique_ptr<StoreLine> m_line; // of the thread
    std::string m_host;
    std::int64_t m_beats = 0;
    Clock::time_point m_looked = Clock::now(); // of the thread
    std::atomic<Clock::time_point> m_storeSeen = Clock::now();
    std::atomic<bool> m_done = false; // the thread

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::vector<Other> m_others;           // guarded by m_mutex, as what follows
    std::string m_doing = "starting";
    bool m_waiting = false;
    bool m_leaving = false;
    bool m_leftTold = false;
    bool m_heard = false;
    std::optional<std::string> m_toTell;   // fail(), until the store has it
    std::optional<std::string> m_broken;
    Clock::time_point m_brokenAt;
    std::function<void()> m_onBroken;
    std::jthread m_thread;
    std::jthread m_guard; // looks at m_thread, which waits without end where the network is cut
};

} // namespace luthier::ranks
