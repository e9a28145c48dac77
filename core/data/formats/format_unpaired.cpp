// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

#include <algorithm>

namespace luthier::data {

namespace unpaired_format {
namespace {

constexpr double kWeight = 0.99; // a judged answer is more than an answer, and less than a pair
constexpr Names kLabel = {"label", "desirable", "is_desirable", "kto_tag", "thumbs", "thumb", "thumbs_up", "feedback", "is_good", "good", "accepted", "is_accepted"};

bool isAnswered(const Json& row)
{
    return nameIn(row, kMessageNames) || (nameIn(row, kPromptNames) && nameIn(row, kAnswerNames));
}

// Every judgement that is there must read as one: a column of 0, 1 and 2 is something else.
double matches(std::span<const Json> rows)
{
    const bool allJudge = std::all_of(rows.begin(), rows.end(), [](const Json& row) {
        const Json* label = fieldIn(row, kLabel);
        return !label || truthOf(*label);
    });
    return allJudge ? kWeight * shareOf(rows, [](const Json& row) { return isAnswered(row) && nameIn(row, kLabel); }) : 0;
}

Result<bool> requireJudgement(const Json& row)
{
    const Json* label = fieldIn(row, kLabel);
    if (!label) {
        return Error{"\"label\" is missing; say true for a good answer and false for a bad one"};
    }
    const auto judgement = truthOf(*label);
    return judgement ? Result<bool>(*judgement)
                     : Error{"\"" + nameOr(row, kLabel) + "\" must be true (a good answer) or false (a bad one)"};
}

Result<Example> unjudged(const Json& row)
{
    if (nameIn(row, kMessageNames)) {
        return chatFormat().toExample(row);
    }
    auto prompt = parsePrompt(row);
    auto answer = prompt ? parseTextOrMessages(row, kAnswerNames, "assistant") : prompt.error();
    return answer ? answeredExample(row, std::move(*prompt), std::move(*answer)) : Result<Example>(answer.error());
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a judged row has \"prompt\", \"completion\" and \"label\"");
    auto judgement = object ? requireJudgement(row) : Result<bool>(object.error());
    auto example = judgement ? unjudged(row) : Result<Example>(judgement.error());
    if (example) {
        example->desirable = *judgement;
    }
    return example;
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (nameIn(row, kMessageNames)) {
        paths = chatFormat().editablePaths(row);
    } else {
        appendPromptPaths(row, paths);
        const auto answer = textPaths(row, {kAnswerNames});
        paths.insert(paths.end(), answer.begin(), answer.end());
    }
    if (row.is_object()) {
        paths.push_back(nameOr(row, kLabel));
    }
    return paths;
}

} // namespace
} // namespace unpaired_format

DatasetFormat unpairedFormat()
{
    return {"unpaired",
            "Good and bad answers",
            "\"prompt\" and \"completion\", or \"messages\", with \"label\", true for a good answer and false for a bad one; where answers are "
            "copied, the bad ones are not learned",
            unpaired_format::matches,
            unpaired_format::toExample,
            unpaired_format::editablePaths};
}

} // namespace luthier::data
