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
    // Weights are read from end to end: with large pages a core reads a tenth more of them a second.
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
    return setenv("GOMP_SPINCOUNT", "1000", 1) == 0;
}

void haveThreadsYield(char** argv)
{
    if (setThreadPatience()) {
        execv("/proc/self/exe", argv);
    }
}

} // namespace luthier::base
