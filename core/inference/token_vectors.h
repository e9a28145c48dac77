// SPDX-License-Identifier: GPL-3.0-or-later
// TokenVectors: a model's own token embeddings as the space that rows are compared in: each embedding turned to
// kFeatureWidth numbers by a sparse random projection (Achlioptas 2003), centred, and made one long. Only the table of
// embeddings is read, never the layers; torch-free.
//
// Threads: blocks and works on several.
#pragma once

#include "core/data/map/row_features.h"

#include <filesystem>
#include <memory>

namespace luthier::inference {

// `options.progress`: tokens. Errors: no model lies there, it has no table of embeddings in F32, F16 or BF16, "cancelled".
Result<std::shared_ptr<const data::TokenSpace>> tokenVectors(const std::filesystem::path& model, const data::WalkOptions& options = {});

} // namespace luthier::inference
