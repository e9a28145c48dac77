// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/data_report.h"
#include "core/cli/display.h"
#include "core/cli/table.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace {

struct Flags;
struct Verb {
    const char* name;
    const char* summary;
    int (*run)(const Flags&, Context&);
};

struct Flags {
    std::vector<std::string> files;
    std::string format = "auto";
    std::string model;
    std::int64_t maxLength = 1024;
    std::int64_t first = 20;
    const Verb* verb = nullptr;
};

Result<std::shared_ptr<data::Dataset>> openFile(const std::string& file, const Flags& flags, Context& context)
{
    return data::Dataset::open(file, {flags.format,
                                      {},
                                      [&](std::int64_t done, std::int64_t total) {
                                          context.console.progress(
                                              file + ": " + byteSize(static_cast<double>(done))
                                              + (total ? " of " + byteSize(static_cast<double>(total)) : ""));
                                      },
                                      context.cancel});
}

Json countsJson(const DataReport& report)
{
    const auto number
        = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
    return {{"file", report.file},
            {"format", report.format},
            {"rows", report.rows},
            {"good", report.good},
            {"bad", report.bad},
            {"duplicates", report.duplicates},
            {"characters", report.characters},
            {"tokens", number(report.tokens)},
            {"trained_tokens", number(report.trainedTokens)},
            {"truncated", number(report.truncated)}};
}

// Sums over files; null where a file has none.
Json totalsJson(const std::vector<DataReport>& reports)
{
    static constexpr std::array kSummed
        = {"rows", "good", "bad", "duplicates", "characters", "tokens", "trained_tokens", "truncated"};
    Json totals = Json::object();
    for (const char* key : kSummed) {
        totals[key] = 0;
    }
    Json files = Json::array();
    for (const auto& report : reports) {
        Json counts = countsJson(report);
        for (const char* key : kSummed) {
            totals[key] = counts[key].is_null() || totals[key].is_null()
                ? Json()
                : Json(totals[key].get<std::int64_t>() + counts[key].get<std::int64_t>());
        }
        files.push_back(std::move(counts));
    }
    totals["files"] = std::move(files);
    return totals;
}

Result<std::vector<DataReport>> reportAll(const Flags& flags, Context& context)
{
    data::Encoder encoder;
    if (!flags.model.empty()) {
        auto loaded = data::Encoder::load(flags.model);
        if (!loaded) {
            return loaded.error();
        }
        encoder = std::move(*loaded);
    }
    std::vector<DataReport> reports;
    for (const auto& file : flags.files) {
        auto dataset = openFile(file, flags, context);
        if (!dataset) {
            return dataset.error();
        }
        const auto progress = [&](std::int64_t done, std::int64_t total) {
            context.console.progress(file + ": row " + counted(done) + " of " + counted(total));
        };
        reports.push_back(reportOn(**dataset, encoder.tokenizer ? &encoder : nullptr,
                                   {flags.maxLength, false}, progress, context.cancel));
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
    }
    context.console.endProgress();
    return reports;
}

std::string countsText(const DataReport& report)
{
    std::string text = report.file + ": " + report.format + ", " + counted(report.rows) + " rows, "
                       + counted(report.good) + " good, " + counted(report.bad) + " bad, "
                       + counted(report.duplicates) + " repeated";
    if (report.tokens) {
        text += ", " + counted(*report.tokens) + " tokens, " + counted(*report.trainedTokens) + " trained";
    }
    return oneLine(text);
}

int checkFiles(const Flags& flags, Context& context)
{
    auto reports = reportAll(flags, context);
    if (!reports) {
        return context.fail(reports.message());
    }
    Json findings = Json::array();
    for (const auto& report : *reports) {
        Table table({{"row", false, true}, {"what"}, {"why", true}});
        for (const auto& finding : report.findings) {
            findings.push_back({{"file", report.file},
                                {"row", finding.row},
                                {"kind", finding.kind},
                                {"sentence", finding.sentence}});
            table.add({std::to_string(finding.row), finding.kind, finding.sentence});
        }
        if (!context.console.isJson()) {
            context.console.text(countsText(report));
            if (!table.isEmpty()) {
                context.console.text(table.toText(context.console.width()));
            }
        }
    }
    if (context.console.isJson()) {
        Json object = totalsJson(*reports);
        object["findings"] = std::move(findings);
        context.console.line(object);
    }
    return kDone;
}

