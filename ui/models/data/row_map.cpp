// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_map.h"

#include "core/data/checks/row_losses.h"
#include "core/data/checks/statistics.h"
#include "core/data/map/clusters.h"
#include "core/data/map/diversity.h"
#include "core/inference/token_vectors.h"
#include "core/store/project.h"

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr std::size_t kNeighbours = 12;
constexpr std::size_t kEdgeRows = 100; // of each kind
constexpr std::size_t kClusters = 8;   // as many as there are colours
constexpr std::uint64_t kSeed = 42;    // the same map each time, and that of the command line

struct Stage { // shares of the whole, by how long they take on ordinary rows
    double from;
    double to;
};
constexpr Stage kLoading{0.0, 0.05}; // of a model
constexpr Stage kReading{0.05, 0.2};
constexpr Stage kComparing{0.2, 0.38};
constexpr Stage kGrouping{0.38, 0.4};
constexpr Stage kLaying{0.4, 0.98};

base::Progress progressOf(const JobControl& control, Stage stage)
{
    if (!control.progress) {
        return {};
    }
    return [tell = control.progress, stage](std::int64_t done, std::int64_t total) {
        const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
        tell(static_cast<std::int64_t>(static_cast<double>(kMapParts) * (stage.from + (stage.to - stage.from) * share)), kMapParts);
    };
}

data::WalkOptions optionsOf(const JobControl& control, Stage stage)
{
    data::WalkOptions options;
    options.cancel = control.cancel;
    options.progress = progressOf(control, stage);
    return options;
}

std::vector<std::int64_t> rowsAt(const data::RowFeatures& features, const std::vector<std::size_t>& indices)
{
    std::vector<std::int64_t> rows;
    rows.reserve(indices.size());
    for (const std::size_t index : indices) {
        rows.push_back(features.rows[index]);
    }
    return rows;
}

std::vector<QString> labelsOf(const data::Dataset& dataset, const data::RowFeatures& features, const JobControl& control)
{
    std::vector<QString> labels(features.size());
    for (std::size_t i = 0; i < features.size() && !control.cancel.isCancelled(); ++i) {
        if (const auto row = dataset.row(features.rows[i])) {
            labels[i] = QString::fromStdString(data::labelOf(dataset.format(), *row));
        }
    }
    return labels;
}

// By the newest run that measured rows of the file; those left out since are no edge cases.
std::vector<std::int64_t> hardestOf(store::Project* project, const std::string& path, const data::RowFeatures& features)
{
    std::vector<std::int64_t> rows;
    const auto runs = project != nullptr ? project->runs() : Result<std::vector<store::RunRow>>(std::vector<store::RunRow>());
    for (std::size_t i = 0; runs && i < runs->size() && rows.empty(); ++i) {
        const auto losses = project->rowLosses((*runs)[i].id, path);
        for (const data::RowLoss& loss : losses ? data::hardestFirst(*losses) : std::vector<data::RowLoss>()) {
            const bool isMeasured = loss.after || loss.before;
            if (rows.size() < kEdgeRows && isMeasured && std::binary_search(features.rows.begin(), features.rows.end(), loss.row)) {
                rows.push_back(loss.row);
            }
        }
    }
    return rows;
}

} // namespace

Result<std::shared_ptr<const RowMap>> makeRowMap(const data::Dataset& dataset, store::Project* project, const RowMapSettings& settings,
                                                 const JobControl& control)
{
    data::FeatureSettings how;
    how.seed = kSeed;
    if (!settings.model.empty()) {
        auto tokens = inference::tokenVectors(settings.model, optionsOf(control, kLoading));
        if (!tokens) {
            return tokens.error();
        }
        how.tokens = std::move(*tokens);
    }
    auto features = data::rowFeatures(dataset, how, optionsOf(control, kReading));
    if (!features) {
        return features.error();
    }
    const auto near = data::nearestNeighbours(*features, kNeighbours, kSeed, optionsOf(control, kComparing));
    if (!near) {
        return near.error();
    }
    auto clusters = data::clusterRows(*features, kClusters, kSeed, optionsOf(control, kGrouping));
    if (!clusters) {
        return clusters.error();
    }
    auto points = data::mapLayout(*features, *near, kSeed, progressOf(control, kLaying), control.cancel);
    if (!points) {
        return points.error();
    }
    auto map = std::make_shared<RowMap>();
    map->labels = labelsOf(dataset, *features, control);
    map->rarest = rowsAt(*features, data::rarestRows(*near, kEdgeRows));
    map->longest = rowsAt(*features, data::longestRows(*features, kEdgeRows));
    map->hardest = hardestOf(project, settings.path, *features);
    map->clusters = std::move(*clusters);
    map->features = std::move(*features);
    map->points = std::move(*points);
    return std::shared_ptr<const RowMap>(std::move(map));
}

Result<std::vector<std::int64_t>> pickDiverse(const RowMap& map, std::size_t count, const JobControl& control)
{
    const auto taken = data::farthestPoints(map.features, std::min(count, map.features.size()), progressOf(control, {0, 1}), control.cancel);
    if (!taken) {
        return taken.error();
    }
    return rowsAt(map.features, *taken);
}

} // namespace luthier::ui
