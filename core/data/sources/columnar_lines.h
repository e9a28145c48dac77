// SPDX-License-Identifier: GPL-3.0-or-later
// ColumnarLines: the rows of a Parquet or Arrow file as the lines they become in the cache (unpacked_file.h). Where they do
// not lie there yet, a thread of its own makes them while the first can be read already; who asks for a row that is not
// made yet waits for it. Closing the source ends the work; what was made of it is thrown away.
//
// Damage behind the first rows makes the rest bad rows that say so, as in a torn JSON document.
//
// Threads: as RowSource. Closing waits for the piece in work, a few milliseconds.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_source.h"

namespace luthier::data {

// Waits for the first kFirstRows rows; files that do not say how many they have (Arrow streams) for all of them.
// Errors are without the path.
inline constexpr std::int64_t kFirstRows = 1024;
Result<std::shared_ptr<RowSource>> openColumnar(const std::shared_ptr<const DataFile>& file, const base::Progress& progress,
                                                const base::CancelToken& cancel);

// Rows, from the beginning, that tell the shape of all: where every row has the same columns the first are enough, and the
// answer does not depend on how many are made.
std::int64_t tellingRows(const RowSource& source);

// For the end of the program: no row is waited for any more.
void stopColumnarWork();

} // namespace luthier::data
