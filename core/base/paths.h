// SPDX-License-Identifier: GPL-3.0-or-later
// Paths: where the bundled things lie (beside the sources in a build tree, under share/luthier when installed).
// LUTHIER_RESOURCES and LUTHIER_DATASETS override.
#pragma once

#include <filesystem>

namespace luthier::base {

std::filesystem::path resourcesFolder(); // holds models/, recipes/
std::filesystem::path datasetsFolder();  // holds *.jsonl
std::filesystem::path bundledModel();    // resources/models/luthier-tiny
std::filesystem::path userDataFolder();  // $XDG_DATA_HOME/luthier or ~/.local/share/luthier
std::filesystem::path userCacheFolder(); // $XDG_CACHE_HOME/luthier or ~/.cache/luthier: may be removed at any time

} // namespace luthier::base
