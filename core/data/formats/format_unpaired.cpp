// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

#include <algorithm>

namespace luthier::data {

namespace unpaired_format {
namespace {

constexpr double kWeight = 0.99; // a judged answer is more than an answer, and less than a pair
constexpr Names kLabel = {"label", "desirable", "is_desirable", "kto_tag", "thumbs", "thumb", "thumbs_up", "feedback", "is_good", "good", "accepted", "is_accepted"};
// Names of what may be a scale, too: they count where all of their values judge, and not all as numbers, such as one star.
constexpr Names kScale = {"rating", "vote", "score", "reward", "verdict", "judgement", "judgment", "quality", "reaction", "helpful", "is_helpful", "is_correct", "approved"};

const Json* judgementIn(const Json& row)
{
    const Json* label = fieldIn(row, kLabel);
    return label ? label : fieldIn(row, kScale);
}

std::string judgementName(const Json& row)
{
    return nameIn(row, kLabel) || !nameIn(row, kScale) ? nameOr(row, kLabel) : nameIn(row, kScale);
}

bool isAnswered(const Json& row)
{
    return nameIn(row, kMessageNames) || (nameIn(row, kPromptNames) && nameIn(row, kAnswerNames));
}

// A word, a sign, a truth value or -1; 0 and 1 are numbers of a scale as well.
bool judgesInWords(const Json& row)
{
    const Json* value = fieldIn(row, kScale);
    return value && textOf(*value).find_first_not_of("01. ") != std::string::npos;
}

bool isNought(const Json& row) // between -1 and 1 it judges nothing
{
    const Json* value = fieldIn(row, kScale);
    return value && textOf(*value).find_first_not_of("0. ") == std::string::npos;
}

// Every judgement that is there must read as one: a column of 0, 1 and 2 is something else.
double matches(std::span<const Json> rows)
{
    const bool hasLabels = std::any_of(rows.begin(), rows.end(), [](const Json& row) { return nameIn(row, kLabel); });
    const Names names = hasLabels ? kLabel : kScale;
    const bool allJudge = std::all_of(rows.begin(), rows.end(), [&names](const Json& row) {
        const Json* label = fieldIn(row, names);
        return !label || truthOf(*label);
    });
    const bool isMeant = hasLabels || (std::any_of(rows.begin(), rows.end(), judgesInWords) && std::none_of(rows.begin(), rows.end(), isNought));
    return allJudge && isMeant ? kWeight * shareOf(rows, [&names](const Json& row) { return isAnswered(row) && nameIn(row, names); }) : 0;
}

Result<bool> requireJudgement(const Json& row)
{
    const Json* label = judgementIn(row);
    if (!label) {
        return Error{"\"label\" is missing; say true for a good answer and false for a bad one"};
    }
    const auto judgement = truthOf(*label);
    return judgement ? Result<bool>(*judgement)
                     : Error{"\"" + judgementName(row) + "\" must be true (a good answer) or false (a bad one)"};
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
        paths.push_back(judgementName(row));
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
