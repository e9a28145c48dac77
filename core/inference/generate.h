// SPDX-License-Identifier: GPL-3.0-or-later
// Generation and scoring on a Decoder: prefill in one pass, then one token a step with a cache of keys and
// values.
// Internal to core: names torch types. Used by Session, and by training for its samples.
#pragma once

#include "core/inference/session.h"
#include "core/nn/decoder.h"

#include <span>
#include <vector>

namespace luthier::inference {

// `stopIds` end the answer and are not part of it.
// Errors: no prompt, an id outside the vocabulary, a prompt that fills the model's positions, sampling out of
// range.
// May throw what torch throws (memory); callers catch.
Result<Generation> generate(nn::Decoder& decoder, std::shared_ptr<const text::Tokenizer> tokenizer,
                            const std::vector<text::TokenId>& promptIds,
                            std::span<const text::TokenId> stopIds, const GenerateOptions& options,
                            const base::CancelToken& alsoCancelledBy = {});

// The decoder's own adapters, or none.
nn::Pass passOf(bool useAdapters);

// What generate() asks of a request before it reads it.
Result<void> checkRequest(const nn::Decoder& decoder, const nn::Pass& pass, std::span<const text::TokenId> ids, Sampling sampling);
// Tokens that the model's positions hold of a text; learned ones hold an adapter's virtual tokens, too.
std::int64_t mostTokens(const nn::Decoder& decoder, const nn::Pass& pass);
std::int64_t virtualTokens(const nn::Decoder& decoder, const nn::Pass& pass); // that stand before each text

// As Session::score. Logits exist for a block of rows at a time.
Result<std::vector<double>> score(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, bool useAdapters = true);

} // namespace luthier::inference
