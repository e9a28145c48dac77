// SPDX-License-Identifier: GPL-3.0-or-later
// RunSearch: whether a run is one that a person looks for: every word stands in its name, state, notes, tags or recipe, whatever
// its case; "tag:good" and "state:finished" ask for just that.
//
// Threads: pure functions.
#pragma once

#include "core/store/project.h"

#include <string>

namespace luthier::store {

bool matches(const RunRow& run, const std::string& words); // no words: every run

// Of the recipe, by "part.key"; "-" where it has none.
std::string settingOf(const RunRow& run, const std::string& key);

} // namespace luthier::store
