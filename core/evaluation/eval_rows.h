// SPDX-License-Identifier: GPL-3.0-or-later
// EvalRows: rows of a data set as questions with their right answers: what comes before the last answer, and that answer.
//
// Threads: functions block, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/data/dataset.h"
#include "core/data/row_tags.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::evaluation {

struct EvalRow {
    std::int64_t row = 0;               // from 1, in its file
    std::vector<data::Message> prompt;  // empty: a text, which can be scored but not asked
    std::vector<std::string> references;
    Json tools;                         // null: none
    Json templateVariables;             // null: none
    std::string group;                  // rows of one group are drawn together
    std::vector<std::string> tags;
    std::vector<std::string> choices;   // of which the model finds one likeliest; empty: it writes its answer (choice_rows.h)
    std::size_t right = 0;              // place of the right choice
    std::string before;                 // text before and behind a choice, or before the last words
    std::string behind;
    std::string lastWords = {};         // wanted behind `before` (cloze_rows.h); empty: it is no such row
    std::uint64_t hash = 0;             // data::exampleHash of what it was read from; 0: of no example

    bool isScored() const { return !choices.empty() || !lastWords.empty(); } // nothing is written
};

struct SkippedRow {
    std::int64_t row = 0; // from 1
    std::string why;
};

struct EvalRows {
    std::vector<EvalRow> rows;
    std::vector<SkippedRow> skipped;
};

inline constexpr const char* kByQuestion = "question"; // what rows are grouped by where nobody says
inline constexpr const char* kNoGroups = "none";       // each row counts as one of its own

struct EvalRowSettings {
    std::string groupBy;     // a field of the rows, "tag" or kNoGroups; empty: rows with the same question are one group
    std::int64_t limit = 0;  // rows, evenly over the file; 0: all
    std::int64_t lastWords = 0; // so many at the end of each text are wanted (cloze_rows.h); 0: as the file's first row has it
};

// Rows that were left out in the data set are left out here. A row may hold several right answers in "references".
// Errors: no row that can be asked, a field that no row has, "cancelled".
Result<EvalRows> evalRows(const data::Dataset& dataset, const EvalRowSettings& settings, const data::RowTags& tags = {},
                          const base::CancelToken& cancel = {});

// The same for rows that are given one by one, of several files. Threads: one at a time.
class EvalRowReader {
public:
    explicit EvalRowReader(EvalRowSettings settings) : m_settings(std::move(settings)) {} // `limit` is the caller's

    // Row `index` (from 0); it is called index + 1 + `offset`, so that rows of several files have numbers of their own.
    void read(const data::Dataset& dataset, std::int64_t index, const data::RowTags& tags, std::int64_t offset = 0);
    // Errors: no row that can be asked, a field that no row has.
    Result<EvalRows> take(const std::string& source);

private:
    std::string groupOf(const EvalRow& row, const data::Example& example, const Json& json);

    EvalRowSettings m_settings;
    EvalRows m_read;
    bool m_sawGroup = false;
};

// What the row says it belongs to by that field, or by its first tag; empty: nothing.
std::string groupIn(const Json& row, const std::vector<std::string>& tags, const std::string& groupBy);
// The end of a sentence where no row says it.
std::string nothingToGroupBy(const std::string& groupBy);

std::string questionOf(const EvalRow& row); // the last turn of the user, or the beginning of the text

// Numbers of the rows' groups, from 0 in the order of their first rows. Rows without one stand alone.
std::vector<std::uint32_t> groupNumbers(const std::vector<std::string>& groups);

} // namespace luthier::evaluation
