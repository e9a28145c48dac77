// SPDX-License-Identifier: GPL-3.0-or-later
// Predictions: answers that are already there, for metrics without a model: rows of
//   {"prediction":"...","reference":"..."} or {"prediction":"...","references":["...",...]}
// and beside them "confidence" (0 to 1), "finish" ("length": it was cut), "question", "tags", and the field that rows are grouped by.
#pragma once

#include "core/cli/command.h"
#include "core/evaluation/eval_rows.h"
#include "core/evaluation/results.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::cli {

struct Predictions {
    std::filesystem::path path;
    std::vector<metrics::ScoredRow> rows;
    std::vector<evaluation::RowFacts> facts;
    std::vector<evaluation::SkippedRow> skipped; // rows that cannot be read, or lack what the metrics need
    std::int64_t all = 0;                        // rows of the file
    std::string groupedBy;                       // "question", a field of the rows, evaluation::kNoGroups; empty: nothing in them says which belong together
};

// Rows that cannot be read or lack what a metric needs are left out and named. `groupBy` as evaluation::EvalRowSettings has it: where it is
// empty, rows with the same question belong together, or those with the same id where none names its question.
// Errors: no row is left; a field to group by that no row has; "cancelled".
Result<Predictions> readPredictions(const std::filesystem::path& path, const std::vector<const metrics::Metric*>& metrics, const std::string& groupBy,
                                    const base::CancelToken& cancel);

// Only rows that both have, for a comparison; the others are among those that were left out of `second`. Returns a sentence for each file that
// has rows which are not compared. Error: other rows in them.
Result<std::vector<std::string>> keepCommon(Predictions& first, Predictions& second);

} // namespace luthier::cli
