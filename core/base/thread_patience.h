// SPDX-License-Identifier: GPL-3.0-or-later
// ThreadPatience: how long idle worker threads of tensor operations spin before they sleep. GNU OpenMP's usual 300,000
// turns cost nothing on an idle machine; beside a busy neighbour (a compiler, a window that draws) every operation waits
// for a thread that is not running: 20 training steps took 175 s instead of 12 s there.
#pragma once

namespace luthier::base {

// OpenMP reads its settings while the program loads, so the program starts itself again with GOMP_SPINCOUNT set, unless
// the environment says how to wait already. First thing in main; returns where nothing is to do or the restart fails.
void haveThreadsYield(char** argv);

} // namespace luthier::base
