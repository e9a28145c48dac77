// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/cli/comparison.h"
#include "core/cli/display.h"
#include "core/cli/rule_contest.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"
#include "core/objectives/objectives.h"
#include "core/objectives/rollout_settings.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace first_tune_command {
namespace {

constexpr std::int64_t kAnswerTokens = 96;

struct Flags {
    std::string model;
    std::string project;
    std::string out;
    bool preferences = false;
    std::string rewards; // grpo, ppo; empty: neither
};

// Why the first tune's recipe leaves the usual preset. A changed value without a row here is shown without a
// reason.
struct Reason {
    const char* key;
    const char* why;
};
constexpr std::array kReasons = {
    Reason{"optimizer.learning_rate",
           "a small model on about a thousand short rows takes large steps well; the usual "
           "rate is made for models a hundred times this size"},
    Reason{"method.target_modules",
           "adapters on every projection learn the new form of answers in the same few steps: held-out loss of the "
           "bundled model 0.21 instead of 0.69"},
    Reason{"schedule.kind", "a cosine stays high for longer and ends softly, which suits a run this short"},
    Reason{"data.max_length", "the rows are short"},
    Reason{"data.limit", "enough to learn a manner of answering, and few enough for some minutes on a processor"},
    Reason{"run.epochs", "one round is what a larger model needs for a manner of answering"},
    Reason{"run.gradient_accumulation", "a short run needs its steps"},
    Reason{"run.eval_every", "few measurements: each takes seconds that could train"},
    Reason{"run.checkpoint_every", "a run of some minutes is begun again sooner than resumed"},
    Reason{"run.probe_prompts", "questions that are not in the data show what changes while it trains"},
    Reason{"run.probe_tokens", "long enough for the answers in the data"},
    Reason{"objective.kind", "pairs of a chosen and a rejected answer, instead of answers to copy"},
    Reason{"objective.beta", "a larger one keeps a small model nearer to what it was"},
    Reason{"objective.rewards", "a rule that everybody can check: the answer says why"},
    Reason{"objective.kl_in_loss", "holds the model near what it was while the rule pulls"},
    Reason{"objective.kl_in_reward", "holds the model near what it was while the rule pulls"},
    Reason{"objective.max_new", "the answers are short"},
    Reason{"optimizer.rate_pattern", "the value head begins at nothing and has to keep up with the answers"},
    Reason{"run.max_steps", "enough for the rule to be learned"},
    Reason{"run.batch_size", "answers to several prompts in each step"},
    Reason{"objective.nll_weight", "keeps the chosen answers likely while the rejected ones fall"},
};
// Not part of the preset: what is tuned with what.
constexpr std::array kOwn
    = {"model.path", "data.train", "run.name", "run.threads", "model.device", "model.dtype"};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model,
                   "Model folder or GGUF file; usually the bundled one. Another one takes fewer rows")
        ->option_text("PATH");
    app.add_flag("--preferences", flags.preferences, "Learn from pairs of a chosen and a rejected answer (DPO) instead of answers");
    app.add_option("--rewards", flags.rewards, "Learn from answers of its own that a rule rewards for saying why: by groups (grpo) or with values (ppo)")
        ->check(CLI::IsMember({"grpo", "ppo"}))
        ->option_text("KIND");
    app.add_option("--project", flags.project, "Record the run in this project; made when there is none")
        ->option_text("DIR");
    app.add_option("--out", flags.out, "Folder of the run; usually a new one in your data folder")
        ->option_text("DIR");
}

// The first of first-tune/1, first-tune/2, ... that is not there yet.
fs::path freeFolder()
{
    std::error_code code;
    for (int i = 1;; ++i) {
        const auto folder = base::userDataFolder() / "first-tune" / std::to_string(i);
        if (!fs::exists(folder, code)) {
            return folder;
        }
    }
}

Result<config::RunConfig> configOf(const Flags& flags, const Globals& globals)
{
    // Made for the bundled model, or for one that is perhaps a hundred times its size.
    const std::string recipe = !flags.rewards.empty() ? "first_tune_" + flags.rewards + ".json"
                               : flags.preferences    ? "first_tune_preferences.json"
                               : flags.model.empty()  ? "first_tune.json"
                                                      : "first_tune_model.json";
    auto config = readTuneConfig(base::resourcesFolder() / "recipes" / recipe, {}, globals);
    if (!config) {
        return config;
    }
    if (!flags.model.empty()) {
        config->model.path = fs::absolute(flags.model).lexically_normal().string();
    }
    std::error_code code;
    for (auto& file : config->data.train) {
        if (!fs::exists(file, code)) {
            file = (base::datasetsFolder() / fs::path(file).filename()).string();
        }
    }
    return config;
}

std::string reasonFor(const std::string& key)
{
    const auto found
        = std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& r) { return key == r.key; });
    return found == kReasons.end() ? std::string() : found->why;
}

void printDifferences(const config::RunConfig& config, Console& console)
{
    Table table({{"setting"}, {"usual"}, {"here", true}, {"why", true}});
    Json list = Json::array();
    for (const auto& row : config::difference(config::RunConfig{}, config)) {
        if (std::find(kOwn.begin(), kOwn.end(), row.key) != kOwn.end()) {
            continue;
        }
        list.push_back(
            {{"key", row.key}, {"usual", row.left}, {"here", row.right}, {"why", reasonFor(row.key)}});
        table.add({row.key, row.left.empty() ? "-" : row.left, row.right, reasonFor(row.key)});
    }
    if (console.isJson()) {
        console.line({{"event", "recipe"}, {"differences", std::move(list)}});
    } else if (!table.isEmpty()) {
        console.text("Settings that differ from the usual preset:\n" + table.toText(console.width()) + "\n");
    }
}

