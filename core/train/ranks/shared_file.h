// SPDX-License-Identifier: GPL-3.0-or-later
// A file of rank 0's run folder on every rank, also where their disks are not one, and texts of all ranks, however long. Internal to core.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::ranks {
class Team;
}

namespace luthier::train {

// All ranks call it. Where the same bytes lie there already nothing is written. Errors: rank 0 cannot read it, this one cannot write.
Result<void> shareFile(ranks::Team& team, const std::filesystem::path& path);

// What each rank gave, by rank. All ranks call it. Nothing of it stays anywhere, as Team::texts() keeps what it carries.
std::vector<std::string> gatherTexts(ranks::Team& team, const std::string& own);

} // namespace luthier::train
