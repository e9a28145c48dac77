// SPDX-License-Identifier: GPL-3.0-or-later
// Row encoder: a whole data set as an objective's items, on several threads, in the order of its rows. Torch-free.
// Broken rows, rows with nothing to learn and rows that were cut are counted.
#pragma once

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/unread/field_census.h"
#include "core/objectives/objectives.h"
#include "core/train/plan/items.h"

#include <cstdint>
#include <functional>
#include <string>

namespace luthier::train {

struct EncodedRows {
    ItemStore items;
    std::int64_t broken = 0;    // they give no example, or none that the objective takes
    std::int64_t nothingToLearn = 0;
    std::int64_t judgedBad = 0; // of those: answers marked as bad
    std::int64_t emptyAnswers = 0; // of those: answers that say nothing
    std::int64_t unanswered = 0; // of those: conversations without any answer
    std::int64_t truncated = 0;
    std::int64_t excluded = 0;  // left out by the person; in none of the counts above
    std::string firstBroken;    // "row 12: ..."
    std::string firstNothing;   // "row 12"
    std::vector<std::string> labels; // Objective::labelled: of each item
    bool areTexts = false;      // plain texts, no conversations
    data::FieldCensus fields;   // of the rows that could be encoded
};

struct EncodeSettings {
    data::EncodingSettings encoding;
    std::int64_t vocab = 0;   // ids must lie below
    const objectives::Objective* objective = nullptr; // never null when encoding
    std::uint32_t file = 0;   // for the items' places
    std::string stratifyBy;   // a field of the rows
    std::string weightBy;     // fields whose numbers become the items' columns kWeightColumn and kOrderColumn; empty: none
    std::string orderBy;
    std::int64_t limit = 0;   // the first so many good rows; 0: all
    std::int64_t threads = 1;
    base::Progress progress;  // rows; called on the calling thread, a few times a second
    std::function<bool()> isStopped; // asked a few times a second; true gives the error "cancelled"
};

// The columns of the items that are encoded so.
std::vector<std::string> columnsOf(const EncodeSettings& settings);

// Blocks. Errors: a token outside the vocabulary (tokenizer and model do not fit), "cancelled".
Result<EncodedRows> encodeRows(const data::Dataset& dataset, const data::Encoder& encoder,
                               const EncodeSettings& settings);

} // namespace luthier::train
