// SPDX-License-Identifier: GPL-3.0-or-later
// RowGeneration: a model makes rows from those of a data set, into a file where they wait for review.
//
// Threads: blocks, on any thread.
#pragma once

#include "core/data/dataset.h"
#include "core/data/generated_rows.h"
#include "ui/bridge/job.h"

#include <filesystem>
#include <vector>

namespace luthier::ui {

struct GenerationSettings {
    std::filesystem::path model;
    std::vector<const data::GenerationWay*> ways;
    std::int64_t rows = 20;        // asked about, from the beginning
    std::int64_t times = 1;        // for each row and way
    std::int64_t maxNew = 256;     // tokens of an answer
    double temperature = 0.8;
    double heldOutShare = 0;       // nothing is made from rows that a split by this and `seed` holds out
    std::uint64_t seed = 42;
};

struct GenerationCounts {
    std::int64_t made = 0;
    std::int64_t refused = 0;
    std::string firstRefused;
};

// Rows, from 0, that the model would be asked about: neither held out nor made themselves.
Result<std::vector<std::int64_t>> rowsToGenerateFrom(const data::Dataset& dataset, const GenerationSettings& settings, const base::CancelToken& cancel);

// `enough`: ends it early with what was made until then. Errors: the model cannot be opened, "cancelled", nothing came of
// any row; then there is no file.
Result<GenerationCounts> generateRows(const data::Dataset& dataset, const GenerationSettings& settings, const std::filesystem::path& out,
                                      const JobControl& control, const base::CancelToken& enough);

} // namespace luthier::ui
