// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/report.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/cli/unread.h"
#include "core/data/answer_ends.h"
#include "core/data/checks/checks.h"

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace check_verb {
namespace {

constexpr std::size_t kShownFindings = 200; // of a file, for people; JSON has all

Json unreadOf(const DataReport& report)
{
    Json list = Json::array();
    appendUnread(list, report.file, report.unread);
    return list;
}

// How the file would read more; null: it would not.
Json offerOf(const DataReport& report)
{
    const auto& offer = report.unread.offer;
    return offer ? Json{{"format", offer->format}, {"columns", data::toTexts(offer->columns)}} : Json();
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
            {"truncated", number(report.truncated)},
            {"judged_bad", report.untrained.judgedBad},
            {"untrained_turns", report.untrained.turns},
            {"checks", report.checks},
            {"unread", unreadOf(report)},
            {"offer", offerOf(report)}};
}

// Sums over files; null where a file has none.
Json totalsJson(const std::vector<DataReport>& reports)
{
    static constexpr std::array kSummed
        = {"rows", "good", "bad", "duplicates", "characters", "tokens", "trained_tokens", "truncated", "judged_bad", "untrained_turns"};
    Json totals = Json::object();
    for (const char* key : kSummed) {
        totals[key] = 0;
    }
    totals["checks"] = Json::object();
    totals["unread"] = Json::array();
    Json files = Json::array();
    for (const auto& report : reports) {
        Json counts = countsJson(report);
        for (const char* key : kSummed) {
            totals[key] = counts[key].is_null() || totals[key].is_null()
                ? Json()
                : Json(totals[key].get<std::int64_t>() + counts[key].get<std::int64_t>());
        }
        for (const auto& [id, count] : report.checks.items()) {
            totals["checks"][id] = totals["checks"].value(id, std::int64_t{0}) + count.get<std::int64_t>();
        }
        totals["unread"].insert(totals["unread"].end(), counts["unread"].begin(), counts["unread"].end());
        files.push_back(std::move(counts));
    }
    totals["files"] = std::move(files);
    return totals;
}

// What the table of checks finds, among the other findings in the order of rows.
Result<void> addChecks(const data::Dataset& dataset, const data::Encoder* encoder, const CountFlags& flags,
                       Context& context, DataReport& report)
{
    data::CheckSettings settings;
    settings.encoder = encoder;
    settings.ends = encoder ? data::endMarks(*encoder) : std::vector<std::string>();
    settings.maxTokens = flags.maxLength;
    auto checked = data::checkRows(dataset, settings, walkOptions(report.file + ": checked row", context));
    if (!checked) {
        return checked.error();
    }
    const auto table = data::checks();
    for (std::size_t i = 0; i < table.size(); ++i) {
        report.checks[table[i].id] = checked->counts[i];
        for (const std::int64_t row : checked->rowsOf(static_cast<int>(i))) {
            report.findings.push_back({row + 1, table[i].id, std::string(table[i].help) + " " + table[i].remedy});
        }
    }
    std::stable_sort(report.findings.begin(), report.findings.end(),
                     [](const DataFinding& a, const DataFinding& b) { return a.row < b.row; });
    return {};
}

Result<std::vector<DataReport>> reportAll(const CountFlags& flags, Context& context)
{
    auto loaded = loadEncoder(flags);
    if (!loaded) {
        return loaded.error();
    }
    const data::Encoder encoder = std::move(*loaded);
    std::vector<DataReport> reports;
    for (const auto& file : flags.files) {
        auto dataset = openData(file, flags, context);
        if (!dataset) {
            return dataset.error();
        }
        const data::Encoder* counting = encoder.tokenizer ? &encoder : nullptr;
        auto report = reportOn(**dataset, counting, {flags.maxLength, false}, walkOptions(file + ": row", context));
        if (!report) {
            return report.error();
        }
        reports.push_back(std::move(*report));
        auto unread = data::findUnread(**dataset, {counting, {}, {"synthetic"}}, walkOptions(file + ": row", context));
        if (!unread) {
            return unread.error();
        }
        reports.back().unread = std::move(*unread);
        if (auto added = addChecks(**dataset, counting, flags, context, reports.back()); !added) {
            return added.error();
        }
    }
    context.console.endProgress();
    return reports;
}

std::string countsText(const DataReport& report)
{
    std::string text = report.file + ": " + report.format + ", " + base::amount(report.rows, "row") + ", "
                       + counted(report.good) + " good, " + counted(report.bad) + " bad, "
                       + counted(report.duplicates) + " repeated";
    if (report.tokens) {
        text += ", " + counted(*report.tokens) + " tokens, " + counted(*report.trainedTokens) + " trained";
    }
    return oneLine(text);
}

void printReport(const DataReport& report, Console& console)
{
    Table table({{"row", false, true}, {"what"}, {"why", true}});
    for (std::size_t i = 0; i < std::min(report.findings.size(), kShownFindings); ++i) {
        const DataFinding& finding = report.findings[i];
        table.add({std::to_string(finding.row), finding.kind, finding.sentence});
    }
    console.text(countsText(report));
    for (const std::string& sentence : report.untrained.sentences()) {
        console.text("  " + sentence);
    }
    for (const std::string& sentence : report.unread.sentences()) {
        console.text("  " + oneLine(sentence));
    }
    if (!table.isEmpty()) {
        console.text(table.toText(console.width()));
    }
    if (report.findings.size() > kShownFindings) {
        console.text("... and " + counted(static_cast<std::int64_t>(report.findings.size() - kShownFindings))
                     + " more; --json lists all");
    }
}

int run(const CountFlags& flags, Context& context)
{
    auto reports = reportAll(flags, context);
    if (!reports) {
        return context.fail(reports.message());
    }
    Json findings = Json::array();
    for (const auto& report : *reports) {
        if (!context.console.isJson()) {
            printReport(report, context.console);
            continue;
        }
        for (const auto& finding : report.findings) {
            findings.push_back({{"file", report.file},
                                {"row", finding.row},
                                {"kind", finding.kind},
                                {"sentence", finding.sentence}});
        }
    }
    if (context.console.isJson()) {
        Json object = totalsJson(*reports);
        object["findings"] = std::move(findings);
        context.console.line(object);
    }
    return kDone;
}

} // namespace
} // namespace check_verb

Command checkVerb()
{
    return dataVerb("check", "What is wrong with which row, and repeated rows", addCounting, check_verb::run);
}

} // namespace luthier::cli
