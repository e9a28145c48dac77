// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace prompt_format {
namespace {

constexpr Names kPrompt = {"prompt", "question", "query"};
constexpr double kWeight = 0.3; // every shape with an answer comes first

double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) { return nameIn(row, kPrompt) != nullptr; });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a prompt row has \"prompt\"");
    auto prompt = object ? parseTextOrMessages(row, kPrompt, "user") : object.error();
    if (!prompt) {
        return prompt.error();
    }
    Example example;
    example.messages = std::move(*prompt);
    auto taken = takeTemplateFields(row, example);
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (row.is_object()) {
        const Json* value = fieldIn(row, kPrompt);
        appendTextPaths(value ? *value : Json(), nameOr(row, kPrompt), paths);
    }
    return paths;
}

} // namespace
} // namespace prompt_format

Result<Example> promptExample(const Json& row)
{
    const Json* list = row.is_array() ? &row : fieldIn(row, kMessageNames);
    auto messages = list ? parseMessages(unpacked(*list), row.is_array() ? "the row" : nameOr(row, kMessageNames)) : parsePrompt(row);
    if (!messages) {
        return messages.error();
    }
    Example example;
    example.messages = std::move(*messages);
    auto taken = takeSystem(row, example.messages);
    taken = taken ? takeTemplateFields(row, example) : taken;
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

DatasetFormat promptFormat()
{
    return {"prompt", "Prompts", "\"prompt\" alone: questions to ask a model; nothing of them is learned",
            prompt_format::matches,  prompt_format::toExample, prompt_format::editablePaths};
}

} // namespace luthier::data
