// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/map/diversity.h"
#include "core/data/map/map_layout.h"
#include "core/inference/token_vectors.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <cmath>

namespace luthier::cli {

namespace map_verb {
namespace {

struct MapFlags : DataFlags {
    std::int64_t maxRows = 100000;
    std::string features = "hashed"; // or model: by the embeddings of its tokens
    std::string model;
    bool promptsAlone = false;
    std::int64_t seed = 42;
};

struct DiverseFlags : MapFlags {
    std::int64_t keep = 100;
    std::string out;
    std::string to;
};

void mapFlags(CLI::App& app, MapFlags& flags)
{
    app.add_option("--max-rows", flags.maxRows, "Of more rows so many are taken; usually 100000")->check(CLI::Range(1, 1000000))->option_text("N");
    app.add_flag("--prompts", flags.promptsAlone, "By their prompts alone");
    app.add_option("--features", flags.features, "What rows are compared by: hashed words (usual), or the token embeddings of --model")
        ->check(CLI::IsMember({"hashed", "model"}))
        ->option_text("hashed|model");
    app.add_option("--model", flags.model, "Model folder, for --features model")->option_text("DIR");
    addSeed(app, flags.seed);
}

void diverseFlags(CLI::App& app, DiverseFlags& flags)
{
    app.add_option("--keep", flags.keep, "So many rows, each as far from the others as can be; usually 100")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
    addOut(app, flags.out, "Write them, in the order of the file");
    addTo(app, flags.to, "Write the rows in another shape");
    mapFlags(app, flags);
}

constexpr std::size_t kNeighbours = 12;
constexpr std::size_t kEdgeRows = 20; // of each kind

Result<data::FeatureSettings> settingsOf(const MapFlags& flags, Context& context)
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

Result<void> mapFile(const std::string& file, const MapFlags& flags, Context& context)
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
        tell({}, file + ": " + base::amount(static_cast<std::int64_t>(map->size()), "row") + " laid out; --json gives their places. Rows unlike all others: "
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

int mapFiles(const MapFlags& flags, Context& context)
{
    for (const auto& file : flags.files) {
        if (auto done = mapFile(file, flags, context); !done) {
            return context.fail(done.message());
        }
    }
    return kDone;
}

int diverseRows(const DiverseFlags& flags, Context& context)
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
    std::string sentence = counted(static_cast<std::int64_t>(taken->size())) + " of " + base::amount((*dataset)->rowCount(), "row") + " chosen";
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

} // namespace
} // namespace map_verb

Command mapVerb()
{
    return dataVerb("map", "Every row as a point, rows of like words near each other", map_verb::mapFlags, map_verb::mapFiles);
}

Command diverseVerb()
{
    return dataVerb("diverse", "Rows that stand for all others", map_verb::diverseFlags, map_verb::diverseRows);
}

} // namespace luthier::cli
