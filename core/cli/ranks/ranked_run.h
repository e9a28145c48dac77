// SPDX-License-Identifier: GPL-3.0-or-later
// RankedRun: a command that trains, as one of several processes. --devices and --ranks have this process start them and wait;
// what torchrun, srun or such a process says in the environment makes this one a rank.
#pragma once

#include "core/cli/command.h"
#include "core/ranks/place.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::ranks {
class Team;
}

namespace luthier::cli {

struct RankFlags {
    std::string devices;
    std::int64_t ranks = 0;

    bool areGiven() const { return !devices.empty() || ranks > 0; }
};

void addRankFlags(CLI::App& app, RankFlags& flags);

// What the flags name, a device each. Errors say what there is.
Result<std::vector<std::string>> devicesFor(const RankFlags& flags, const Globals& globals);

// Where ranks are to be started: starts them, waits for their end and gives the exit code.
std::optional<int> launchedRanks(const RankFlags& flags, Context& context);

// Where this process is a rank that ends before it joined: the others end with its sentence, too, where nobody else ends them.
void tellOtherRanks(const std::string& sentence);

// This process as a rank: meets the others; `device` becomes its own. Null: it trains alone.
Result<std::shared_ptr<ranks::Team>> joinRanks(std::string& device, Context& context);

} // namespace luthier::cli
