// SPDX-License-Identifier: GPL-3.0-or-later
// DataFolder: a folder of data files as one source, its files one behind the other by name: what a hub's snapshot, the
// datasets library's save_to_disk and people's own folders look like. What describes a data set (README, licence, state)
// is no row of it. Where files are said to be for training, the others (test, validation) are left out, with a note.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/row_source.h"

namespace luthier::data {

// Not a row but about the rows: README.md, LICENSE, dataset_info.json, ...
bool isAboutTheData(const std::filesystem::path& file);

// Null: the folder holds no data file. Errors begin with the file's path, or are "cancelled".
Result<std::shared_ptr<RowSource>> openDataFolder(const std::filesystem::path& folder, const base::Progress& progress = {},
                                                  const base::CancelToken& cancel = {});

} // namespace luthier::data
