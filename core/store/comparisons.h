// SPDX-License-Identifier: GPL-3.0-or-later
// Comparisons: what was asked on Compare and what each column answered, kept in the project, so that it can be found and opened again on
// another day.
//
// Threads: as Project.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::store {

struct ComparisonRow {
    std::int64_t id = 0;
    std::string created; // ISO 8601, UTC
    std::string prompt;  // its question
    Json body;           // as whoever kept it left it
};

class Comparisons {
public:
    virtual ~Comparisons() = default;

    virtual Result<std::int64_t> add(const std::string& prompt, const Json& body) = 0; // its number
    // The newest first, at most `most`. `search`: in question and answers, without case of ASCII letters; empty: all.
    virtual Result<std::vector<ComparisonRow>> find(const std::string& search, std::int64_t most) = 0;
    virtual Result<void> remove(std::int64_t id) = 0;
};

} // namespace luthier::store
