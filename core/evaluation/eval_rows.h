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
};

struct SkippedRow {
    std::int64_t row = 0; // from 1
    std::string why;
};

struct EvalRows {
    std::vector<EvalRow> rows;
    std::vector<SkippedRow> skipped;
};

struct EvalRowSettings {
    std::string groupBy;     // a field of the rows, or "tag"; empty: rows with the same question are one group
    std::int64_t limit = 0;  // rows, evenly over the file; 0: all
};

// Rows that were left out in the data set are left out here. A row may hold several right answers in "references".
// Errors: no row that can be asked, a field that no row has, "cancelled".
Result<EvalRows> evalRows(const data::Dataset& dataset, const EvalRowSettings& settings, const data::RowTags& tags = {},
                          const base::CancelToken& cancel = {});

std::string questionOf(const EvalRow& row); // the last turn of the user, or the beginning of the text

// Numbers of the rows' groups, from 0 in the order of their first rows. Rows without one stand alone.
std::vector<std::uint32_t> groupNumbers(const std::vector<std::string>& groups);

} // namespace luthier::evaluation
