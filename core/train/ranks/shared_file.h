// SPDX-License-Identifier: GPL-3.0-or-later
// A file of rank 0's run folder on every rank, also where their disks are not one. Internal to core.
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace luthier::ranks {
class Team;
}

namespace luthier::train {

// All ranks call it. Where the same bytes lie there already nothing is written. Errors: rank 0 cannot read it, this one cannot write.
Result<void> shareFile(ranks::Team& team, const std::filesystem::path& path);

} // namespace luthier::train
