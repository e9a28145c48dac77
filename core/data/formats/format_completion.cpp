// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace {

constexpr Names kPrompt = {"prompt", "question", "query"};
constexpr Names kCompletion = {"completion", "response", "answer"};
constexpr double kWeight = 0.9;

// With a boolean "label" these are answers marked good or bad, and the bad ones must not be learned unseen.
double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) {
               const Json* label = fieldIn(row, {"label"});
               return nameIn(row, kPrompt) && nameIn(row, kCompletion) && !(label && label->is_boolean());
           });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a completion row has \"prompt\" and \"completion\"");
    auto prompt = object ? parseTextOrMessages(row, kPrompt, "user") : object.error();
    if (!prompt) {
        return prompt.error();
    }
    auto answer = parseTextOrMessages(row, kCompletion, "assistant");
    if (!answer) {
        return answer.error();
    }
    return answeredExample(row, std::move(*prompt), std::move(*answer));
}

std::vector<std::string> editablePaths(const Json& row)
{
    return textPaths(row, {kPrompt, kCompletion});
}

} // namespace

DatasetFormat completionFormat()
{
    return {"completion", "Completion", "\"prompt\" and \"completion\", texts or lists of messages",
            matches,      toExample,    editablePaths};
}

} // namespace luthier::data
