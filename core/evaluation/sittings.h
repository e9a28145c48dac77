// SPDX-License-Identifier: GPL-3.0-or-later
// Sitting: one model in memory and which systems answer with it, so that no model is loaded twice.
//
// Threads: free functions, any thread.
#pragma once

#include "core/evaluation/request.h"

#include <string>
#include <vector>

namespace luthier::evaluation {

struct Sitting {
    std::filesystem::path model;
    std::vector<inference::AdapterSpec> adapters;
    std::vector<std::string> systems; // ids; those without adapters answer with them switched off
};

// In the order of the systems. A model alone is answered for where it is loaded with adapters.
std::vector<Sitting> sittingsOf(const std::vector<EvalSystem>& systems);

} // namespace luthier::evaluation
