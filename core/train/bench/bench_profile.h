// SPDX-License-Identifier: GPL-3.0-or-later
// BenchProfile: what a card spends its time on, kernel by kernel, by LibTorch's own profiler. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::train {

struct KernelTime {
    std::string name;
    std::int64_t calls = 0;
    double seconds = 0;
};

// Runs the work, so many rounds of the same, which waits for the card at its end; the kernels of a round with their times, the largest
// first. Errors: LibTorch's profiler sees no kernels here (a CPU, or a card that lets nobody look).
Result<std::vector<KernelTime>> profileKernels(const std::function<void()>& work, std::int64_t rounds);

} // namespace luthier::train
