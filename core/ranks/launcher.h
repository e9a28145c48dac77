// SPDX-License-Identifier: GPL-3.0-or-later
// Launcher: starts the ranks of a run on this machine and watches them. Torch-free.
//
// Each rank is this program again, told its place by the environment (place.h), in a process group of its own. Rank 0 has this
// process's stdin, stdout and stderr; what others say on stderr is kept and shown only where nobody else says why it ended.
// When this process dies, so do they.
#pragma once

#include "core/base/result.h"

#include <atomic>
#include <string>
#include <vector>

namespace luthier::ranks {

struct LaunchPlan {
    std::vector<std::vector<std::string>> commands; // of each rank, without the program's name
};

struct LaunchEnd {
    int code = 0;         // rank 0's; 1 where another rank failed alone
    std::string sentence; // what rank 0 could not say itself; empty: nothing
};

// Asked from any thread.
class LaunchControl {
public:
    void interrupt() { ++m_interrupts; } // rank 0 stops the run; once more ends all at once
    int interrupts() const { return m_interrupts; }

private:
    std::atomic<int> m_interrupts{0};
};

// Blocks until all have ended. Errors: they cannot be started.
Result<LaunchEnd> launch(const LaunchPlan& plan, LaunchControl& control);

int numCards(); // that this program can use here

// What --devices means: "cpu:4", "cuda:0,cuda:2", "2" (the first two cards), "all". `cards`: how many there are. One entry a
// rank. Errors say what there is.
Result<std::vector<std::string>> devicesOf(const std::string& text, int cards);

} // namespace luthier::ranks
