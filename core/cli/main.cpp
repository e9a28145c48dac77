// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/application.h"

int main(int argc, char** argv)
{
    return luthier::cli::runCommandLine(argc, argv);
}
