// SPDX-License-Identifier: GPL-3.0-or-later
// Failure: what an exception means for the person who started the run. Internal to core.
#pragma once

#include <exception>
#include <string>

namespace luthier::train {

// Whether the device, or the machine, had no room for what was asked: less at once may do.
bool isOutOfMemory(const std::exception& problem);

// A sentence with what to do: for memory that ran out, for a device that failed, for anything else its first line.
std::string sentenceOf(const std::exception& problem);

} // namespace luthier::train
