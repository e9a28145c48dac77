// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/answering.h"

#include "core/cli/display.h"

#include <CLI/App.hpp>

namespace luthier::cli {

void addBatchFlag(CLI::App& app, std::int64_t& rows)
{
    app.add_option("--batch", rows, "Prompts answered at once; with 1 an answer is shown as it is made")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{4096}))
        ->option_text(std::to_string(kAnswersAtOnce));
}

Result<std::vector<inference::Generation>> answerTogether(
    inference::Session& session, const Answering& asked, Context& context,
    const std::function<void(std::size_t prompt, const inference::Generation& answer)>& told)
{
    std::vector<inference::BatchRequest> requests;
    for (const auto& ids : asked.prompts) {
        requests.push_back({ids, asked.sampling});
    }
    std::vector<inference::Generation> waiting(requests.size()); // ended before one that stands before them
    std::size_t next = 0;
    std::size_t ended = 0;
    const auto progress = [&] {
        context.console.progress(asked.title + counted(static_cast<std::int64_t>(ended)) + " of "
                                 + counted(static_cast<std::int64_t>(requests.size())) + " answered");
    };
    inference::BatchOptions options;
    options.rows = asked.rows;
    options.useAdapters = asked.useAdapters;
    options.cancel = context.cancel;
    options.nameOf = [&](std::size_t prompt) { return asked.where + "row " + counted(static_cast<std::int64_t>(prompt) + 1); };
    options.onAnswer = [&](std::size_t prompt, const inference::Generation& answer) {
        waiting[prompt] = answer;
        ++ended;
        for (; next < waiting.size() && !waiting[next].finish.empty(); ++next) {
            if (told && waiting[next].finish != "cancel") {
                context.console.endProgress();
                told(next, waiting[next]);
            }
            waiting[next].text.clear();
        }
        progress();
    };
    progress();
    auto answers = session.generateAll(requests, options);
    context.console.endProgress();
    return answers;
}

} // namespace luthier::cli
