// SPDX-License-Identifier: GPL-3.0-or-later
// ThreadPatience: how long idle worker threads of tensor operations spin before they sleep. GNU OpenMP's usual 300,000
// turns cost nothing on an idle machine; beside a busy neighbour (a compiler, a window that draws) every operation waits
// for a thread that is not running: 20 training steps took 175 s instead of 12 s there.
#pragma once

namespace luthier::base {

// Sets GOMP_SPINCOUNT, which OpenMP reads while a program loads, for programs that this one starts. False: the environment
// says how to wait already.
bool setThreadPatience();

// The program starts itself again with that, unless nothing is to do. First thing in main; returns also where the restart
// fails.
void haveThreadsYield(char** argv);

} // namespace luthier::base
