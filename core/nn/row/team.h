// SPDX-License-Identifier: GPL-3.0-or-later
// Team: threads that walk through one piece of work together and meet between its parts. Waking a thread costs tens of
// microseconds, more than a part takes; so they are woken once for the whole and look out for each other while it lasts.
// Torch-free.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace luthier::nn::row {

class Team {
public:
    explicit Team(int size); // threads, the caller's included; at least 1
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const { return static_cast<int>(m_helpers.size()) + 1; }

    // work(0) on the calling thread, work(1) ... on the others; returns when all are done. It must not throw. One call at
    // a time.
    void run(const std::function<void(int)>& work);

    // Inside work, called by all of them: none goes on before the last has come.
    void meet();

private:
    void serve(int index);

    std::vector<std::thread> m_helpers;
    const std::function<void(int)>* m_work = nullptr;
    std::atomic<std::uint32_t> m_calls{0};
    std::atomic<bool> m_ends{false};
    std::atomic<int> m_arrived{0};
    std::atomic<std::uint32_t> m_round{0};
};

} // namespace luthier::nn::row
