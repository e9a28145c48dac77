// SPDX-License-Identifier: GPL-3.0-or-later
// MadeFiles: files of rows made out of data sets: the two sides of a split, a mixture of several, rows with others made
// from them. Rows are as they are read, with edits, without those left out; the sources are never written.
//
// Threads: block, on any thread; a file appears whole at the end or not at all, and an error ("cancelled", what could not
// be written) leaves none.
#pragma once

#include "core/data/formats/row_writer.h"
#include "core/data/making/augment.h"
#include "core/data/making/mixing.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace luthier::data {

// Which rows' shares a split keeps alike, for SplitSettings::stratum: those with the same tags are one group.
std::function<std::uint64_t(std::int64_t row)> stratumOfTags(std::map<std::int64_t, std::set<std::string>> tags);

struct SplitCounts {
    std::int64_t train = 0;
    std::int64_t heldOut = 0;
    std::int64_t left = 0; // of those excluded or unreadable
};

SplitCounts countSides(const std::vector<SplitSide>& sides);
// `sides`: of splitRows, one a row.
// Each row to its side's file, as `rowOf` gives it.
using RowOf = std::function<Result<Json>(std::int64_t row)>;
Result<void> addSides(const std::vector<SplitSide>& sides, const RowOf& rowOf, RowSink& train, RowSink& heldOut,
                      const WalkOptions& options);
Result<SplitCounts> writeSplit(const Dataset& dataset, const std::vector<SplitSide>& sides, const std::filesystem::path& train,
                               const std::filesystem::path& heldOut, const WalkOptions& options);

struct AugmentSettings {
    std::vector<std::pair<const Augmentation*, double>> ways; // with the strength of each, 0 to 1
    std::int64_t times = 1;                                   // new rows of each way for every row
    double heldOutShare = 0;                                  // nothing is made from rows that a split by this and `seed` holds out
    std::uint64_t seed = 42;
};

struct AugmentCounts {
    std::int64_t kept = 0;
    std::int64_t made = 0;
    std::int64_t left = 0;
};

// Each row, and behind it those made from it; the counts grow.
Result<void> addAugmented(const Dataset& dataset, const AugmentSettings& settings, RowSink& sink, AugmentCounts& counts,
                          const WalkOptions& options);
Result<AugmentCounts> writeAugmented(const Dataset& dataset, const AugmentSettings& settings, const std::filesystem::path& out,
                                     const WalkOptions& options);

// Rows, from 0, that give an example and are not excluded.
Result<std::vector<std::uint32_t>> goodRows(const Dataset& dataset, const WalkOptions& options);

struct SaveCounts {
    std::int64_t saved = 0;
    std::int64_t excluded = 0; // not saved, as the next
    std::int64_t unfit = 0;    // cannot be read, or have no place in the shape
    std::string first;         // what is wrong with the first of these
};

// `rows` (from 0) in their order, as they are read or in `shape`; the counts grow. Errors: what cannot be written, "cancelled".
Result<void> addRows(const Dataset& dataset, const std::vector<std::int64_t>& rows, const RowShape* shape, RowSink& sink, SaveCounts& counts,
                     const WalkOptions& options);
// Error, too: none of them could be saved.
Result<SaveCounts> saveRows(const Dataset& dataset, const std::vector<std::int64_t>& rows, const RowShape* shape, const std::filesystem::path& out,
                            const WalkOptions& options);

struct MixedSet {
    std::shared_ptr<const Dataset> dataset;
    std::vector<std::uint32_t> rows; // its good ones, which MixedRow::row counts
};

// The row as it stands where `shape` is null, else in that shape; a plain text among conversations as one to be continued.
Result<Json> mixedRow(const Dataset& dataset, std::int64_t row, const RowShape* shape);

// `mixed`: of mixRows. `shape` null: rows stay as they are. Error: a row that does not fit into the shape.
Result<std::int64_t> writeMixture(const std::vector<MixedSet>& sets, const std::vector<MixedRow>& mixed, const RowShape* shape,
                                  const std::filesystem::path& out, const WalkOptions& options);

} // namespace luthier::data
