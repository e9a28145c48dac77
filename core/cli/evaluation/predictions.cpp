// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/evaluation/predictions.h"

#include "core/cli/inputs.h"

#include <algorithm>
#include <set>

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
    return scored;
}

evaluation::RowFacts factsOf(const Json& row, std::int64_t number, const std::string& groupBy)
{
    evaluation::RowFacts facts{number, {}, {}, {}};
    if (const auto question = row.find("question"); question != row.end() && question->is_string()) {
        facts.question = question->get<std::string>();
    }
    if (const auto tags = row.find("tags"); tags != row.end() && tags->is_array()) {
        for (const Json& tag : *tags) {
            if (tag.is_string()) {
                facts.tags.push_back(tag.get<std::string>());
            }
        }
    }
    if (const auto group = groupBy.empty() ? row.end() : row.find(groupBy); group != row.end() && !group->is_null()) {
        facts.group = group->is_string() ? group->get<std::string>() : base::dumpJson(*group);
    } else if (groupBy == "tag" && !facts.tags.empty()) {
        facts.group = facts.tags.front();
    }
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

} // namespace

Result<Predictions> readPredictions(const std::filesystem::path& path, const std::vector<const metrics::Metric*>& metrics, const std::string& groupBy,
                                    const base::CancelToken& cancel)
{
    Predictions read;
    bool isGrouped = groupBy.empty();
    auto done = forEachRow(
        path,
        [&](std::int64_t number, const Json& row) -> Result<void> {
            auto scored = scoredOf(row);
            if (!scored) {
                return scored.error();
            }
            if (std::string why = lackOf(*scored, metrics); !why.empty()) {
                read.skipped.push_back({number, std::move(why)});
                return {};
            }
            read.facts.push_back(factsOf(row, number, groupBy));
            isGrouped = isGrouped || !read.facts.back().group.empty();
            read.rows.push_back(std::move(*scored));
            return {};
        },
        cancel);
    if (!done || cancel.isCancelled()) {
        return done ? Error{"cancelled"} : done.error();
    }
    if (read.rows.empty()) {
        return Error{path.string() + (read.skipped.empty() ? ": there are no rows" : ": no row can be measured; row " + std::to_string(read.skipped.front().row) + ": " + read.skipped.front().why)};
    }
    if (!isGrouped) {
        return Error{path.string() + ": no row has \"" + groupBy + "\" to group by"};
    }
    return read;
}

Result<void> keepCommon(Predictions& first, Predictions& second)
{
    const auto keep = [](Predictions& mine, const std::set<std::int64_t>& wanted) {
        Predictions kept;
        for (std::size_t i = 0; i < mine.rows.size(); ++i) {
            if (wanted.contains(mine.facts[i].row)) {
                kept.rows.push_back(std::move(mine.rows[i]));
                kept.facts.push_back(std::move(mine.facts[i]));
            }
        }
        kept.skipped = std::move(mine.skipped);
        mine = std::move(kept);
    };
    const auto rowsOf = [](const Predictions& some) {
        std::set<std::int64_t> rows;
        for (const auto& facts : some.facts) {
            rows.insert(facts.row);
        }
        return rows;
    };
    keep(first, rowsOf(second));
    keep(second, rowsOf(first));
    for (std::size_t i = 0; i < first.rows.size(); ++i) {
        if (first.rows[i].references != second.rows[i].references) {
            return Error{"row " + std::to_string(first.facts[i].row) + " has another reference in each file; the rows must be the same, in the same order"};
        }
    }
    return first.rows.empty() ? Result<void>(Error{"the files have no row in common that can be measured"}) : Result<void>();
}

} // namespace luthier::cli
