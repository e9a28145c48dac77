// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/eval_rows.h"

#include "core/data/example_text.h"
#include "core/data/row_name.h"

#include <algorithm>
#include <map>
#include <optional>

namespace luthier::evaluation {

namespace {

std::vector<std::string> moreReferences(const Json& row)
{
    std::vector<std::string> references;
    const auto found = row.is_object() ? row.find("references") : row.end();
    if (row.is_object() && found != row.end() && found->is_array()) {
        for (const Json& reference : *found) {
            if (reference.is_string()) {
                references.push_back(reference.get<std::string>());
            }
        }
    }
    return references;
}

// Where an example ends in an answer, that is the reference, and what stands before it the question.
Result<EvalRow> rowOf(const data::Example& example, const Json& json)
{
    EvalRow row;
    row.tools = example.tools;
    row.templateVariables = example.templateVariables;
    row.prompt = example.messages;
    if (example.kind == data::ExampleKind::Text) {
        row.references.push_back(example.text);
    } else if (example.kind == data::ExampleKind::Preference) {
        row.references.push_back(example.chosen.empty() ? std::string() : example.chosen.back().content);
    } else if (example.desirable == false) {
        return Error{"its answer was judged bad, so it is no reference"};
    } else if (!row.prompt.empty() && row.prompt.back().role == "assistant") {
        row.references.push_back(row.prompt.back().content);
        row.prompt.pop_back();
    }
    if (example.kind != data::ExampleKind::Text && row.prompt.empty()) {
        return Error{"nothing is asked in it"};
    }
    auto more = moreReferences(json);
    std::erase_if(more, [&](const std::string& other) { return !row.references.empty() && other == row.references.front(); });
    row.references.insert(row.references.end(), more.begin(), more.end());
    return row;
}

} // namespace

void EvalRowReader::read(const data::Dataset& dataset, std::int64_t index, const data::RowTags& tags, std::int64_t offset)
{
    if (dataset.isExcluded(index)) {
        return;
    }
    const auto json = dataset.row(index);
    const auto example = json ? dataset.example(index) : Result<data::Example>(json.error());
    auto row = example ? rowOf(*example, *json) : Result<EvalRow>(example.error());
    if (!row) {
        m_read.skipped.push_back({index + 1 + offset, data::withoutRowName(row.message(), index)}); // the row is named beside it
        return;
    }
    row->row = index + 1 + offset;
    if (const auto tagged = tags.find(index); tagged != tags.end()) {
        row->tags.assign(tagged->second.begin(), tagged->second.end());
    }
    row->hash = data::exampleHash(*example);
    row->group = groupOf(*row, *example, *json);
    m_read.rows.push_back(std::move(*row));
}

std::string EvalRowReader::groupOf(const EvalRow& row, const data::Example& example, const Json& json)
{
    if (m_settings.groupBy.empty()) {
        return "question " + std::to_string(row.prompt.empty() ? data::exampleHash(example) : data::promptHash(example));
    }
    if (m_settings.groupBy == kNoGroups) {
        return {};
    }
    std::string group = groupIn(json, row.tags, m_settings.groupBy);
    m_sawGroup = m_sawGroup || !group.empty();
    return group;
}

Result<EvalRows> EvalRowReader::take(const std::string& source)
{
    if (!m_settings.groupBy.empty() && m_settings.groupBy != kNoGroups && !m_sawGroup) {
        return Error{source + ": " + nothingToGroupBy(m_settings.groupBy)};
    }
    EvalRows read = std::move(m_read);
    m_read = {};
    if (read.rows.empty()) {
        return Error{source + ": there is no row to evaluate on"
                     + (read.skipped.empty() ? "" : "; row " + std::to_string(read.skipped.front().row) + ": " + read.skipped.front().why)};
    }
    return read;
}

Result<EvalRows> evalRows(const data::Dataset& dataset, const EvalRowSettings& settings, const data::RowTags& tags,
                          const base::CancelToken& cancel)
{
    EvalRowReader reader(settings);
    const std::int64_t all = dataset.rowCount();
    const std::int64_t wanted = settings.limit > 0 ? std::min(settings.limit, all) : all;
    for (std::int64_t i = 0; i < wanted; ++i) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        reader.read(dataset, i * all / wanted, tags);
    }
    return reader.take(dataset.path().string());
}

std::string groupIn(const Json& row, const std::vector<std::string>& tags, const std::string& groupBy)
{
    if (groupBy == "tag" && !tags.empty()) {
        return tags.front();
    }
    const auto found = row.is_object() ? row.find(groupBy) : row.end();
    if (!row.is_object() || found == row.end() || found->is_null()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : base::dumpJson(*found);
}

std::string nothingToGroupBy(const std::string& groupBy)
{
    return "no row has \"" + groupBy + "\" to group by; name a field of the rows, tag where rows are tagged, or none where each row stands for itself";
}

std::string questionOf(const EvalRow& row)
{
    const auto last = std::find_if(row.prompt.rbegin(), row.prompt.rend(), [](const data::Message& message) { return message.role == "user"; });
    if (last != row.prompt.rend()) {
        return last->content;
    }
    return row.prompt.empty() ? (row.references.empty() ? std::string() : row.references.front()) : row.prompt.back().content;
}

std::vector<std::uint32_t> groupNumbers(const std::vector<std::string>& groups)
{
    std::map<std::string, std::uint32_t> numbers;
    std::vector<std::uint32_t> result;
    std::uint32_t next = 0;
    for (const std::string& group : groups) {
        const auto [at, isNew] = group.empty() ? std::pair(numbers.end(), true) : numbers.try_emplace(group, next);
        result.push_back(isNew ? next++ : at->second);
    }
    return result;
}

} // namespace luthier::evaluation
