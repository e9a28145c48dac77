// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/evaluation/predictions.h"

#include "core/base/amount.h"
#include "core/data/formats/format_messages.h"
#include "core/data/row_name.h"
#include "core/data/sources/row_source.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace luthier::cli {

namespace {

Result<std::string> predictionOf(const Json& row)
{
    const auto found = row.is_object() ? row.find("prediction") : row.end();
    if (!row.is_object() || found == row.end()) {
        return Error{"\"prediction\" is missing; a row is {\"prediction\":\"...\",\"reference\":\"...\"}"};
    }
    if (found->is_null()) {
        return Error{"\"prediction\" is null; an answer that is empty is \"\""};
    }
    if (found->is_object() || found->is_array()) {
        return Error{"\"prediction\" must be a text, not " + std::string(found->type_name())};
    }
    return found->is_string() ? found->get<std::string>() : base::dumpJson(*found); // labels may be numbers
}

Result<std::vector<std::string>> referencesOf(const Json& row)
{
    std::vector<std::string> references;
    for (const char* key : {"reference", "references"}) {
        const auto found = row.find(key);
        if (found == row.end() || found->is_null()) {
            continue;
        }
        for (const Json& one : found->is_array() ? *found : Json::array({*found})) {
            if (one.is_object() || one.is_array() || one.is_null()) {
                return Error{"\"" + std::string(key) + "\" must be a text or a list of texts"};
            }
            references.push_back(one.is_string() ? one.get<std::string>() : base::dumpJson(one));
        }
    }
    return references;
}

Result<metrics::ScoredRow> scoredOf(const Json& row)
{
    auto prediction = predictionOf(row);
    auto references = prediction ? referencesOf(row) : Result<std::vector<std::string>>(prediction.error());
    if (!references) {
        return references.error();
    }
    metrics::ScoredRow scored{std::move(*prediction), std::move(*references)};
    if (const auto found = row.find("confidence"); found != row.end() && !found->is_null()) {
        if (!found->is_number() || found->get<double>() < 0 || found->get<double>() > 1) {
            return Error{"\"confidence\" must be a number from 0 to 1"};
        }
        scored.confidence = found->get<double>();
    }
    scored.isCut = row.value("finish", Json()) == "length" || row.value("finish_reason", Json()) == "length";
    return scored;
}

// What was asked, by whatever names; empty: the row does not say.
std::string questionIn(const Json& row)
{
    std::string question;
    for (const data::Names names : {data::kMessageNames, data::kPromptNames}) {
        for (const char* name : names) {
            if (const auto found = row.find(name); found != row.end() && !found->is_null()) {
                question += (question.empty() ? "" : "\n") + data::textOf(*found);
            }
        }
    }
    return question;
}

// A name by which the row's source can be found again; empty: it has none.
std::pair<std::string, std::string> sourceIn(const Json& row)
{
    for (const char* name : {"question_id", "prompt_id", "example_id", "doc_id", "qid", "source_row", "row_id", "id", "_id", "idx", "index", "row"}) {
        if (const auto found = row.find(name); found != row.end() && !found->is_null()) {
            return {name, data::textOf(*found)};
        }
    }
    return {};
}

evaluation::RowFacts factsOf(const Json& row, std::int64_t number, const std::string& groupBy)
{
    evaluation::RowFacts facts{number, {}, {}, {}};
    facts.question = questionIn(row);
    if (const auto tags = row.find("tags"); tags != row.end() && tags->is_array()) {
        for (const Json& tag : *tags) {
            if (tag.is_string()) {
                facts.tags.push_back(tag.get<std::string>());
            }
        }
    }
    facts.group = groupBy.empty() || groupBy == evaluation::kNoGroups ? "" : evaluation::groupIn(row, facts.tags, groupBy);
    return facts;
}

std::string lackOf(const metrics::ScoredRow& row, const std::vector<const metrics::Metric*>& metrics)
{
    for (const metrics::Metric* metric : metrics) {
        if (std::string why = missingFor(*metric, row); !why.empty()) {
            return why;
        }
    }
    return {};
}

// Nobody said which rows belong together: those that ask the same do, or those of one source.
std::string groupUnasked(std::vector<evaluation::RowFacts>& facts, const std::vector<std::pair<std::string, std::string>>& sources)
{
    const bool areAsked = std::any_of(facts.begin(), facts.end(), [](const auto& row) { return !row.question.empty(); });
    std::string by;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        facts[i].group = areAsked ? facts[i].question : sources[i].second;
        by = areAsked ? evaluation::kByQuestion : by.empty() ? sources[i].first : by;
    }
    return by;
}

} // namespace

