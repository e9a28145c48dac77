// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/flat_fields.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"

namespace luthier::data {

namespace instruction_format {
namespace {

constexpr Names kInstruction = {"instruction"};
constexpr Names kOutput = {"output", "response"};
constexpr double kWeight = 0.97; // with a judgement, or a second answer, it is more than an instruction

// A list of outputs is a pair of answers, the better first.
double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) {
        const Json* output = fieldIn(row, kOutput);
        return nameIn(row, kInstruction) && output && !output->is_array();
    });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "an instruction row has \"instruction\" and \"output\"");
    auto prompt = object ? parsePrompt(row, kInstruction) : object.error();
    auto output = prompt ? requireAnswer(row, kOutput) : Result<std::string>(prompt.error());
    if (!output) {
        return output.error();
    }
    return answeredExample(row, std::move(*prompt), oneMessage("assistant", std::move(*output)));
}

bool toView(const FlatRow& row, ExampleView& view)
{
    const FlatValue* output = row.isObject() ? flatField(row, 0, kOutput) : nullptr;
    if (!output || output->kind != FlatValue::Kind::Text || hasFlatField(row, 0, kTemplateNames) || !takeFlatPrompt(row, kInstruction, view)) {
        return false;
    }
    view.messages.push_back({"assistant", output->text});
    return true;
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (row.is_object()) {
        appendPromptPaths(row, paths, kInstruction);
        // An input may be written where there is none yet.
        if (const std::string input = nameOr(row, kInputNames); std::find(paths.begin(), paths.end(), input) == paths.end()) {
            paths.push_back(input);
        }
        paths.push_back(nameOr(row, kOutput));
    }
    return paths;
}

} // namespace
} // namespace instruction_format

DatasetFormat instructionFormat()
{
    return {"instruction",
            "Instruction",
            "\"instruction\" and \"output\", with \"input\", \"system\" and \"history\" if you like",
            instruction_format::matches,
            instruction_format::toExample,
            instruction_format::editablePaths,
            instruction_format::toView};
}

} // namespace luthier::data
