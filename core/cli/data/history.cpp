// SPDX-License-Identifier: GPL-3.0-or-later
// luthier data undo, redo, history: the steps of the project, which the window undoes, too. They are one line of steps
// over all its files, so that the newest comes first whichever file it belongs to.
#include "core/cli/data/files.h"
#include "core/cli/data/project.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/store/data_files.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <limits>

namespace luthier::cli {

namespace history_verb {
namespace {

struct StepFlags : DataFlags {
    std::int64_t steps = 1;
};

void historyFlags(CLI::App& app, DataFlags& flags)
{
    addProject(app, flags);
    app.get_option("files")->expected(1)->allow_extra_args(false);
}

void stepFlags(CLI::App& app, StepFlags& flags)
{
    historyFlags(app, flags);
    app.add_option("--steps", flags.steps, "So many steps; usually 1")->check(CLI::PositiveNumber)->option_text("N");
}

constexpr std::int64_t kAllBytes = std::numeric_limits<std::int64_t>::max() / 2;

Json stepJson(const store::EditStep& step)
{
    std::int64_t tagged = 0;
    for (const store::TagChange& change : step.tags) {
        tagged += static_cast<std::int64_t>(change.rows.size());
    }
    return {{"id", step.id},
            {"text", step.text},
            {"undone", step.isUndone},
            {"edited", step.rows.size()},
            {"excluded", step.excluded.size()},
            {"included", step.included.size()},
            {"tagged", tagged}};
}

// The newest that stands, or the oldest that was undone; null: there is none.
const store::EditStep* nextStep(const std::vector<store::EditStep>& steps, bool undoing)
{
    if (undoing) {
        const auto found = std::find_if(steps.rbegin(), steps.rend(), [](const store::EditStep& step) { return !step.isUndone; });
        return found == steps.rend() ? nullptr : &*found;
    }
    const auto found = std::find_if(steps.begin(), steps.end(), [](const store::EditStep& step) { return step.isUndone; });
    return found == steps.end() ? nullptr : &*found;
}

Result<Json> moveOne(store::Project& project, const std::string& path, bool undoing)
{
    auto steps = project.steps(kAllBytes);
    if (!steps) {
        return steps.error();
    }
    const store::EditStep* step = nextStep(*steps, undoing);
    if (!step) {
        return Error{undoing ? "there is nothing to undo" : "there is nothing that was undone"};
    }
    if (step->path != path) {
        return Error{std::string("the next step to ") + (undoing ? "undo" : "do again") + " (" + step->text + ") belongs to " + step->path
                     + "; name that file"};
    }
    auto done = project.setStepUndone(step->id, undoing);
    Json json = stepJson(*step);
    json["undone"] = undoing;
    return done ? Result<Json>(std::move(json)) : done.error();
}

int moveSteps(bool undoing, const StepFlags& flags, Context& context)
{
    auto project = openProject(flags, true);
    if (!project) {
        return context.fail(project.message());
    }
    Json moved = Json::array();
    std::string text = flags.files[0] + ": " + (undoing ? "undone: " : "done again: ");
    for (std::int64_t i = 0; i < flags.steps; ++i) {
        auto step = moveOne(**project, store::dataFileKey(flags.files[0]), undoing);
        if (!step && moved.empty()) {
            return context.fail(step.message());
        }
        if (!step) {
            context.console.warning(step.message());
            break;
        }
        text += (i > 0 ? ", " : "") + (*step)["text"].get<std::string>();
        moved.push_back(std::move(*step));
    }
    return tell({{"file", flags.files[0]}, {"steps", std::move(moved)}}, text, context);
}

int undoSteps(const StepFlags& flags, Context& context)
{
    return moveSteps(true, flags, context);
}

int redoSteps(const StepFlags& flags, Context& context)
{
    return moveSteps(false, flags, context);
}

int showHistory(const DataFlags& flags, Context& context)
{
    auto project = openProject(flags, false);
    auto steps = project ? (*project)->steps(kAllBytes) : Result<std::vector<store::EditStep>>(project.error());
    if (!steps) {
        return context.fail(steps.message());
    }
    Table table({{"step", false, true}, {"what", true}, {""}});
    for (const store::EditStep& step : *steps) {
        if (step.path != store::dataFileKey(flags.files[0])) {
            continue;
        }
        if (context.console.isJson()) {
            context.console.line(stepJson(step));
        }
        table.add({std::to_string(step.id), step.text, step.isUndone ? "undone" : ""});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No step of this file is kept." : table.toText(context.console.width()));
    }
    return kDone;
}

} // namespace
} // namespace history_verb

Command undoVerb()
{
    return dataVerb("undo", "Take the newest step of editing back", history_verb::stepFlags, history_verb::undoSteps);
}

Command redoVerb()
{
    return dataVerb("redo", "Do again what was undone", history_verb::stepFlags, history_verb::redoSteps);
}

Command historyVerb()
{
    return dataVerb("history", "The steps of editing that can be undone", history_verb::historyFlags, history_verb::showHistory);
}

} // namespace luthier::cli
