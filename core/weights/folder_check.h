// SPDX-License-Identifier: GPL-3.0-or-later
// FolderCheck: a written model folder read as transformers reads it: which tensors its config.json asks for, by which names
// and shapes, whether head and embedding are one, and that nothing is left over. Programs that meet a missing name fill it
// with random numbers and warn at most; here it is an error. Torch-free.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <set>
#include <string>

namespace luthier::weights {

// `others`: what must stand there besides, as SourceNames::others() has it. Errors name the tensors that are missing, of
// another shape or unexpected, and settings that do not fit the tensors.
Result<void> checkFolder(const std::filesystem::path& folder, const std::set<std::string>& others = {});

} // namespace luthier::weights
