// SPDX-License-Identifier: GPL-3.0-or-later
// Clocks that a measurement can be made by: seconds since some moment. On a machine that does something else, too, the processor's
// time is what can be compared.
#pragma once

#include <chrono>
#include <ctime>

namespace luthier::base {

using Clock = double (*)();

inline double wallSeconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double secondsOf(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Of all threads of this process.
inline double processorSeconds()
{
    return secondsOf(CLOCK_PROCESS_CPUTIME_ID);
}

// Of the calling thread.
inline double threadSeconds()
{
    return secondsOf(CLOCK_THREAD_CPUTIME_ID);
}

} // namespace luthier::base
