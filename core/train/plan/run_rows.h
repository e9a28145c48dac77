// SPDX-License-Identifier: GPL-3.0-or-later
// RunRows: the rows of a run as the person left them: which files, how they are read, and what was edited, left out and
// tagged in them. Whoever reads a run's files (the plan, training, step rows, comparing, proving) opens them here and
// nowhere else. store/run_rows.h fills in what a project knows. Torch-free.
//
// Threads: plain values; open() from any thread.
#pragma once

#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/data/row_tags.h"

#include <memory>
#include <string>
#include <vector>

namespace luthier::train {

struct RunFile {
    std::string path;                      // as the recipe names it
    std::string format = "auto";           // id of a format, or auto
    std::vector<std::string> columns = {}; // "field=column" each
    data::Overlay edits = {};
    data::Exclusions excluded = {};
    data::RowTags tags = {};

    // Blocks; errors are those of data::Dataset::open.
    Result<std::shared_ptr<data::Dataset>> open(const base::Progress& progress = {}, const base::CancelToken& cancel = {}) const;
};

struct RunRows {
    std::vector<RunFile> train;   // as data.train
    std::vector<RunFile> heldOut; // as data.held_out; empty: rows of `train` are split off
};

// The files as they lie there: no project knows of them.
RunRows runRows(const config::DataSettings& settings);

} // namespace luthier::train
