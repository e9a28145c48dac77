// SPDX-License-Identifier: GPL-3.0-or-later
// Predictions: answers that are already there, for metrics without a model: rows of
//   {"prediction":"...","reference":"..."} or {"prediction":"...","references":["...",...]}
// and beside them "confidence" (0 to 1), "question", "tags", and the field that rows are grouped by.
#pragma once

#include "core/cli/command.h"
#include "core/evaluation/eval_rows.h"
#include "core/evaluation/results.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::cli {

struct Predictions {
    std::vector<metrics::ScoredRow> rows;
    std::vector<evaluation::RowFacts> facts;
    std::vector<evaluation::SkippedRow> skipped; // rows that lack what the metrics need
};

// Rows that lack what a metric needs are left out and named. Errors: what cannot be read; no row left; a field to group by that no row
// has; a row that has no prediction.
Result<Predictions> readPredictions(const std::filesystem::path& path, const std::vector<const metrics::Metric*>& metrics, const std::string& groupBy,
                                    const base::CancelToken& cancel);

// Only rows that both have, for a comparison. Error: other rows in them.
Result<void> keepCommon(Predictions& first, Predictions& second);

} // namespace luthier::cli
