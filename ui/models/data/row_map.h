// SPDX-License-Identifier: GPL-3.0-or-later
// RowMap: the rows of a data set as places in a plane, rows of like words near each other, with what is remarkable
// about them. Made in a job.
//
// Threads: makeRowMap and pickDiverse block, on any thread; a RowMap is only read once made.
#pragma once

#include "core/data/map/map_layout.h"
#include "ui/bridge/job.h"

#include <QString>

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::store {
class Project;
}

namespace luthier::ui {

struct RowMap {
    data::RowFeatures features;
    std::vector<data::MapPoint> points;  // one for each of features.rows
    std::vector<QString> labels;         // likewise; empty: none
    std::vector<std::uint32_t> clusters; // likewise: of like rows, the largest first, at most eight
    std::vector<std::int64_t> rarest;    // rows of the data set, the most extreme first, at most a hundred
    std::vector<std::int64_t> longest;
    std::vector<std::int64_t> hardest;   // empty: no run measured the rows
};

inline constexpr std::int64_t kMapParts = 1000; // of progress

struct RowMapSettings {
    std::string path;                  // the file as the project knows it
    std::filesystem::path model = {};  // rows are compared by the embeddings of its tokens; empty: by words
};

// `project` null: without losses. Errors: no row gives an example, the model cannot be read, "cancelled".
Result<std::shared_ptr<const RowMap>> makeRowMap(const data::Dataset& dataset, store::Project* project, const RowMapSettings& settings,
                                                 const JobControl& control);

// `count` rows of the data set that differ most from each other (data/map/diversity.h), the middle one first.
Result<std::vector<std::int64_t>> pickDiverse(const RowMap& map, std::size_t count, const JobControl& control);

} // namespace luthier::ui
