// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/flat_fields.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

#include <optional>

namespace luthier::data {

namespace completion_format {
namespace {

// A text with what belongs to it under a name of its own is a question with its answer.
constexpr Names kTextPrompt = {"prompt", "question", "query", "instruction", "input", "inputs", "text", "article", "document", "dialogue", "dialog", "transcript", "sentence"};
constexpr Names kCompletion = {"completion", "response", "answer", "output", "targets", "summary", "highlights", "translation", "answers"};
constexpr Names kAlternatives = {"answers"};
constexpr double kWeight = 0.9;
constexpr double kTextWeight = 0.85;

// Answers of which any is right, as question answering has them: ["Odo", "Odo bakes"], [{"text": "Odo"}], SQuAD's
// {"text": ["Odo"], "answer_start": [4]}. The first is learned; none is an empty answer.
std::optional<std::string> firstAlternative(const Json& row)
{
    const Json* given = nameIn(row, kCompletion) == nameIn(row, kAlternatives) ? fieldIn(row, kAlternatives) : nullptr;
    const Json list = given ? unpacked(*given) : Json();
    const Json* texts = list.is_object() ? fieldIn(list, {"text"}) : &list;
    if (!texts || !texts->is_array()) {
        return std::nullopt;
    }
    const Json first = texts->empty() ? Json("") : texts->front();
    const Json* text = first.is_object() ? fieldIn(first, {"text", "answer"}) : &first;
    return text && !text->is_structured() ? std::optional(textOf(*text)) : std::nullopt;
}

double matches(std::span<const Json> rows)
{
    const double named = shareOf(rows, [](const Json& row) {
        const Json* prompt = fieldIn(row, kPromptNames);
        return prompt && !isBlankText(*prompt) && (nameIn(row, kAnswerNames) || firstAlternative(row)); // many rows have an empty "input"
    });
    const double texts = shareOf(rows, [](const Json& row) { return nameIn(row, kTextPrompt) && nameIn(row, kCompletion) && decisionOf(row).empty(); });
    return std::max(kWeight * named, kTextWeight * texts);
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a completion row has \"prompt\" and \"completion\"");
    auto prompt = object ? parsePrompt(row, kTextPrompt) : object.error();
    const auto first = firstAlternative(row);
    auto answer = !prompt ? Result<std::vector<Message>>(prompt.error())
                  : first ? Result<std::vector<Message>>(oneMessage("assistant", *first))
                          : parseTextOrMessages(row, kCompletion, "assistant");
    if (!answer) {
        return answer.error();
    }
    return answeredExample(row, std::move(*prompt), std::move(*answer));
}

bool toView(const FlatRow& row, ExampleView& view)
{
    const FlatValue* answer = row.isObject() ? flatField(row, 0, kCompletion) : nullptr;
    if (!isFlatText(answer) || answer == flatField(row, 0, kAlternatives) || hasFlatField(row, 0, kTemplateNames)
        || !takeFlatPrompt(row, kTextPrompt, view)) {
        return false;
    }
    view.messages.push_back({"assistant", answer->text});
    return true;
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    appendPromptPaths(row, paths, kTextPrompt);
    const Json* texts = firstAlternative(row) ? fieldIn(row, kAlternatives) : nullptr;
    const bool isInside = texts && texts->is_object();
    if (texts && texts->is_structured()) {
        const Json& list = isInside ? *fieldIn(*texts, {"text"}) : *texts;
        const std::string name = nameOr(row, kAlternatives) + (isInside ? "/text" : "") + "/0";
        if (!list.empty()) {
            paths.push_back(name + (list[0].is_object() ? std::string("/") + nameIn(list[0], {"text", "answer"}) : ""));
        }
        return paths;
    }
    const auto answer = textPaths(row, {kCompletion});
    paths.insert(paths.end(), answer.begin(), answer.end());
    return paths;
}

} // namespace
} // namespace completion_format

DatasetFormat completionFormat()
{
    return {"completion", "Completion", "\"prompt\" and \"completion\", texts or lists of messages",
            completion_format::matches,      completion_format::toExample,    completion_format::editablePaths,
            completion_format::toView};
}

} // namespace luthier::data
