// SPDX-License-Identifier: GPL-3.0-or-later
// TransferRate: bytes a second over the last seconds, and what is left at that pace.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace luthier::hub {

class TransferRate {
public:
    using Clock = std::chrono::steady_clock;

    void add(std::int64_t done, Clock::time_point now = Clock::now()); // bytes in all so far
    double bytesPerSecond() const;                                     // 0: not known yet
    double secondsLeft(std::int64_t total) const;                      // negative: not known

private:
    struct Mark {
        Clock::time_point at;
        std::int64_t done;
    };
    std::deque<Mark> m_marks; // of the last seconds, oldest first
};

} // namespace luthier::hub
