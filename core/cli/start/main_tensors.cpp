// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/thread_patience.h"
#include "core/cli/start/application.h"

int main(int argc, char** argv)
{
    luthier::base::haveThreadsYield(argv);
    return luthier::cli::runCommandLine(argc, argv);
}
