// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/thread_patience.h"

#include <cstdlib>
#include <unistd.h>

namespace luthier::base {

bool setThreadPatience()
{
    if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) {
        return false;
    }
    // Large pages, and memory of up to 32 MiB kept for the next tensor of its size: a step on the CPU would ask the kernel for each of its
    // tensors anew and wait until it is cleared.
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=536870912", 0);
    return setenv("GOMP_SPINCOUNT", "1000", 1) == 0;
}

void haveThreadsYield(char** argv)
{
    if (setThreadPatience()) {
        execv("/proc/self/exe", argv);
    }
}

} // namespace luthier::base
