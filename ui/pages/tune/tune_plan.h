// SPDX-License-Identifier: GPL-3.0-or-later
// TunePlan: what training would make of the data: rows by what becomes of them, steps, and one row as it would be
// read. Made by a job with the core's own encoding, so what is counted here is what is trained.
//
// Threads: any.
#pragma once

#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/widgets/tokens/token_tile.h"

#include <QString>

#include <optional>

namespace luthier::ui {

struct TunePlan {
    std::int64_t trainRows = 0;
    std::int64_t heldOutRows = 0;
    std::int64_t nothingToLearn = 0;
    std::int64_t cut = 0;
    std::int64_t broken = 0;
    std::int64_t excluded = 0; // left out by the person; counted nowhere else
    std::int64_t steps = 0;
    std::optional<double> secondsPerStep;
    TokenStripContent sample;   // one row with its mask
    QString sampleText;         // what the template made of it
    std::int64_t sampleRow = 0; // from 1
    QString sampleFile;
    QString firstBroken;        // "row 3: ...", of the first file that has one
    QString problem;            // why there is no plan
};

TunePlan planTune(const config::RunConfig& config, store::Project* project, const JobControl& control);

} // namespace luthier::ui
