// SPDX-License-Identifier: GPL-3.0-or-later
// ScoreFacts: what an adapter folder says of a head that judges texts, read from its file's header alone. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::peft {

struct ScoreFacts {
    std::int64_t scores = 0;         // of a text; 0: there is no such head
    std::vector<std::string> labels; // what they are of; empty: one score that stands for no label
};

// Errors: a file that cannot be read, a head that is no matrix.
Result<ScoreFacts> readScoreFacts(const std::filesystem::path& folder);

} // namespace luthier::peft
