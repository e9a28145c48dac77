// SPDX-License-Identifier: GPL-3.0-or-later
// RowGeneration: a model makes rows from those of a data set; they wait for review (core/data/making/generated_rows.h).
//
// Threads: block, on any thread; a session takes one call at a time.
#pragma once

#include "core/data/dataset.h"
#include "core/data/formats/row_writer.h"
#include "core/data/making/generated_rows.h"
#include "core/data/row_walk.h"
#include "core/inference/session.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::inference {

struct RowGeneration {
    std::vector<const data::GenerationWay*> ways;
    std::int64_t rows = 20;  // asked about, from the beginning; 0: all
    std::int64_t times = 1;  // for each row and way
    std::int64_t maxNew = 256; // tokens of an answer
    double temperature = 0.8;
    double heldOutShare = 0; // nothing is made from rows that a split by this and `seed` holds out
    std::uint64_t seed = 42;
    std::int64_t batch = 16; // answers at once
};

struct GenerationCounts {
    std::int64_t made = 0;
    std::int64_t refused = 0;
    std::string firstRefused;
};

// Rows, from 0, that the model would be asked about: neither held out nor made themselves.
Result<std::vector<std::int64_t>> rowsToGenerateFrom(const data::Dataset& dataset, const RowGeneration& generation,
                                                     const data::WalkOptions& options);

// Called before the first answer and behind each: its row, from 0, rows made so far, rows in all.
using ToldOfRow = std::function<void(std::int64_t row, std::int64_t done, std::int64_t total)>;

// From `rows` into the sink, which is not committed; the counts grow. `enough` ends it early with what was made until then,
// without an answer that was broken off. Errors: the model's, the sink's.
Result<void> generateRows(Session& session, const data::Dataset& dataset, const std::vector<std::int64_t>& rows,
                          const RowGeneration& generation, data::RowSink& sink, GenerationCounts& counts, const ToldOfRow& told,
                          const base::CancelToken& enough);

} // namespace luthier::inference
