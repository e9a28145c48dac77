// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/team.h"

namespace luthier::nn::row {

namespace {

// Looks this often before it lets others have the core: some tens of microseconds.
constexpr int kLooks = 1000;

inline void breathe()
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

} // namespace

Team::Team(int size)
{
    for (int i = 1; i < size; ++i) {
        m_helpers.emplace_back([this, i] { serve(i); });
    }
}

Team::~Team()
{
    m_ends = true;
    m_calls.fetch_add(1);
    m_calls.notify_all();
    for (std::thread& helper : m_helpers) {
        helper.join();
    }
}

void Team::run(const std::function<void(int)>& work)
{
    m_work = &work;
    m_calls.fetch_add(1, std::memory_order_release);
    m_calls.notify_all();
    work(0);
    meet();
}

void Team::serve(int index)
{
    std::uint32_t seen = 0;
    while (true) {
        m_calls.wait(seen, std::memory_order_acquire);
        seen = m_calls.load(std::memory_order_acquire);
        if (m_ends) {
            return;
        }
        (*m_work)(index);
        meet();
    }
}

void Team::meet()
{
    const std::uint32_t round = m_round.load(std::memory_order_acquire);
    if (m_arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
        m_arrived.store(0, std::memory_order_relaxed);
        m_round.store(round + 1, std::memory_order_release);
        return;
    }
    for (int looks = 0; m_round.load(std::memory_order_acquire) == round; ++looks) {
        if (looks < kLooks) {
            breathe();
        } else {
            std::this_thread::yield();
        }
    }
}

} // namespace luthier::nn::row