Json lengthsJson(const DataReport& report)
{
    return {{"unit", report.tokens ? "tokens" : "bytes"},
            {"shortest", lengthAt(report.lengths, 0)},
            {"median", lengthAt(report.lengths, 0.5)},
            {"p90", lengthAt(report.lengths, 0.9)},
            {"p99", lengthAt(report.lengths, 0.99)},
            {"longest", lengthAt(report.lengths, 1)}};
}

int fileStats(const Flags& flags, Context& context)
{
    auto reports = reportAll(flags, context);
    if (!reports) {
        return context.fail(reports.message());
    }
    Json object = totalsJson(*reports);
    for (std::size_t i = 0; i < reports->size(); ++i) {
        object["files"][i]["lengths"] = lengthsJson((*reports)[i]);
    }
    if (context.console.isJson()) {
        context.console.line(object);
        return kDone;
    }
    for (const Json& file : object["files"]) {
        Table table({{"file"}, {file["file"].get<std::string>(), true}});
        for (const auto& [key, value] : file.items()) {
            if (key != "file" && key != "lengths" && !value.is_null()) {
                table.add(
                    {key, value.is_string() ? value.get<std::string>() : counted(value.get<std::int64_t>())});
            }
        }
        for (const auto& [key, value] : file["lengths"].items()) {
            table.add({"length: " + key,
                       value.is_string() ? value.get<std::string>() : counted(value.get<std::int64_t>())});
        }
        context.console.text(table.toText(context.console.width()));
    }
    return kDone;
}

void showRow(const data::Dataset& dataset, std::int64_t row, Table& table, Console& console)
{
    auto value = dataset.row(row - 1);
    auto example = value ? dataset.example(row - 1) : Result<data::Example>(value.error());
    if (console.isJson()) {
        Json line = {{"row", row}};
        if (value) {
            line["data"] = *value;
        }
        if (!example) {
            line["error"] = example.message();
        }
        console.line(line);
        return;
    }
    if (example) {
        table.add({std::to_string(row), data::promptOf(*example), data::answerOf(*example)});
    } else {
        table.add(
            {std::to_string(row), oneLine(cutTo(dataset.rawRow(row - 1), 200)), "bad: " + example.message()});
    }
}

int showRows(const Flags& flags, Context& context)
{
    for (const auto& file : flags.files) {
        auto dataset = openFile(file, flags, context);
        if (!dataset) {
            return context.fail(dataset.message());
        }
        const auto count = (*dataset)->rowCount();
        const auto last = flags.first == 0 ? count : std::min(count, flags.first);
        Table table({{"row", false, true}, {"prompt", true}, {"answer", true}}, true);
        for (std::int64_t row = 1; row <= last && !context.cancel.isCancelled(); ++row) {
            showRow(**dataset, row, table, context.console);
        }
        if (!context.console.isJson()) {
            context.console.text(file + ": " + (*dataset)->format().label + ", " + counted(count) + " rows\n"
                                 + table.toText(context.console.width()));
        }
    }
    return context.cancel.isCancelled() ? context.fail("cancelled") : kDone;
}

constexpr std::array kVerbs = {
    Verb{"show", "Rows as they are read", showRows},
    Verb{"check", "What is wrong with which row, and repeated rows", checkFiles},
    Verb{"stats", "Counts and lengths", fileStats},
};

void setup(CLI::App& app, Flags& flags)
{
    app.require_subcommand(1);
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        sub->add_option("files", flags.files, "Data files: JSON, JSONL or CSV")
            ->required()
            ->option_text("FILE...");
        sub->add_option("--format", flags.format, "Shape of the rows; auto looks at the first")
            ->option_text("ID");
        if (std::string_view(verb.name) == "show") {
            sub->add_option("--first", flags.first, "So many rows; 0: all; usually 20")
                ->check(CLI::NonNegativeNumber)
                ->option_text("N");
        } else {
            sub->add_option("--model", flags.model, "Also count the tokens of this model")
                ->option_text("DIR");
            sub->add_option("--max-length", flags.maxLength, "Longer rows are cut; usually 1024")
                ->check(CLI::Range(std::int64_t{8}, std::int64_t{1048576}))
                ->option_text("TOKENS");
        }
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& flags, Context& context)
{
    return flags.verb->run(flags, context);
}

} // namespace

Command dataCommand()
{
    return command<Flags>("data", "Look at data files: show, check, stats",
                          "luthier data show rows.jsonl --first 5\n"
                          "luthier data check rows.jsonl more.csv --model MODEL --json",
                          setup, run);
}

} // namespace luthier::cli
