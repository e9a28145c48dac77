// SPDX-License-Identifier: GPL-3.0-or-later
// LibTorch's wheels hold Gloo but not its headers, which c10d/ProcessGroupGloo.hpp names. What stands in this folder declares
// the types that it names, so that a process group can be made and handed around; nothing here is defined or called.
#pragma once

#include <chrono>

namespace gloo {

class Context {
public:
    void setTimeout(std::chrono::milliseconds timeout);
};

} // namespace gloo
