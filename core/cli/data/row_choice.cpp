// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/row_choice.h"

#include "core/cli/data/files.h"
#include "core/data/checks/checks.h"
#include "core/data/row_fields.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

namespace luthier::cli {

namespace {

using Rows = std::vector<std::int64_t>;

bool readRow(std::string_view text, std::int64_t& row)
{
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), row);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && row >= 1;
}

Result<void> keepMatching(const RowChoice& choice, const data::Dataset& dataset, Context& context, Rows& rows)
{
    const text::PatternOptions options{choice.regex, choice.matchCase, choice.wholeWords};
    auto pattern = text::TextPattern::compile(choice.where, options);
    if (!pattern) {
        return Error{"--where: " + pattern.message()};
    }
    const data::RowQuery query{*pattern, choice.field, data::plainNeedle(choice.where, options)};
    std::vector<std::uint8_t> found(rows.size());
    auto walked = data::walkRows(static_cast<std::int64_t>(rows.size()), walkOptions(dataset.path().string() + ": row", context),
                                 [&](std::int64_t place, std::size_t) {
                                     const auto at = static_cast<std::size_t>(place);
                                     found[at] = data::rowMatches(dataset, rows[at], query);
                                 });
    std::size_t at = 0;
    std::erase_if(rows, [&](std::int64_t) { return found[at++] == 0; });
    return walked;
}

Result<void> keepFound(const std::string& check, const data::Dataset& dataset, Context& context, Rows& rows)
{
    const int place = data::findCheck(check);
    if (data::checks()[static_cast<std::size_t>(place)].asksModel) {
        return Error{"--check " + check + " asks a model: luthier data check " + dataset.path().string() + " --model DIR names such rows, and --rows takes them"};
    }
    auto report = data::checkRows(dataset, {}, walkOptions(dataset.path().string() + ": checked row", context));
    if (!report) {
        return report.error();
    }
    const Rows found = report->rowsOf(place);
    std::erase_if(rows, [&](std::int64_t row) { return !std::binary_search(found.begin(), found.end(), row); });
    return {};
}

} // namespace

void addRowChoice(CLI::App& app, RowChoice& choice)
{
    app.add_option("--rows", choice.rows, "These rows, as 3,7-9")->option_text("LIST");
    app.add_option("--where", choice.where, "Rows that hold this text, in capitals or small letters")->option_text("TEXT");
    app.add_option("--field", choice.field, "In this field, or the turns of this role, alone")->option_text("NAME");
    app.add_flag("--regex", choice.regex, "Read --where as a regular expression (PCRE2)");
    app.add_flag("--case", choice.matchCase, "Capital and small letters differ");
    app.add_flag("--words", choice.wholeWords, "Whole words only");
    app.add_option("--check", choice.check, "Rows that this check finds, as data check names it")
        ->check(CLI::IsMember(idsOf(data::checks())))
        ->option_text("ID");
    app.add_option("--tagged", choice.tagged, "Rows with this tag")->option_text("NAME");
    app.add_flag("--all", choice.all, "Every row");
}

Result<Rows> parseRows(const std::string& text, std::int64_t count)
{
    Rows rows;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view part = std::string_view(text).substr(at, end - at);
        const std::size_t dash = part.find('-');
        std::int64_t first = 0;
        std::int64_t last = 0;
        const bool good = readRow(part.substr(0, dash), first)
                          && readRow(dash == std::string_view::npos ? part : part.substr(dash + 1), last) && first <= last;
        if (!good) {
            return Error{"\"" + text + "\" is no list of rows; write it like 3,7-9, the first row is 1"};
        }
        if (last > count) {
            return Error{"there is no row " + std::to_string(last) + "; the file has " + std::to_string(count)};
        }
        const auto before = static_cast<std::ptrdiff_t>(rows.size());
        rows.resize(rows.size() + static_cast<std::size_t>(last - first + 1));
        std::iota(rows.begin() + before, rows.end(), first - 1);
        at = end + 1;
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

Result<Rows> chooseRows(const RowChoice& choice, const data::Dataset& dataset, const store::RowTags& tags, Context& context)
{
    if (choice.isEmpty()) {
        return Error{"say which rows: --rows 3,7-9, --where TEXT, --check ID, --tagged NAME or --all"};
    }
    const std::string everyRow = "1-" + std::to_string(dataset.rowCount());
    auto rows = parseRows(choice.rows.empty() ? everyRow : choice.rows, dataset.rowCount());
    if (!rows) {
        return rows;
    }
    if (!choice.tagged.empty()) {
        std::erase_if(*rows, [&](std::int64_t row) {
            const auto found = tags.find(row);
            return found == tags.end() || !found->second.contains(choice.tagged);
        });
    }
    auto kept = choice.where.empty() ? Result<void>() : keepMatching(choice, dataset, context, *rows);
    kept = kept && !choice.check.empty() ? keepFound(choice.check, dataset, context, *rows) : kept;
    return kept ? rows : kept.error();
}

} // namespace luthier::cli
