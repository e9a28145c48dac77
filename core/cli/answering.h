// SPDX-License-Identifier: GPL-3.0-or-later
// Answering: the prompts of a file answered many at once, told in their order.
#pragma once

#include "core/cli/command.h"
#include "core/inference/session.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace luthier::cli {

constexpr std::int64_t kAnswersAtOnce = 16;
void addBatchFlag(CLI::App& app, std::int64_t& rows); // --batch

struct Answering {
    std::vector<std::vector<text::TokenId>> prompts;
    inference::Sampling sampling; // of all
    bool useAdapters = true;
    std::int64_t rows = kAnswersAtOnce;
    std::string where;            // in errors, before "row 3"
    std::string title;            // of the progress
};

// `told` is called in the prompts' order, as soon as all before it have ended; not of what was cancelled.
Result<std::vector<inference::Generation>> answerTogether(
    inference::Session& session, const Answering& asked, Context& context,
    const std::function<void(std::size_t prompt, const inference::Generation& answer)>& told);

} // namespace luthier::cli
