// SPDX-License-Identifier: GPL-3.0-or-later
// Comparison: the same prompts answered by the base and by tuned models, for the table base against tuned.
#pragma once

#include "core/cli/answering.h"
#include "core/cli/command.h"
#include "core/cli/inputs.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luthier::cli {

struct ComparisonColumn {
    std::string title;
    std::filesystem::path model;
    std::vector<inference::AdapterSpec> adapters; // empty: the model alone
};

struct ComparisonSettings {
    std::vector<ComparisonColumn> columns;
    std::vector<Prompt> prompts;
    inference::Sampling sampling;
    bool chat = true; // bare prompts are questions, where the model has a chat template
    std::int64_t batch = kAnswersAtOnce;
    std::string chatTemplate = "folder"; // as inference::ModelSpec has them
    bool foldSystem = false;
};

using AnswerSeen
    = std::function<void(std::size_t column, std::size_t prompt, const inference::Generation& answer)>;

// answers[column][prompt]. A model is in memory only while its columns answer; columns of one model and one
// adapter beside the bare model share a loading. Progress goes to the console. Errors name the column;
// "cancelled" when so.
Result<std::vector<std::vector<std::string>>> compare(const ComparisonSettings& settings, Context& context,
                                                      const AnswerSeen& seen = {});

// prompt · one column an answer, wrapped to the terminal.
std::string comparisonTable(const ComparisonSettings& settings,
                            const std::vector<std::vector<std::string>>& answers, int width);

} // namespace luthier::cli
