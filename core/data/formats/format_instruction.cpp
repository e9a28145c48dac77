// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_parts.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace {

constexpr Names kInstruction = {"instruction"};
constexpr Names kInput = {"input", "context"};
constexpr Names kOutput = {"output", "response"};

double matches(std::span<const Json> rows)
{
    return shareOf(rows, [](const Json& row) { return nameIn(row, kInstruction) && nameIn(row, kOutput); });
}

// Earlier turns: [[question, answer], ...].
Result<void> takeHistory(const Json& row, std::vector<Message>& messages)
{
    const Json* field = fieldIn(row, {"history"});
    if (!field || isBlankText(*field)) {
        return {};
    }
    const Json history = unpacked(*field);
    const auto isTurn = [](const Json& turn) {
        return turn.is_array() && turn.size() == 2 && turn[0].is_string() && turn[1].is_string();
    };
    if (!history.is_array() || !std::all_of(history.begin(), history.end(), isTurn)) {
        return Error{"\"history\" must be a list of pairs of texts, [[question, answer], ...]"};
    }
    for (const Json& turn : history) {
        messages.push_back({"user", turn[0].get<std::string>(), {}});
        messages.push_back({"assistant", turn[1].get<std::string>(), {}});
    }
    return {};
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "an instruction row has \"instruction\" and \"output\"");
    if (!object) {
        return object.error();
    }
    auto system = optionalText(row, {"system"});
    auto instruction = requireText(row, kInstruction);
    auto input = optionalText(row, kInput);
    auto output = requireText(row, kOutput);
    for (const auto* text : {&system, &instruction, &input, &output}) {
        if (!*text) {
            return text->error();
        }
    }
    Example example;
    if (!system->empty()) {
        example.messages.push_back({"system", std::move(*system), {}});
    }
    auto history = takeHistory(row, example.messages);
    if (!history) {
        return history.error();
    }
    example.messages.push_back({"user", *instruction + (input->empty() ? "" : "\n" + *input), {}});
    example.messages.push_back({"assistant", std::move(*output), {}});
    auto taken = takeTemplateFields(row, example);
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (!row.is_object()) {
        return paths;
    }
    if (row.contains("system")) {
        paths.push_back("system");
    }
    const Json* history = fieldIn(row, {"history"});
    if (history && history->is_array()) {
        for (std::size_t i = 0; i < history->size(); ++i) {
            if ((*history)[i].is_array() && (*history)[i].size() == 2) {
                paths.push_back("history/" + std::to_string(i) + "/0");
                paths.push_back("history/" + std::to_string(i) + "/1");
            }
        }
    }
    paths.push_back(nameOr(row, kInstruction));
    paths.push_back(nameOr(row, kInput));
    paths.push_back(nameOr(row, kOutput));
    return paths;
}

} // namespace

DatasetFormat instructionFormat()
{
    return {"instruction",
            "Instruction",
            "\"instruction\" and \"output\", with \"input\", \"system\" and \"history\" if you like",
            matches,
            toExample,
            editablePaths};
}

} // namespace luthier::data
