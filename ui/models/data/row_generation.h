// SPDX-License-Identifier: GPL-3.0-or-later
// RowGeneration: a model makes rows from those of a data set, into a file where they wait for review.
//
// Threads: blocks, on any thread.
#pragma once

#include "core/inference/row_generation.h"
#include "ui/bridge/job.h"

#include <filesystem>

namespace luthier::ui {

struct GenerationSettings : inference::RowGeneration {
    std::filesystem::path model;
};

using inference::GenerationCounts;

// `enough`: ends it early with what was made until then. Errors: the model cannot be opened, "cancelled", nothing came of
// any row; then there is no file.
Result<GenerationCounts> generateRows(const data::Dataset& dataset, const GenerationSettings& settings, const std::filesystem::path& out,
                                      const JobControl& control, const base::CancelToken& enough);

} // namespace luthier::ui
