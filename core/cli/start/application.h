// SPDX-License-Identifier: GPL-3.0-or-later
// Application: parses the command line against the table of commands and runs the chosen one.
// Call it first thing in main, before any thread exists. Returns the exit code; never throws.
//
// LibTorch takes a third of a second to load, so there are two programs of the same commands: `luthier` is linked without it
// and starts `luthier-tensors`, which lies beside it, in its own place where the chosen command works with tensors.
#pragma once

namespace luthier::cli {

// `startTensors` replaces the process by the program with tensors and does not return; null: this is that program.
int runCommandLine(int argc, char** argv, void (*startTensors)() = nullptr);

} // namespace luthier::cli
