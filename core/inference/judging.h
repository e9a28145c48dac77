// SPDX-License-Identifier: GPL-3.0-or-later
// Judging: scores of whole texts by the head of a reward model or a classifier, at each text's last token, whatever stands
// beside it in a batch. Internal to core: names torch types.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace luthier::inference {

// [text][score] in the order of the texts; texts of like length share a pass of at most `rows`. Errors: a model without such a
// head, an empty text, a token outside of the vocabulary, one longer than the model reads, a score that is no number, "cancelled".
Result<std::vector<std::vector<float>>> judge(nn::Decoder& decoder, const std::vector<std::vector<text::TokenId>>& texts,
                                              std::int64_t rows, bool useAdapters, const base::CancelToken& cancel);

// A head and the adapters that it reads a decoder through; null: the decoder's own.
struct Scorer {
    nn::ScoreHead head;
    std::shared_ptr<const nn::AdapterSet> adapters = {};
};
Result<std::vector<std::vector<float>>> judge(nn::Decoder& decoder, const Scorer& scorer, const std::vector<std::vector<text::TokenId>>& texts,
                                              std::int64_t rows, const base::CancelToken& cancel);

} // namespace luthier::inference
