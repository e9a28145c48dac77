// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterNotes: what is odd in the adapters that a command opens, said before it answers.
#pragma once

#include "core/inference/session.h"

#include <vector>

namespace luthier::cli {

class Console;

void noteAdapters(const std::vector<inference::AdapterSpec>& adapters, Console& console);

} // namespace luthier::cli
