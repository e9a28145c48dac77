// SPDX-License-Identifier: GPL-3.0-or-later
// RowLosses: how well a model predicts each row before and after it was tuned, and what that says about the rows.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/map/neighbours.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace luthier::data {

struct RowLoss {
    std::int64_t row = 0;         // from 0
    std::optional<double> before; // mean loss of the trained tokens, nats; empty: not measured
    std::optional<double> after;
    std::int64_t tokens = 0;      // trained ones
};

// Rows by what they cost now, the dearest first; those not measured last.
std::vector<RowLoss> hardestFirst(std::vector<RowLoss> losses);

// Rows (from 0, ascending) that cost more than the median row does after, and whose loss fell by less than a tenth of what
// the median row's fell by. Empty where the median did not fall.
std::vector<std::int64_t> neverLearned(const std::vector<RowLoss>& losses);

// Never learned, though the rows most like them were: at least half of the neighbours fell by half of the median fall or
// more and cost less than half of what the row costs. Their answer may be wrong. `features`: of prompts alone.
std::vector<std::int64_t> suspectLabels(const std::vector<RowLoss>& losses, const RowFeatures& features, const Neighbours& neighbours);

// row_losses.json in a run's folder: by data file. Reading errors name the file.
using FileLosses = std::vector<std::pair<std::string, std::vector<RowLoss>>>;
Result<void> writeRowLosses(const std::filesystem::path& runFolder, const FileLosses& losses);
Result<FileLosses> readRowLosses(const std::filesystem::path& runFolder); // nothing where there is no such file

} // namespace luthier::data
