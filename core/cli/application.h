// SPDX-License-Identifier: GPL-3.0-or-later
// Application: parses the command line against the table of commands and runs the chosen one.
// Call it first thing in main, before any thread exists. Returns the exit code; never throws.
#pragma once

namespace luthier::cli {

int runCommandLine(int argc, char** argv);

} // namespace luthier::cli
