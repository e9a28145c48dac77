// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/data/checks/statistics.h"

#include <algorithm>

namespace luthier::cli {

namespace stats_verb {
namespace {

constexpr std::size_t kShownTallies = 8; // for people; JSON has all

Json lengthsJson(const data::LengthSummary& lengths)
{
    return {{"shortest", lengths.shortest},
            {"median", lengths.median},
            {"mean", lengths.mean},
            {"p90", lengths.p90},
            {"p99", lengths.p99},
            {"longest", lengths.longest},
            {"histogram",
             {{"width", lengths.histogram.width}, {"counts", lengths.histogram.counts}, {"open_end", lengths.histogram.isOpen}}}};
}

Json talliesJson(const std::vector<data::Tally>& tallies)
{
    Json list = Json::array();
    for (const auto& tally : tallies) {
        list.push_back({{"text", tally.text}, {"count", tally.count}});
    }
    return list;
}

Json statisticsJson(const std::string& file, const data::Dataset& dataset, const data::Statistics& statistics)
{
    Json scripts = Json::object();
    for (std::size_t i = 0; i < data::kNumScripts; ++i) {
        if (statistics.scripts[i] > 0) {
            scripts[data::scriptName(i)] = statistics.scripts[i];
        }
    }
    const bool tokens = statistics.unit == "tokens";
    const auto sum = [](const data::LengthSummary& s) { return static_cast<std::int64_t>(s.mean * static_cast<double>(s.count) + 0.5); };
    return {{"file", file},
            {"format", dataset.format().id},
            {"rows", statistics.rows},
            {"good", statistics.good},
            {"bad", statistics.bad},
            {"tokens", tokens ? Json(sum(statistics.total)) : Json()},
            {"trained_tokens", tokens ? Json(sum(statistics.answer)) : Json()},
            {"unit", statistics.unit},
            {"lengths",
             {{"prompt", lengthsJson(statistics.prompt)},
              {"answer", lengthsJson(statistics.answer)},
              {"total", lengthsJson(statistics.total)}}},
            {"labels", talliesJson(statistics.labels)},
            {"openings", {{"prompt", talliesJson(statistics.promptOpenings)}, {"answer", talliesJson(statistics.answerOpenings)}}},
            {"scripts", std::move(scripts)},
            {"length_outliers", rowsFromOne(statistics.lengthOutliers)},
            {"script_outliers", rowsFromOne(statistics.scriptOutliers)}};
}

std::string listed(const std::vector<data::Tally>& tallies)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(tallies.size(), kShownTallies); ++i) {
        text += (i ? ", " : "") + tallies[i].text + " (" + counted(tallies[i].count) + ")";
    }
    return text + (tallies.size() > kShownTallies ? ", ..." : "");
}

std::string firstRows(const Json& rows)
{
    std::string text = counted(static_cast<std::int64_t>(rows.size()));
    for (std::size_t i = 0; i < std::min(rows.size(), kShownTallies); ++i) {
        text += (i ? ", " : ": row ") + base::dumpJson(rows[i]);
    }
    return text + (rows.size() > kShownTallies ? ", ..." : "");
}

void print(const Json& file, const data::Statistics& statistics, Console& console)
{
    Table table({{"file"}, {file["file"].get<std::string>(), true}});
    for (const char* key : {"format", "rows", "good", "bad", "tokens", "trained_tokens"}) {
        if (!file[key].is_null()) {
            table.add({key, file[key].is_string() ? file[key].get<std::string>() : counted(file[key].get<std::int64_t>())});
        }
    }
    for (const auto& [name, lengths] : file["lengths"].items()) {
        std::string text;
        for (const char* key : {"shortest", "median", "p90", "p99", "longest"}) {
            text += (text.empty() ? "" : ", ") + std::string(key) + " " + counted(lengths[key].get<std::int64_t>());
        }
        table.add({name + ", " + statistics.unit, text});
    }
    table.add({"labels", listed(statistics.labels)});
    table.add({"prompts begin", listed(statistics.promptOpenings)});
    table.add({"answers begin", listed(statistics.answerOpenings)});
    std::string scripts;
    for (const auto& [name, count] : file["scripts"].items()) {
        scripts += (scripts.empty() ? "" : ", ") + name + " " + counted(count.get<std::int64_t>());
    }
    table.add({"characters", scripts});
    table.add({"unusual length", firstRows(file["length_outliers"])});
    table.add({"unusual script", firstRows(file["script_outliers"])});
    console.text(table.toText(console.width()));
}

int run(const CountFlags& flags, Context& context)
{
    auto encoder = loadEncoder(flags);
    if (!encoder) {
        return context.fail(encoder.message());
    }
    Json totals = {{"rows", 0}, {"good", 0}, {"bad", 0}, {"tokens", 0}, {"trained_tokens", 0}};
    Json files = Json::array();
    for (const auto& file : flags.files) {
        auto dataset = openData(file, flags, context);
        if (!dataset) {
            return context.fail(dataset.message());
        }
        auto statistics = data::statisticsOf(**dataset, encoder->tokenizer ? &*encoder : nullptr,
                                             walkOptions(file + ": row", context));
        if (!statistics) {
            return context.fail(statistics.message());
        }
        Json object = statisticsJson(file, **dataset, *statistics);
        for (auto& [key, total] : totals.items()) {
            total = object[key].is_null() ? Json() : Json(total.get<std::int64_t>() + object[key].get<std::int64_t>());
        }
        context.console.endProgress();
        if (!context.console.isJson()) {
            print(object, *statistics, context.console);
        }
        files.push_back(std::move(object));
    }
    if (context.console.isJson()) {
        totals["files"] = std::move(files);
        context.console.line(totals);
    }
    return kDone;
}

} // namespace
} // namespace stats_verb

Command statsVerb()
{
    return dataVerb("stats", "Counts, lengths, labels, openings and scripts", addCounting, stats_verb::run);
}

} // namespace luthier::cli
