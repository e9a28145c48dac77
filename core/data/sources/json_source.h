// SPDX-License-Identifier: GPL-3.0-or-later
// JsonSource: the rows of one JSON document: a list of rows, an object that holds such a list, or a single
// row. Only where rows begin and end is kept; each is parsed when it is asked for. Damage spoils the row it
// is in, and where a document ends early its last row is the bad one.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_source.h"

namespace luthier::data {

// Null: the text is no such document (JSON lines, perhaps). Errors are without the path.
Result<std::shared_ptr<RowSource>> openJsonDocument(std::shared_ptr<const DataFile> file,
                                                          std::uint64_t begin, const base::Progress& progress,
                                                          const base::CancelToken& cancel);

} // namespace luthier::data
