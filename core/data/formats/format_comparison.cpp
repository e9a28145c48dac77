// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/comparison.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace comparison_format {
namespace {

constexpr double kWeight = 0.98; // more than an instruction, and less than a pair

double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) { return row.is_object() && isJudged(row) && !(nameIn(row, {"chosen"}) && nameIn(row, {"rejected"})); });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a compared row has \"prompt\", \"response_a\", \"response_b\" and \"winner\"");
    auto pair = object ? asPair(row) : Result<Json>(object.error());
    return pair ? preferenceFormat().toExample(*pair) : Result<Example>(pair.error());
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (!row.is_object()) {
        return paths;
    }
    if (nameIn(row, kPromptNames)) {
        appendPromptPaths(row, paths);
    }
    for (const ComparedAnswer& answer : comparedAnswers(row)) {
        appendTextPaths(answer.value, answer.path, paths);
    }
    if (std::string verdict = verdictField(row); !verdict.empty()) {
        paths.push_back(std::move(verdict));
    }
    return paths;
}

} // namespace
} // namespace comparison_format

DatasetFormat comparisonFormat()
{
    return {"comparison",
            "Answers compared",
            "\"prompt\" with \"response_a\", \"response_b\" and \"winner\", or a list \"responses\" with \"scores\"; the best and the worst are a pair",
            comparison_format::matches,
            comparison_format::toExample,
            comparison_format::editablePaths};
}

} // namespace luthier::data