Result<TuneRun> prepare(const Flags& flags, Context& context)
{
    auto config = configOf(flags, context.globals);
    if (!config) {
        return config.error();
    }
    printDifferences(*config, context.console);
    if (flags.project.empty()) {
        auto rows = train::runRows(config->data);
        return TuneRun{std::move(*config), flags.out.empty() ? freeFolder() : fs::path(flags.out), std::move(rows), false,
                       nullptr, 0};
    }
    auto project = store::openOrCreateFirst(flags.project);
    return project ? recordedRun(std::move(*config), *project, flags.out) : Result<TuneRun>(project.error());
}

Result<ComparisonSettings> comparisonOf(const TuneRun& run, const train::RunEnded& ended)
{
    auto prompts = readPrompts(base::datasetsFolder() / "first_tune_prompts.jsonl");
    if (!prompts) {
        return prompts.error();
    }
    inference::Sampling sampling;
    sampling.maxNew = kAnswerTokens;
    return ComparisonSettings{{{"base answer", run.config.model.path, {}},
                               {"tuned answer", run.config.model.path, {{ended.adapter, 1}}}},
                              std::move(*prompts),
                              sampling,
                              true};
}

void printResult(const ComparisonSettings& settings, const std::vector<std::vector<std::string>>& answers,
                 const TuneRun& run, const train::RunEnded& ended, const RunPrinter& printer,
                 Console& console)
{
    if (console.isJson()) {
        for (std::size_t p = 0; p < settings.prompts.size(); ++p) {
            console.line({{"event", "compare"},
                          {"prompt", settings.prompts[p].text},
                          {"base", answers[0][p]},
                          {"tuned", answers[1][p]}});
        }
        return;
    }
    console.text("\n" + comparisonTable(settings, answers, console.width()) + "\n");
    const measures::Summary* loss = printer.measures().find(measures::measureOf("loss"), measures::kHeldOutSet);
    if (loss != nullptr && loss->before()) {
        console.text("Held-out loss   " + fixed(*loss->before(), 4) + " before, " + fixed(loss->last, 4) + " after " + counted(ended.step) + " steps in "
                     + duration(ended.seconds));
    }
    for (const measures::Summary& measured : printer.measures()) {
        if (measured.set == measures::kHeldOutSet && measured.before() && measured.measure->id != "loss") {
            console.text("Held-out " + std::string(measured.measure->label) + "   " + measures::textOf(*measured.measure, *measured.before()) + " before, "
                         + measures::textOf(*measured.measure, measured.last) + " after");
        }
    }
    console.text("Adapter         " + ended.adapter + "\n\nTry next:\n  luthier generate --model "
                 + run.config.model.path + " --adapter " + ended.adapter
                 + " --chat --prompt \"What does Mira sell?\"\n  luthier compare --model "
                 + run.config.model.path + " --adapter " + ended.adapter
                 + " --prompts questions.jsonl\n  luthier recipe --example lora > recipe.json");
}

// What pairs teach of this data is to say more than the bare fact; what rules reward they say themselves.
Result<void> printRule(const TuneRun& run, const ComparisonSettings& settings, Context& context)
{
    const std::string& kind = run.config.objective.kind;
    const objectives::Objective* objective = objectives::findObjective(kind);
    ContestSettings contest{{}, {}, settings.columns, run.config.objective.of<objectives::AnswerSettings>().maxNew};
    if (objective && objective->rollouts) {
        contest.rules = run.config.objective.of<objectives::AnswerSettings>().rewards;
    } else if (kind == "dpo") {
        contest.rules = {"regex pattern='because|[.!?] [A-Z]'"};
        contest.meaning = "the answer says why, or adds a sentence";
    } else {
        return {};
    }
    return printContest(contest, run, context);
}

int run(const Flags& flags, Context& context)
{
    if (flags.preferences && !flags.rewards.empty()) {
        return context.fail("--preferences learns from pairs, --rewards from answers of its own: name one of them");
    }
    auto prepared = prepare(flags, context);
    if (!prepared) {
        return context.fail(prepared.message());
    }
    RunPrinter printer(context.console);
    const auto ended = runToEnd(*prepared, printer, context);
    if (ended.outcome != train::Outcome::Finished) {
        return codeOf(*prepared, ended, context);
    }
    auto settings = comparisonOf(*prepared, ended);
    if (!settings) {
        return context.fail(settings.message());
    }
    auto answers = compare(*settings, context);
    if (!answers) {
        return context.fail(answers.message());
    }
    printResult(*settings, *answers, *prepared, ended, printer, context.console);
    const auto ruled = printRule(*prepared, *settings, context);
    return ruled ? kDone : context.fail(ruled.message());
}

} // namespace
} // namespace first_tune_command

Command firstTuneCommand()
{
    return command<first_tune_command::Flags>("first-tune", "Tune the bundled model and see what changed, in a few minutes",
                          "luthier first-tune\nluthier first-tune --preferences\nluthier first-tune --rewards grpo\nluthier first-tune --model some-model.gguf\n"
                          "luthier first-tune --project ~/tunes\nluthier first-tune --out /tmp/first --threads 2",
                          first_tune_command::setup, first_tune_command::run);
}

} // namespace luthier::cli
