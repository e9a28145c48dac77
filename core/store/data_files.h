// SPDX-License-Identifier: GPL-3.0-or-later
// DataFiles: by which path the project knows a data file, and how its columns are read there.
//
// Threads: free functions, any thread.
#pragma once

#include "core/store/project.h"

#include <string>
#include <vector>

namespace luthier::store {

std::string dataFileKey(const std::string& path); // absolute, without detours

// How the file's own column names are read, "field=column" each (data/formats/columns.h); empty: none kept. Errors: the project's,
// and what is kept being no list of texts.
Result<std::vector<std::string>> keptColumns(Project& project, const std::string& path);
Result<void> keepColumns(Project& project, const std::string& path, const std::vector<std::string>& columns);

} // namespace luthier::store
