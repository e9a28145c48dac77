// SPDX-License-Identifier: GPL-3.0-or-later
// Shell: a command of the system's shell, with its input, output and end. Blocks.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <functional>
#include <string>
#include <string_view>

namespace luthier::remote {

struct ShellEnd {
    int code = 0; // 128 + the signal that ended it
    std::string out;
    std::string err; // the last of it
};

struct ShellInput {
    std::string text = {};
    base::CancelToken cancel = {};                        // ends the command
    std::function<void(std::string_view)> onOutput = {}; // takes it as it comes; then ShellEnd::out stays empty
};

// Errors: it cannot be started; "cancelled".
Result<ShellEnd> runShell(const std::string& command, const ShellInput& input = {});

// As one word of a shell, whatever it holds.
std::string quoted(const std::string& word);

} // namespace luthier::remote
