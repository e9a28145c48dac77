// SPDX-License-Identifier: GPL-3.0-or-later
// RowWalk: every row of a data set once, on several threads, in pieces of neighbouring rows. What a row gives
// belongs into a place of its own, so that the answer does not depend on who came first.
//
// Threads: walkRows blocks; `each` runs on several threads at once, `progress` on the calling one.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <functional>

namespace luthier::data {

struct WalkOptions {
    std::int64_t threads = 0; // 0: as many as the machine has, at most 16
    base::Progress progress;  // rows, a few times a second
    base::CancelToken cancel;
};

std::int64_t walkThreads(const WalkOptions& options, std::int64_t numRows);

// `each(row, worker)`: row from 0, worker from 0 to walkThreads - 1. Error: "cancelled", or what an exception said.
Result<void> walkRows(std::int64_t numRows, const WalkOptions& options,
                      const std::function<void(std::int64_t row, std::size_t worker)>& each);

} // namespace luthier::data
