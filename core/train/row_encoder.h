// SPDX-License-Identifier: GPL-3.0-or-later
// Row encoder: a whole data set as tokens, on several threads, in the order of its rows. Torch-free.
// Broken rows, rows with nothing to learn and rows that were cut are counted.
#pragma once

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/train/token_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::train {

struct EncodedRows {
    TokenStore store;
    std::vector<std::uint64_t> hashes; // base::rowHash of each row in the store
    std::vector<bool> synthetic;       // likewise: made by augmentation, never held out
    std::vector<std::uint64_t> strata; // likewise: data::stratumOf; empty when not asked for
    std::vector<std::int64_t> rows;    // likewise: where it stands in the data set, from 0
    std::int64_t broken = 0;
    std::int64_t nothingToLearn = 0;
    std::int64_t judgedBad = 0; // of those: answers marked as bad
    std::int64_t truncated = 0;
    std::string firstBroken;    // "row 12: ..."
    std::string firstNothing;   // "row 12"
    bool areTexts = false;      // plain texts, no conversations
};

struct EncodeSettings {
    data::EncodingSettings encoding;
    std::int64_t vocab = 0;   // ids must lie below
    std::string stratifyBy;   // a field of the rows
    std::int64_t limit = 0;   // the first so many good rows; 0: all
    std::int64_t threads = 1;
    base::Progress progress;  // rows; called on the calling thread, a few times a second
    std::function<bool()> isStopped; // asked a few times a second; true gives the error "cancelled"
};

// Blocks. Errors: a token outside the vocabulary (tokenizer and model do not fit), "cancelled".
Result<EncodedRows> encodeRows(const data::Dataset& dataset, const data::Encoder& encoder,
                               const EncodeSettings& settings);

} // namespace luthier::train
