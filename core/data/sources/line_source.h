// SPDX-License-Identifier: GPL-3.0-or-later
// LineSource: a file with one JSON value a line. A broken line is one bad row and harms no other.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_source.h"

namespace luthier::data {

// `begin`: where the text begins, after a byte-order mark. Errors are without the path.
Result<std::shared_ptr<RowSource>> openLines(std::shared_ptr<const DataFile> file, std::uint64_t begin,
                                                   const base::Progress& progress,
                                                   const base::CancelToken& cancel);

} // namespace luthier::data
