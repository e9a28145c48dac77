// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

#include <array>
#include <optional>

namespace luthier::data {

namespace {

constexpr Names kPrompt = {"prompt", "question", "query"};
constexpr Names kCompletion = {"completion", "response", "answer"};
constexpr Names kLabel = {"label", "desirable"};
constexpr double kWeight = 0.95; // a completion with a judgement is more than a completion

struct Word {
    const char* text;
    bool good;
};
// How tables without booleans write the judgement.
constexpr std::array kWords = {
    Word{"true", true},  Word{"True", true},  Word{"good", true}, Word{"desirable", true},
    Word{"false", false}, Word{"False", false}, Word{"bad", false}, Word{"undesirable", false},
};

std::optional<bool> judgementOf(const Json& label)
{
    if (label.is_boolean()) {
        return label.get<bool>();
    }
    for (const Word& word : kWords) {
        if (label == Json(word.text)) {
            return word.good;
        }
    }
    return std::nullopt;
}

double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) {
               const Json* label = fieldIn(row, kLabel);
               return nameIn(row, kPrompt) && nameIn(row, kCompletion) && label && judgementOf(*label);
           });
}

// 1 and 0 count here, where the person said what they are, but are too common to tell a format by.
Result<bool> requireJudgement(const Json& row)
{
    const Json* label = fieldIn(row, kLabel);
    if (!label) {
        return Error{"\"label\" is missing; say true for a good answer and false for a bad one"};
    }
    if (*label == Json(1) || *label == Json(0) || *label == Json("1") || *label == Json("0")) {
        return *label == Json(1) || *label == Json("1");
    }
    const auto judgement = judgementOf(*label);
    return judgement ? Result<bool>(*judgement)
                     : Error{"\"" + nameOr(row, kLabel) + "\" must be true (a good answer) or false (a bad one)"};
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a judged row has \"prompt\", \"completion\" and \"label\"");
    auto prompt = object ? parseTextOrMessages(row, kPrompt, "user") : object.error();
    auto answer = prompt ? parseTextOrMessages(row, kCompletion, "assistant") : prompt.error();
    auto judgement = answer ? requireJudgement(row) : Result<bool>(answer.error());
    if (!judgement) {
        return judgement.error();
    }
    auto example = answeredExample(row, std::move(*prompt), std::move(*answer));
    if (example) {
        example->desirable = *judgement;
    }
    return example;
}

std::vector<std::string> editablePaths(const Json& row)
{
    auto paths = textPaths(row, {kPrompt, kCompletion});
    if (row.is_object()) {
        paths.push_back(nameOr(row, kLabel));
    }
    return paths;
}

} // namespace

DatasetFormat unpairedFormat()
{
    return {"unpaired",
            "Good and bad answers",
            "\"prompt\", \"completion\" and \"label\", true for a good answer and false for a bad one; where answers are "
            "copied, the bad ones are not learned",
            matches,
            toExample,
            editablePaths};
}

} // namespace luthier::data
