// SPDX-License-Identifier: GPL-3.0-or-later
// tilesOf: an encoded example as the tiles of the token strip. The mask is the encoder's own, never computed again.
//
// Threads: any; meant for a job.
#pragma once

#include "core/data/encoding.h"
#include "ui/widgets/tokens/token_tile.h"

namespace luthier::ui {

TokenStripContent tilesOf(const data::EncodedExample& encoded, const text::Tokenizer& tokenizer);

// White space made visible (middle dot, return arrow, tab arrow), control characters as their code.
QString visibleText(const QString& text);

} // namespace luthier::ui
