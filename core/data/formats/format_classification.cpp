// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"
#include "core/data/sources/row_text.h"

#include <algorithm>

namespace luthier::data {

namespace classification_format {
namespace {

constexpr Names kText = {"text", "sentence"};
constexpr Names kLabel = {"label_text", "label", "category", "sentiment", "intent", "target", "labels", "class", "topic", "emotion"};
constexpr const char* kQuestion = "\n\nWhat is the label of this text?";
constexpr double kWeight = 0.8;

// An empty one is a finding, as any empty answer.
bool isLabel(const Json& value)
{
    return !value.is_object() && value != Json::array();
}

double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) { return nameIn(row, kText) && nameIn(row, kLabel); });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a classification row has \"text\" and \"label\"");
    auto text = object ? requireText(row, kText) : object.error();
    if (!text) {
        return text.error();
    }
    const Json* label = fieldIn(row, kLabel);
    if (label && label->is_array() && std::any_of(label->begin(), label->end(), [](const Json& one) { return one.is_structured(); })) {
        return Error{"\"" + nameOr(row, kLabel) + "\" holds marks of places in the text, such as [0, 3, \"PER\"], which are no answer as they stand; write what "
                     "is to be answered, {\"prompt\": the text, \"completion\": \"Odo: PER\"}"};
    }
    if (label && label->is_array() && label->empty()) {
        return Error{"\"" + nameOr(row, kLabel) + "\" is an empty list; write a label for texts without any, such as \"none\", or leave the row out"};
    }
    if (label && !isLabel(*label)) {
        return Error{"\"" + nameOr(row, kLabel) + "\" is " + kindOf(*label) + "; it must be a word, a number or a list of them"};
    }
    auto answer = requireAnswer(row, kLabel);
    if (!answer) {
        return Error{"\"label\" is missing; the row has " + columnsOf(row)};
    }
    const std::string decision = decisionOf(row);
    if (decision == "ignore") {
        return Error{"whoever labelled it left it out (\"answer\" is \"ignore\"), so it says nothing; leave the row out"};
    }
    Example example;
    if (!decision.empty()) {
        example.desirable = decision == "accept";
    }
    example.messages.push_back({"user", *text + kQuestion, {}});
    example.label = isBlank(*answer) ? std::string() : *answer;
    example.messages.push_back({"assistant", std::move(*answer), {}});
    example.labelled = std::move(*text);
    return example;
}

std::vector<std::string> editablePaths(const Json& row)
{
    return row.is_object() ? std::vector<std::string>{nameOr(row, kText),
                                                      nameIn(row, kLabel) ? nameIn(row, kLabel) : "label"}
                           : std::vector<std::string>{};
}

} // namespace
} // namespace classification_format

DatasetFormat classificationFormat()
{
    return {"classification",
            "Classification",
            "\"text\" and \"label\"; the model learns to answer with the label",
            classification_format::matches,
            classification_format::toExample,
            classification_format::editablePaths};
}

} // namespace luthier::data
