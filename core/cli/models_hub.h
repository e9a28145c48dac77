// SPDX-License-Identifier: GPL-3.0-or-later
// The hub's side of `luthier models`: search, download, delete. Progress on stderr; Ctrl-C keeps what came.
#pragma once

#include "core/cli/command.h"
#include "core/hub/installed_models.h"

#include <string>
#include <vector>

namespace luthier::cli {

int searchModels(const std::string& words, int limit, Context& context);

// `gguf`: part of the name of the GGUF file to take; empty: chosen.
int downloadModel(const std::string& name, const std::string& gguf, Context& context);

// Asks on a terminal unless `sure`. Only models of the hub's cache.
int deleteModel(const std::string& name, bool sure, const hub::ModelPlaces& places, Context& context);

} // namespace luthier::cli
