// SPDX-License-Identifier: GPL-3.0-or-later
// DataReport: what a data file holds: counts, what is wrong with which row, repeated rows, lengths.
// Torch-free. Rows count from 1.
#pragma once

#include "core/base/json.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/row_walk.h"
#include "core/data/unread/unread_fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace luthier::cli {

struct DataFinding {
    std::int64_t row = 0;
    std::string kind; // bad, duplicate, nothing_to_learn, truncated, or the id of a check
    std::string sentence;
};

// What a row itself says is not to be copied: the token strip shows it, and these count it.
struct UntrainedParts {
    std::int64_t judgedBad = 0; // rows
    std::int64_t turns = 0;     // answers marked as not to be learned, of rows that are not judged bad

    void add(const data::Example& example);
    // "2 rows judged bad: not trained where answers are copied; ...", "1 turn not trained: ..."; empty: nothing.
    std::vector<std::string> sentences() const;
};

struct DataReport {
    std::string file;
    std::string format;
    std::int64_t rows = 0;
    std::int64_t good = 0;
    std::int64_t bad = 0;
    std::int64_t duplicates = 0;        // rows that repeat an earlier one
    std::int64_t characters = 0;        // bytes of the good rows' texts
    std::optional<std::int64_t> tokens; // with an encoder, as the next two
    std::optional<std::int64_t> trainedTokens;
    std::optional<std::int64_t> truncated;
    std::vector<DataFinding> findings;  // in the order of rows
    data::UnreadReport unread = {};     // filled by who asks for it
    Json checks = Json::object();       // count by id of the check; empty until they are run
    UntrainedParts untrained = {};      // of the good rows
};

// `encoder` null: no tokens. `settings` say how rows are cut and trained. Works on several threads. Error: "cancelled".
Result<DataReport> reportOn(const data::Dataset& dataset, const data::Encoder* encoder, const data::EncodingSettings& settings,
                            const data::WalkOptions& options);

} // namespace luthier::cli
