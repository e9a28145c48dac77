// SPDX-License-Identifier: GPL-3.0-or-later
// RankPlace: which of several processes that train one run together this one is, and where they meet. Torch-free.
//
// Whoever starts processes says it by the environment: Luthier itself and torchrun by RANK, WORLD_SIZE, LOCAL_RANK,
// LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT; srun by SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID and SLURM_JOB_NODELIST, with a
// port that follows from the job's number; mpirun by OMPI_COMM_WORLD_*. MASTER_ADDR and MASTER_PORT count wherever they are set.
#pragma once

#include "core/base/result.h"

#include <functional>
#include <optional>
#include <string>

namespace luthier::ranks {

struct RankPlace {
    int rank = 0;
    int size = 1;
    int localRank = 0;   // among those on this machine
    int localSize = 1;
    std::string address = "127.0.0.1"; // where rank 0, or whoever started it, keeps the store
    int port = 0;
    bool storeIsKept = false;          // by whoever started the ranks; else by rank 0
    std::string session;               // so that a restart reads nothing of the start before
    std::string startedBy = "Luthier";

    bool leads() const { return rank == 0; }
};

using Lookup = std::function<const char*(const char* name)>; // as std::getenv

// Nothing where this process trains alone. Errors name the variable and what it should hold.
Result<std::optional<RankPlace>> placeFrom(const Lookup& environment);
Result<std::optional<RankPlace>> placeFromEnvironment();

// The first name of a Slurm list: "node03" of "node[03-05,9],other". Empty where there is none.
std::string firstHostOf(const std::string& list);

} // namespace luthier::ranks