Result<Predictions> readPredictions(const std::filesystem::path& path, const std::vector<const metrics::Metric*>& metrics, const std::string& groupBy,
                                    const base::CancelToken& cancel)
{
    const auto source = data::openSource(path, {}, cancel);
    if (!source) {
        return source.error();
    }
    Predictions read{path, {}, {}, {}, (*source)->rowCount(), groupBy};
    std::vector<std::pair<std::string, std::string>> sources;
    for (std::int64_t i = 0; i < read.all; ++i) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto row = (*source)->row(i);
        auto scored = row ? scoredOf(*row) : Result<metrics::ScoredRow>(row.error());
        std::string why = scored ? lackOf(*scored, metrics) : data::withoutRowName(scored.message(), i);
        if (!why.empty()) {
            read.skipped.push_back({i + 1, std::move(why)});
            continue;
        }
        read.facts.push_back(factsOf(*row, i + 1, groupBy));
        read.rows.push_back(std::move(*scored));
        sources.push_back(sourceIn(*row));
    }
    if (read.rows.empty()) {
        return Error{path.string() + (read.skipped.empty() ? ": there are no rows" : ": no row can be measured; row " + std::to_string(read.skipped.front().row) + ": " + read.skipped.front().why)};
    }
    const bool isGrouped = std::any_of(read.facts.begin(), read.facts.end(), [](const auto& row) { return !row.group.empty(); });
    if (!groupBy.empty() && groupBy != evaluation::kNoGroups && !isGrouped) {
        return Error{path.string() + ": " + evaluation::nothingToGroupBy(groupBy)};
    }
    if (groupBy.empty()) {
        read.groupedBy = groupUnasked(read.facts, sources);
    }
    return read;
}

namespace {

using RowNumbers = std::set<std::int64_t>;

RowNumbers rowsOf(const Predictions& some)
{
    RowNumbers rows;
    for (const auto& facts : some.facts) {
        rows.insert(facts.row);
    }
    return rows;
}

// Why the row is not there.
std::string whyMissing(const Predictions& from, std::int64_t row)
{
    const auto found = std::find_if(from.skipped.begin(), from.skipped.end(), [row](const auto& one) { return one.row == row; });
    const std::string name = from.path.filename().string();
    return found == from.skipped.end() ? name + " has only " + base::amount(from.all, "row") : "it was left out of " + name + ": " + found->why;
}

// Takes out of `mine` what `others` has not. Empty: nothing was taken.
std::string takeOut(Predictions& mine, const RowNumbers& theirs, const Predictions& others, std::vector<evaluation::SkippedRow>& gone)
{
    Predictions kept{mine.path, {}, {}, std::move(mine.skipped), mine.all, mine.groupedBy};
    std::int64_t number = 0;
    std::string first;
    for (std::size_t i = 0; i < mine.rows.size(); ++i) {
        if (theirs.contains(mine.facts[i].row)) {
            kept.rows.push_back(std::move(mine.rows[i]));
            kept.facts.push_back(std::move(mine.facts[i]));
            continue;
        }
        gone.push_back({mine.facts[i].row, mine.path.filename().string() + ": not compared, since " + whyMissing(others, mine.facts[i].row)});
        first = ++number == 1 ? "row " + std::to_string(gone.back().row) + ": " + whyMissing(others, gone.back().row) : first;
    }
    mine = std::move(kept);
    return number == 0 ? std::string() : mine.path.filename().string() + ": " + base::amount(number, "row") + " of " + base::counted(mine.all) + std::string(base::oneOrMany(number, " is", " are")) + " not compared; the first is " + first + ".";
}

} // namespace

Result<std::vector<std::string>> keepCommon(Predictions& first, Predictions& second)
{
    const RowNumbers ofFirst = rowsOf(first);
    const RowNumbers ofSecond = rowsOf(second);
    std::vector<evaluation::SkippedRow> gone;
    std::vector<std::string> sentences;
    for (const std::string& sentence : {takeOut(second, ofFirst, first, gone), takeOut(first, ofSecond, second, gone)}) {
        if (!sentence.empty()) {
            sentences.push_back(sentence);
        }
    }
    second.skipped.insert(second.skipped.end(), gone.begin(), gone.end());
    for (std::size_t i = 0; i < first.rows.size(); ++i) {
        const std::string row = "row " + std::to_string(first.facts[i].row);
        if (first.rows[i].references != second.rows[i].references) {
            return Error{row + " has another reference in each file; the rows must be the same, in the same order"};
        }
        if (!first.facts[i].question.empty() && !second.facts[i].question.empty() && first.facts[i].question != second.facts[i].question) {
            return Error{row + " asks another question in each file; the rows must be the same, in the same order"};
        }
    }
    if (first.rows.empty()) {
        return Error{"the files have no row in common that can be measured" + (sentences.empty() ? std::string() : "; " + sentences.front())};
    }
    return sentences;
}

} // namespace luthier::cli
