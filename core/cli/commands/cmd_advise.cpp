// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/advice.h"
#include "core/advice/try_prompt.h"
#include "core/cli/display.h"
#include "core/cli/evaluation/results_text.h"
#include "core/cli/inputs.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"

#include <CLI/App.hpp>

#include "core/base/files.h"

namespace luthier::cli {

namespace advise_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string project;
    advice::Wish wish;
    bool tryPrompting = false;
    advice::PromptTrial trial;
    std::string out;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("recipe", flags.recipe, "Recipe file: its model, data, batch and length are looked at")->required()->option_text("RECIPE.json");
    app.add_option("--set", flags.settings, "Change a setting of the recipe; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
    app.add_option("--project", flags.project, "With the edits and left-out rows of this project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    addFieldFlags(app, &flags.wish, advice::wishFields());
    app.add_flag("--try-prompting", flags.tryPrompting, "Let the base answer held-out rows, alone and with some of your rows shown to it");
    app.add_option("--shots", flags.trial.shots, "Rows shown before each question")->check(CLI::Range(0, 64))->option_text("4");
    app.add_option("--system", flags.trial.system, "System text of the base with a prompt")->option_text("TEXT");
    app.add_option("--rows", flags.trial.rows, "Held-out rows that are answered; 0: all")->check(CLI::NonNegativeNumber)->option_text("24");
    app.add_option("--max-new", flags.trial.maxNew, "Longest answer, in tokens")->check(CLI::Range(1, 1 << 20))->option_text("96");
    app.add_option("-o,--out", flags.out, "Write the recipe with the advice's settings there")->option_text("RECIPE.json");
}

const char* shown(advice::Side side)
{
    return side == advice::Side::Either ? "either" : advice::toText(side);
}

std::string textOf(const advice::Advice& advice, int width)
{
    Table factors({{"factor"}, {"here", true}, {"use"}, {"why", true}});
    for (const advice::Factor& factor : advice.factors) {
        factors.add({factor.label, factor.found, shown(factor.side), factor.why});
    }
    Table scenarios({{"scenario"}, {"method"}, {"here"}, {"why", true}});
    for (const advice::Scenario& row : advice.scenarios) {
        scenarios.add({row.label, row.method, row.applies ? "yes" : "", row.why});
    }
    std::string text = "Prompting or tuning: " + std::string(shown(advice.side)) + ". " + advice.why + "\n\n" + factors.toText(width) + "\n\nMethod: " + advice.method
                       + ". " + advice.methodWhy + "\n\n" + scenarios.toText(width) + "\n\nRecipe: " + advice.recipe + ". " + advice.recipeWhy + "\n";
    for (const advice::Check& check : advice.checks) {
        text += std::string(check.isGood ? "  ok    " : "  look  ") + check.sentence + "\n";
    }
    text += "\nMeasure it by: ";
    for (const std::string& measure : advice.measures) {
        text += (&measure == &advice.measures.front() ? "" : ", ") + measure;
    }
    text += "\nSettings:";
    for (const auto& [key, value] : advice.settings) {
        text += " --set " + key + "=" + value;
    }
    return text;
}

Result<void> writeRecipe(const config::RunConfig& config, const advice::Advice& advice, const std::string& out)
{
    const auto changed = advice::withSettings(config, advice.settings);
    return changed ? base::writeFileAtomically(out, base::dumpJson(config::toJson(*changed), 2) + "\n") : Result<void>(changed.error());
}

int tryPrompting(const config::RunConfig& config, const train::RunRows& rows, const Flags& flags, const advice::Advice& advice, Context& context)
{
    advice::PromptTrial trial = flags.trial;
    trial.measures = advice.measures;
    evaluation::EvalTold told;
    told.progress = [&](const evaluation::EvalProgress& progress) {
        context.console.progress(progress.what + ": " + counted(progress.done) + " of " + counted(progress.total));
    };
    told.note = [&](const std::string& sentence) { context.console.note(sentence); };
    const auto tried = advice::tryPrompting(config, rows, trial, told, context.cancel);
    context.console.endProgress();
    if (!tried) {
        return context.fail(tried.message());
    }
    if (context.console.isJson()) {
        context.console.line(tried->json);
    } else {
        context.console.text("\n" + evaluationText(tried->results, 3, context.console.width()));
    }
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    auto project = config ? lookInto(flags.project) : Result<std::shared_ptr<store::Project>>(config.error());
    auto rows = project ? store::runRows(project->get(), config->data) : Result<train::RunRows>(project.error());
    if (!rows) {
        return context.fail(rows.message());
    }
    const auto progress = [&](std::int64_t done, std::int64_t total) { context.console.progress("looking " + counted(done) + " / " + counted(total)); };
    const auto situation = advice::lookAround({*config, *rows, nullptr, progress, context.cancel});
    context.console.endProgress();
    if (!situation) {
        return context.fail(situation.message());
    }
    const advice::Advice advice = advice::advise(flags.wish, *situation);
    if (!flags.out.empty()) {
        if (const auto written = writeRecipe(*config, advice, flags.out); !written) {
            return context.fail(written.message());
        }
    }
    if (context.console.isJson()) {
        Json json = advice::toJson(advice);
        json["seen"] = advice::toJson(*situation);
        context.console.line(json);
    } else {
        context.console.text(textOf(advice, context.console.width()));
    }
    return flags.tryPrompting ? tryPrompting(*config, *rows, flags, advice, context) : kDone;
}

} // namespace
} // namespace advise_command

Command adviseCommand()
{
    return command<advise_command::Flags>("advise", "Prompting or tuning, by which method and recipe, with the reasons",
                          "luthier advise recipe.json --task instructions --priority quality\n"
                          "luthier advise recipe.json --try-prompting --shots 5\n"
                          "luthier advise recipe.json --consistency critical -o advised.json",
                          advise_command::setup, advise_command::run);
}

} // namespace luthier::cli
