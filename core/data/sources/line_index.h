// SPDX-License-Identifier: GPL-3.0-or-later
// LineIndex: where the lines of a file stand. A large file is looked through in pieces by several threads; the index is
// the same whatever their number.
//
// Threads: blocks; works on several. Progress on the calling one.
#pragma once

#include "core/base/cancel.h"
#include "core/data/sources/data_file.h"
#include "core/data/sources/row_index.h"

#include <cstdint>

namespace luthier::data {

struct LineIndexSettings {
    std::uint64_t pieceBytes = std::uint64_t{4} << 20; // of the file, one after the other to whichever thread is free
    unsigned threads = 0;                              // 0: as many as the machine has, at most 8
};

// Blank lines are not rows. Errors are without the path: a failed read, "cancelled".
Result<RowIndex> indexLines(const DataFile& file, std::uint64_t begin, const base::Progress& progress, const base::CancelToken& cancel,
                            const LineIndexSettings& settings = {});

} // namespace luthier::data
