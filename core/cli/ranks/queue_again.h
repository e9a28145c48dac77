// SPDX-License-Identifier: GPL-3.0-or-later
// What a batch system means by its signals: SIGUSR1 (sbatch --signal=USR1@120), and under Slurm SIGTERM, ask for a checkpoint before
// the time is over or the machine is needed. The work is not done then, and the exit code says so: EX_TEMPFAIL of sysexits.h.
#pragma once

namespace luthier::cli {

constexpr int kQueueAgain = 75;

// Such a signal has come. Any thread.
bool asksToBeQueuedAgain();

} // namespace luthier::cli
