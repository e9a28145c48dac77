// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/map/diversity.h"
#include "core/data/map/map_layout.h"
#include "core/inference/token_vectors.h"

#include <algorithm>
#include <cmath>

namespace luthier::cli {

namespace {

constexpr std::size_t kNeighbours = 12;
constexpr std::size_t kEdgeRows = 20; // of each kind

Result<data::FeatureSettings> settingsOf(const DataFlags& flags, Context& context)
{
    data::FeatureSettings settings;
    settings.seed = static_cast<std::uint64_t>(flags.seed);
    settings.maxRows = flags.maxRows;
    settings.promptsAlone = flags.promptsAlone;
    if (flags.features == "model") {
        if (flags.model.empty()) {
            return Error{"--features model needs --model with the model's folder"};
        }
        auto tokens = inference::tokenVectors(flags.model, walkOptions(flags.model + ": token block", context));
        if (!tokens) {
            return tokens.error();
        }
        settings.tokens = std::move(*tokens);
    }
    return settings;
}

base::Progress progressOf(const std::string& what, Context& context)
{
    return walkOptions(what, context).progress;
}

// More digits than a screen has points would only make the answer long.
double rounded(float value)
{
    return std::round(static_cast<double>(value) * 1e5) / 1e5;
}

// The rows at `indices`, counted from 1.
Json rowsAt(const data::RowFeatures& features, const std::vector<std::size_t>& indices)
{
    Json rows = Json::array();
    for (const std::size_t index : indices) {
        rows.push_back(features.rows[index] + 1);
    }
    return rows;
}

Result<void> mapFile(const std::string& file, const DataFlags& flags, Context& context)
{
    auto dataset = openData(file, flags, context);
    auto settings = dataset ? settingsOf(flags, context) : Result<data::FeatureSettings>(dataset.error());
    auto features = settings ? data::rowFeatures(**dataset, *settings, walkOptions(file + ": row", context))
                             : Result<data::RowFeatures>(settings.error());
    if (!features) {
        return features.error();
    }
    const auto seed = static_cast<std::uint64_t>(flags.seed);
    auto near = data::nearestNeighbours(*features, kNeighbours, seed, walkOptions(file + ": neighbours of row", context));
    auto map = near ? data::mapLayout(*features, *near, seed, progressOf(file + ": round", context), context.cancel)
                    : Result<std::vector<data::MapPoint>>(near.error());
    if (!map) {
        return map.error();
    }
    const Json edges = {{"rarest", rowsAt(*features, data::rarestRows(*near, kEdgeRows))},
                        {"longest", rowsAt(*features, data::longestRows(*features, kEdgeRows))}};
    if (!context.console.isJson()) {
        tell({}, file + ": " + counted(static_cast<std::int64_t>(map->size())) + " rows laid out; --json gives their places. Rows unlike all others: "
                     + base::dumpJson(edges["rarest"]) + "; the longest: " + base::dumpJson(edges["longest"]), context);
        return {};
    }
    Json points = Json::array();
    for (std::size_t i = 0; i < map->size(); ++i) {
        points.push_back({features->rows[i] + 1, rounded((*map)[i].x), rounded((*map)[i].y)});
    }
    tell({{"file", file}, {"rows", (*dataset)->rowCount()}, {"points", std::move(points)}, {"edges", edges}}, {}, context);
    return {};
}

} // namespace

int mapFiles(const DataFlags& flags, Context& context)
{
    for (const auto& file : flags.files) {
        if (auto done = mapFile(file, flags, context); !done) {
            return context.fail(done.message());
        }
    }
    return kDone;
}

int diverseRows(const DataFlags& flags, Context& context)
{
    if (flags.files.size() > 1) {
        return context.fail("rows are chosen from one file; mix several into one first");
    }
    auto dataset = openData(flags.files[0], flags, context);
    auto settings = dataset ? settingsOf(flags, context) : Result<data::FeatureSettings>(dataset.error());
    auto features = settings ? data::rowFeatures(**dataset, *settings, walkOptions(flags.files[0] + ": row", context))
                             : Result<data::RowFeatures>(settings.error());
    auto taken = features ? data::farthestPoints(*features, static_cast<std::size_t>(flags.keep),
                                                 progressOf(flags.files[0] + ": taken", context), context.cancel)
                          : Result<std::vector<std::size_t>>(features.error());
    if (!taken) {
        return context.fail(taken.message());
    }
    Json object = {{"file", flags.files[0]}, {"rows", (*dataset)->rowCount()}, {"kept", rowsAt(*features, *taken)}};
    std::string sentence = counted(static_cast<std::int64_t>(taken->size())) + " of " + counted((*dataset)->rowCount()) + " rows chosen";
    if (!flags.out.empty()) {
        std::sort(taken->begin(), taken->end()); // written in the file's order
        auto sink = data::RowSink::create(flags.out);
        Result<void> done = sink ? Result<void>() : sink.error();
        for (std::size_t i = 0; done && i < taken->size(); ++i) {
            auto row = shapedRow(**dataset, features->rows[(*taken)[i]], flags.to);
            done = row ? sink->write(*row) : Result<void>(row.error());
        }
        done = done ? sink->commit(context.cancel) : done;
        if (!done) {
            return context.fail(done.message());
        }
        object["out"] = flags.out;
        sentence += " and written to " + flags.out;
    } else {
        sentence += ": " + base::dumpJson(object["kept"]);
    }
    return tell(object, sentence, context);
}

} // namespace luthier::cli
