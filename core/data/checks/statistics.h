// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics: what a data set is made of: lengths of prompts, answers and rows, how often each label and opening
// comes, scripts, and rows of unusual length. Twelve bytes a row in memory, and tables of bounded size.
//
// Threads: statisticsOf blocks and works on several threads.
#pragma once

#include "core/data/checks/length_summary.h"
#include "core/data/checks/scripts.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/row_walk.h"

#include <string>
#include <utility>
#include <vector>

namespace luthier::data {

struct Tally {
    std::string text;
    std::int64_t count = 0;
};

struct Statistics {
    std::string unit; // "tokens", or "characters" without an encoder
    std::int64_t rows = 0;
    std::int64_t good = 0;
    std::int64_t bad = 0;
    std::int64_t excluded = 0;
    LengthSummary prompt; // what is not trained, template included
    LengthSummary answer; // what is trained
    LengthSummary total;
    std::vector<Tally> labels;         // of rows that have one, most frequent first, at most 1000
    std::vector<Tally> promptOpenings; // first words, most frequent first, at most 20
    std::vector<Tally> answerOpenings;
    ScriptCounts scripts{};
    std::vector<std::int64_t> lengthOutliers; // rows from 0, at most 1000
    std::vector<std::int64_t> scriptOutliers; // rows whose letters are of another script than most rows'
};

// `encoder` null: characters are counted instead of tokens.
Result<Statistics> statisticsOf(const Dataset& dataset, const Encoder* encoder, const WalkOptions& options = {});

// "label" or "category" of the row, or what a classification answers; empty: none.
std::string labelOf(const DatasetFormat& format, const Json& row);

// The first words in lower case (ASCII), without punctuation.
std::string openingOf(std::string_view text, int words = 3);

} // namespace luthier::data
