// SPDX-License-Identifier: GPL-3.0-or-later
// TokenChoices: how likely a model finds each token of a text, and which ones it finds likeliest in its place.
// Internal to core: names torch types.
#pragma once

#include "core/inference/session.h"
#include "core/nn/decoder.h"

namespace luthier::inference {

// Of ids[first..]. Errors: no token there, a token outside of the vocabulary, a text longer than the model reads.
Result<std::vector<TokenChoices>> tokenChoices(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, std::size_t first, std::int64_t most, bool useAdapters);

} // namespace luthier::inference
