// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/train/run.h"
#include "core/train/plan/step_rows.h"

#include <CLI/App.hpp>

#include <filesystem>

namespace luthier::cli {

namespace batch_verb {
namespace {

struct Flags : DataFlags {
    std::int64_t step = 1;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--step", flags.step, "Optimizer step, from 1")->required()->check(CLI::PositiveNumber)->option_text("N");
}

int run(const Flags& flags, Context& context)
{
    const auto config = train::readRunFolder(flags.files[0]);
    auto left = config ? rowsOfRun(flags.files[0], *config, flags.project) : Result<train::RunRows>(config.error());
    if (!left) {
        return context.fail(left.message());
    }
    train::StepRowsRequest request;
    request.rows = std::move(*left);
    request.runFolder = flags.files[0];
    request.step = flags.step;
    request.cancel = context.cancel;
    request.progress = walkOptions(flags.files[0] + ": row", context).progress;
    auto rows = train::rowsOfStep(request);
    if (!rows) {
        return context.fail(rows.message());
    }
    Json list = Json::array();
    std::string text = "Step " + counted(flags.step) + " learned from " + base::amount(static_cast<std::int64_t>(rows->size()), "row") + ":";
    for (const auto& [file, row] : *rows) {
        list.push_back({{"file", file}, {"row", row + 1}});
        text += " " + std::filesystem::path(file).filename().string() + ":" + std::to_string(row + 1);
    }
    return tell({{"step", flags.step}, {"rows", std::move(list)}}, text, context);
}

} // namespace
} // namespace batch_verb

Command batchVerb()
{
    return withTensors(dataVerb("batch", "The rows a step of a run learned from; FILE is the run's folder", batch_verb::setup, batch_verb::run));
}

} // namespace luthier::cli
