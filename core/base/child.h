// SPDX-License-Identifier: GPL-3.0-or-later
// Child: another program run to its end, its output kept in a file.
//
// Threads: any; blocks the caller. The child is ended when `cancel` is.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::base {

// This program's own file.
std::filesystem::path ownProgram();

// Exit code; output goes to `out`, errors to `err`. Errors: it could not be started, "cancelled", ended by a signal.
Result<int> runChild(const std::vector<std::string>& command, const std::filesystem::path& out, const std::filesystem::path& err,
                     const CancelToken& cancel = {});

} // namespace luthier::base
