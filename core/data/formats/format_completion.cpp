// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace {

// A text with what belongs to it under a name of its own is a question with its answer.
constexpr Names kTextPrompt = {"prompt", "question", "query", "instruction", "input", "inputs", "text", "article", "document", "sentence"};
constexpr Names kCompletion = {"completion", "response", "answer", "output", "targets", "summary", "highlights", "translation"};
constexpr double kWeight = 0.9;
constexpr double kTextWeight = 0.85;

double matches(std::span<const Json> rows)
{
    const double named = shareOf(rows, [](const Json& row) {
        const Json* prompt = fieldIn(row, kPromptNames);
        return prompt && !isBlankText(*prompt) && nameIn(row, kAnswerNames); // many rows have an empty "input"
    });
    const double texts = shareOf(rows, [](const Json& row) { return nameIn(row, kTextPrompt) && nameIn(row, kCompletion); });
    return std::max(kWeight * named, kTextWeight * texts);
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a completion row has \"prompt\" and \"completion\"");
    auto prompt = object ? parsePrompt(row, kTextPrompt) : object.error();
    auto answer = prompt ? parseTextOrMessages(row, kCompletion, "assistant") : prompt.error();
    if (!answer) {
        return answer.error();
    }
    return answeredExample(row, std::move(*prompt), std::move(*answer));
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    appendPromptPaths(row, paths, kTextPrompt);
    const auto answer = textPaths(row, {kCompletion});
    paths.insert(paths.end(), answer.begin(), answer.end());
    return paths;
}

} // namespace

DatasetFormat completionFormat()
{
    return {"completion", "Completion", "\"prompt\" and \"completion\", texts or lists of messages",
            matches,      toExample,    editablePaths};
}

} // namespace luthier::data
