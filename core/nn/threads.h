// SPDX-License-Identifier: GPL-3.0-or-later
// Threads: how many the CPU work of this process uses. Torch-free.
#pragma once

#include <cstdint>

namespace luthier::nn {

// 0: physical cores. Once a process, before the first work.
void setThreads(std::int64_t threads);

} // namespace luthier::nn
