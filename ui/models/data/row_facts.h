// SPDX-License-Identifier: GPL-3.0-or-later
// RowFacts: what is known about one row without keeping it: twenty bytes, so that a million rows fit.
// Filters, counts and the table's token column read these.
#pragma once

#include "core/data/dataset.h"
#include "core/data/encoding.h"

#include <QString>

#include <span>
#include <vector>

namespace luthier::ui {

enum class RowState : std::uint8_t { Unknown, Good, Broken, Truncated, NothingToLearn };

struct RowFacts {
    RowState state = RowState::Unknown; // at the limit; a cut row with nothing left to learn is NothingToLearn
    bool truncated = false;             // at the limit
    bool noEnd = false;                 // no trained token ends the answer, though nothing is cut
    bool doubledStart = false;          // begins with BOS twice
    std::uint16_t turns = 0;
    std::int32_t tokens = -1;           // before the cut; -1: not counted
    std::int32_t trained = -1;          // before the cut
    std::int32_t firstTrained = -1;     // place of the first trained token; -1: none

    void judgeAt(std::int64_t limit); // state and truncated from the counts
};

enum class RowFilter { All, Excluded, Edited, Broken, Truncated, NothingToLearn, NoEnd, DoubledStart };

struct FilterRow { // one line of the filter list
    RowFilter filter;
    const char* id;
    const char* label; // source string, context "RowFilter"
    const char* help;
};
std::span<const FilterRow> rowFilters();

struct DataCounts { // rows left out count as rows and as excluded alone
    std::int64_t rows = 0;
    std::int64_t checked = 0;
    std::int64_t good = 0; // gives an example, cut or not
    std::int64_t broken = 0;
    std::int64_t edited = 0;
    std::int64_t excluded = 0;
    std::int64_t truncated = 0;
    std::int64_t nothingToLearn = 0;
    std::int64_t noEnd = 0;
    std::int64_t doubledStart = 0;

    std::int64_t of(RowFilter filter) const;
};

bool matches(RowFilter filter, const RowFacts& facts); // for those that facts decide; All, Excluded, Edited: false

// What a working thread needs to judge rows. Copies share the dataset and the tokenizer.
struct RowJudge {
    std::shared_ptr<const data::Dataset> dataset;
    data::Encoder encoder; // tokenizer null: rows are only read
    data::EncodingSettings settings;
};

RowFacts factsOf(const RowJudge& judge, std::int64_t index);
RowFacts factsOf(const RowJudge& judge, const Result<data::Example>& example);

} // namespace luthier::ui
