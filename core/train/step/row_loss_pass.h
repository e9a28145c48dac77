// SPDX-License-Identifier: GPL-3.0-or-later
// RowLossPass: the loss of every training row, before the first step and after the last, kept as row_losses.json in the
// run's folder (data/checks/row_losses.h). Internal to core: names torch types.
#pragma once

#include "core/train/run_parts.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace luthier::train {

enum class RowLossTime { Before, After };

struct LossOfPlace {
    RowPlace place;
    double loss = 0;          // mean over its trained tokens
    std::int64_t trained = 0;
};

// Mean loss of the trained tokens that each row gave, rows in the order in which they come; adapters on, dropout off.
// Nothing when stopped.
std::optional<std::vector<LossOfPlace>> rowLossesOf(nn::Decoder& decoder, const ItemStore& items, std::int64_t batchSize,
                                               const base::Progress& progress, const std::function<bool()>& isStopped);

// Does nothing where the recipe does not ask for it (run.row_losses), or when the control asks to stop meanwhile.
Result<void> recordRowLosses(const config::RunConfig& config, const std::filesystem::path& runFolder, RunParts& parts,
                             RowLossTime time, StopControl& control, RunObserver& observer);

} // namespace luthier::train
