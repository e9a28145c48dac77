// SPDX-License-Identifier: GPL-3.0-or-later
// StepRows: which rows an optimizer step learned from. The order of batches is a pure function of recipe and data, so
// nothing has to be recorded: the data is encoded again and the plan followed. Torch-free.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/train/plan/run_rows.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

struct StepRow {
    std::string file;     // as the recipe names it
    std::int64_t row = 0; // from 0
};

struct StepRowsRequest {
    std::filesystem::path runFolder;
    std::int64_t step = 1; // from 1, as events count
    std::optional<RunRows> rows = {}; // as the run had them; nullopt: its files as they lie there
    base::Progress progress = {};     // rows encoded
    base::CancelToken cancel = {};
};

// In the order of the step. True for the data as it is now: files, edits or exclusions that changed since change the
// answer. Errors: no run lies there, its model or data cannot be read, it has no such step, "cancelled".
Result<std::vector<StepRow>> rowsOfStep(const StepRowsRequest& request);

} // namespace luthier::train
