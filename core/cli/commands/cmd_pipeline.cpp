// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/display.h"
#include "core/cli/run_printer.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"
#include "core/evaluation/model_judge.h"
#include "core/inference/judge_spec.h"
#include "core/pipeline/collection.h"
#include "core/pipeline/pipeline.h"
#include "core/rewards/rewards.h"
#include "core/train/base_model.h"
#include "core/train/start_point.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace pipeline_command {
namespace {

struct Flags {
    std::string verb = "show";
    std::string stage;
    std::string project;
    std::optional<std::string> route, model, examples, preferences, rules, questions, judge, rubric;
    std::optional<std::int64_t> pairs, maxNew;
    std::optional<double> temperature;
    std::vector<std::string> settings;
    bool again = false;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("verb", flags.verb, "show: how far it is. choose: what it is made of. run: do the stage that is next, or go on with it")
        ->check(CLI::IsMember({"show", "choose", "run"}))
        ->option_text("show|choose|run");
    app.add_option("stage", flags.stage, "With run: this stage instead of the next; with --set: whose settings")->option_text("STAGE");
    app.add_option("--project", flags.project, "Project that keeps the pipeline and its runs; made when there is none")->envname("LUTHIER_PROJECT")->required()->option_text("DIR");
    std::vector<std::string> routes;
    for (const pipeline::Route& route : pipeline::routes()) {
        routes.emplace_back(route.id);
    }
    app.add_option("--route", flags.route, "The way: dpo, ppo or grpo")->check(CLI::IsMember(routes))->option_text("ROUTE");
    app.add_option("--model", flags.model, "The base model's folder")->option_text("DIR");
    app.add_option("--examples", flags.examples, "Examples to tune on first; an empty text leaves the stage out")->option_text("FILE");
    app.add_option("--preferences", flags.preferences, "Pairs of a chosen and a rejected answer")->option_text("FILE");
    app.add_option("--questions", flags.questions, "Have a model make the pairs: each question of this file is answered twice, and the judge says which is better. With --rules and no judge: what is answered while the model learns")->option_text("FILE");
    app.add_option("--judge", flags.judge, "Who judges them: a model folder, asked in both orders, or a reward model: folder, adapter or run")->option_text("DIR");
    app.add_option("--rubric", flags.rubric, "File with what a judge that answers is asked, as luthier judge model has it")->option_text("FILE.txt");
    app.add_option("--questions-limit", flags.pairs, "So many questions, evenly over the file; usually 200, 0: all")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--max-new", flags.maxNew, "Tokens of an answer to them; usually 128")->check(CLI::Range(1, 65536))->option_text("N");
    app.add_option("--temperature", flags.temperature, "That they are drawn at; usually 1")->check(CLI::Range(0.01, 10.0))->option_text("T");
    app.add_option("--rules", flags.rules, "Rules that reward answers beside the reward model, one a line; with --questions and no judge they reward alone")->option_text("RULES");
    app.add_option("--set", flags.settings, "A setting of the stage; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
    app.add_flag("--again", flags.again, "With run: begin the stage anew, though it is done");
}

pipeline::Settings stageSettingsOf(const pipeline::Choices& choices, const pipeline::View& view)
{
    const auto own = choices.settings.find(pipeline::keyOf(choices, view.stage->id));
    return own == choices.settings.end() ? pipeline::Settings() : own->second;
}

Json toJson(const pipeline::Choices& choices, const pipeline::View& view)
{
    Json settings = Json::object();
    for (const auto& [key, value] : stageSettingsOf(choices, view)) {
        settings[key] = value;
    }
    return {{"stage", view.stage->id}, {"state", pipeline::toText(view.state)}, {"needs", view.stage->needs}, {"makes", view.stage->makes}, {"missing", view.missing},
            {"made", view.made}, {"check", view.check}, {"good", view.isGood ? Json(*view.isGood) : Json()}, {"run", view.run > 0 ? Json(view.run) : Json()},
            {"settings", std::move(settings)}};
}

void show(const pipeline::Choices& choices, const pipeline::Look& look, Console& console)
{
    if (console.isJson()) {
        Json list = Json::array();
        for (const pipeline::View& view : look.stages) {
            list.push_back(toJson(choices, view));
        }
        console.line({{"route", choices.route}, {"model", choices.model}, {"stages", std::move(list)}, {"next", look.next.empty() ? Json() : Json(look.next)}, {"advice", look.advice}});
        return;
    }
    Table table({{"stage"}, {"state"}, {"what it made, or is missing", true}, {"check", true}});
    std::string settings;
    for (const pipeline::View& view : look.stages) {
        std::string own;
        for (const auto& [key, value] : stageSettingsOf(choices, view)) {
            own += (own.empty() ? "" : ", ") + key + " = " + value;
        }
        settings += own.empty() || view.state == pipeline::State::LeftOut ? "" : std::string("\nSettings of ") + view.stage->id + ": " + own;
        const std::string good = !view.isGood ? "" : *view.isGood ? "good: " : "not good: ";
        const std::string& both = view.made.empty() || view.missing.empty() ? view.made + view.missing : view.missing; // what is missing names what was made
        table.add({view.stage->id, pipeline::toText(view.state), both.empty() ? view.stage->needs : both, view.check.empty() ? "" : good + view.check});
    }
    console.text("Way: " + std::string(pipeline::findRoute(choices.route)->label) + "\n" + table.toText(console.width()) + settings + "\n" + look.advice
                 + (look.next.empty() ? "" : "\nNext: " + std::string(pipeline::findStage(look.next)->label) + "  (luthier pipeline run)"));
}

// An empty path takes away what was named before.
Result<void> takePath(const char* flag, const std::optional<std::string>& given, std::string& target)
{
    if (!given) {
        return {};
    }
    std::error_code code;
    const std::string path = given->empty() ? std::string() : fs::absolute(*given).lexically_normal().string();
    if (!path.empty() && !fs::exists(path, code)) {
        return Error{std::string(flag) + ": " + path + " is not there"};
    }
    target = path;
    return {};
}

// What can be known of it before it is asked anything.
Result<void> checkJudge(const std::string& path)
{
    const auto spec = path.empty() ? Result<inference::ModelSpec>(inference::ModelSpec()) : inference::judgeSpec({path, {}});
    return spec ? Result<void>() : Result<void>(Error{"--judge: " + spec.message()});
}

Result<void> checkModel(const std::string& path)
{
    config::ModelSettings model;
    model.path = path;
    const auto config = path.empty() ? Result<nn::DecoderConfig>(nn::DecoderConfig()) : train::baseConfig(model);
    return config ? Result<void>() : Result<void>(Error{"--model: " + config.message()});
}

Result<void> checkRewardRules(const std::string& rules)
{
    const auto compiled = rewards::Rewards::compile(pipeline::rulesOf(rules));
    return compiled ? Result<void>() : Result<void>(Error{"--rules: " + compiled.message()});
}

// Pairs that are made take the place of a file that was named before, and the other way round.
Result<void> takeCollecting(const Flags& flags, pipeline::Choices& choices)
{
    pipeline::Collecting own = choices.collect;
    auto named = takePath("--questions", flags.questions, own.questions);
    named = named ? takePath("--judge", flags.judge, own.judge) : named;
    named = named && flags.judge ? checkJudge(own.judge) : named;
    if (!named) {
        return named;
    }
    own.limit = flags.pairs.value_or(own.limit);
    own.maxNew = flags.maxNew.value_or(own.maxNew);
    own.temperature = flags.temperature.value_or(own.temperature);
    if (flags.rubric) {
        auto text = flags.rubric->empty() ? Result<std::string>(std::string()) : base::readFile(*flags.rubric);
        auto checked = text && !text->empty() ? evaluation::checkRubric(*text) : Result<void>();
        if (!text || !checked) {
            return Error{text ? *flags.rubric + ": " + checked.message() : text.message()};
        }
        own.rubric = *text;
    }
    const bool isOther = !(own == choices.collect);
    if (isOther && own.isWanted() && !flags.preferences) {
        choices.preferences.clear();
    }
    if (isOther || flags.preferences) {
        choices.collected.clear();
    }
    choices.collect = std::move(own);
    return {};
}

// Anything that says what the pipeline is made of.
bool isChosen(const Flags& flags)
{
    return flags.route || flags.model || flags.examples || flags.preferences || flags.rules || flags.questions || flags.judge || flags.rubric
           || flags.pairs || flags.maxNew || flags.temperature || !flags.settings.empty();
}

Result<void> take(const Flags& flags, pipeline::Choices& choices)
{
    auto taken = takePath("--model", flags.model, choices.model);
    taken = taken && flags.model ? checkModel(choices.model) : taken;
    taken = taken ? takePath("--examples", flags.examples, choices.examples) : taken;
    taken = taken ? takePath("--preferences", flags.preferences, choices.preferences) : taken;
    taken = taken ? takeCollecting(flags, choices) : taken;
    taken = taken && flags.rules ? checkRewardRules(*flags.rules) : taken;
    if (!taken) {
        return taken;
    }
    choices.route = flags.route.value_or(choices.route);
    choices.rules = flags.rules.value_or(choices.rules);
    if (!flags.settings.empty() && (pipeline::findStage(flags.stage) == nullptr || !pipeline::findStage(flags.stage)->trains)) {
        return Error{"--set changes a stage's settings: name it, as in luthier pipeline choose tuning --set run.epochs=2; there are examples, reward and tuning"};
    }
    for (const std::string& setting : flags.settings) {
        const std::size_t equals = setting.find('=');
        config::RunConfig tried;
        auto set = equals == std::string::npos ? Result<void>(Error{"--set " + setting + ": write KEY=VALUE"})
                                               : config::setByKey(tried, setting.substr(0, equals), setting.substr(equals + 1));
        if (!set) {
            return set;
        }
        auto& list = choices.settings[pipeline::keyOf(choices, flags.stage)];
        std::erase_if(list, [&](const auto& known) { return known.first == setting.substr(0, equals); });
        list.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    return {};
}

// The run of a stage, begun or gone on with.
Result<TuneRun> runOf(std::shared_ptr<store::Project> project, pipeline::Choices& choices, const pipeline::View& view, const Flags& flags, const Globals& globals)
{
    const bool hasBegun = view.state == pipeline::State::Stopped || view.state == pipeline::State::Failed;
    const auto before = view.run > 0 && hasBegun && !flags.again ? project->run(view.run) : Result<store::RunRow>(Error{});
    const bool goesOn = before && before->step > 0; // one that was refused is begun with what is chosen now
    if (goesOn && !flags.settings.empty()) {
        return Error{"--set: this stage goes on with the settings that it began with; --again begins it anew"};
    }
    if (!goesOn) {
        auto recipe = pipeline::recipeOf(*project, choices, view.stage->id);
        if (!recipe) {
            return recipe.error();
        }
        applyGlobals(*recipe, globals);
        auto good = checkRules(*recipe);
        const auto started = good ? train::startedFrom(*recipe) : Result<train::Started>(good.error()); // nothing is recorded that could not begin
        if (!started) {
            return started.error();
        }
        auto run = recordedRun(std::move(*recipe), project, {});
        if (!run) {
            return run;
        }
        choices.runs[pipeline::keyOf(choices, view.stage->id)] = run->id;
        auto kept = pipeline::writeChoices(*project, choices);
        return kept ? std::move(run) : Result<TuneRun>(kept.error());
    }
    auto run = resumedRun(std::move(project), view.run);
    if (run) {
        applyGlobals(run->config, globals);
    }
    return run;
}

// Pairs by a judge; what was made until Ctrl-C stays, and the next start goes on with it.
int collectPairs(std::shared_ptr<store::Project> project, pipeline::Choices choices, Context& context)
{
    const auto told = [&context](const std::string& what, std::int64_t done, std::int64_t total) {
        context.console.progress(total > 0 ? what + " " + std::to_string(done) + " of " + std::to_string(total) : what);
    };
    const auto collected = pipeline::collect(*project, choices, context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(), told, context.cancel);
    context.console.endProgress();
    if (!collected) {
        return context.fail(collected.message());
    }
    choices.preferences = collected->file;
    choices.collected = collected->sentence();
    auto kept = pipeline::writeChoices(*project, choices);
    const auto after = kept ? pipeline::look(*project, choices, context.cancel) : Result<pipeline::Look>(kept.error());
    if (!after) {
        return context.fail(after.message());
    }
    if (!collected->problem.empty()) {
        context.console.warning("Not judged: " + collected->problem);
    }
    context.console.note(collected->sentence() + " Judging " + std::to_string(collected->judging) + ": vote on some of its pairs, and it is said how far the judge can be believed.");
    show(choices, *after, context.console);
    return kDone;
}

int runStage(const Flags& flags, std::shared_ptr<store::Project> project, pipeline::Choices choices, const pipeline::Look& look, Context& context)
{
    const std::string wanted = flags.stage.empty() ? look.next : flags.stage;
    const auto open = std::find_if(look.stages.begin(), look.stages.end(), [](const pipeline::View& one) { return one.state != pipeline::State::Done && one.state != pipeline::State::LeftOut; });
    if (wanted.empty() && open != look.stages.end()) {
        return context.fail(std::string(open->stage->label) + ": " + (open->missing.empty() ? std::string(pipeline::toText(open->state)) : open->missing));
    }
    if (wanted.empty()) {
        return context.fail("Every stage is done; luthier pipeline run STAGE --again begins one anew.");
    }
    const pipeline::View* view = nullptr;
    for (const pipeline::View& one : look.stages) {
        view = wanted == one.stage->id ? &one : view;
    }
    if (view == nullptr) {
        return context.fail("there is no stage \"" + wanted + "\"; there are examples, preferences, reward and tuning");
    }
    if (!view->stage->trains && choices.collect.isWanted() && choices.preferences.empty() && view->state != pipeline::State::Waiting) {
        return collectPairs(std::move(project), std::move(choices), context);
    }
    if (!view->stage->trains || view->state == pipeline::State::Waiting || view->state == pipeline::State::LeftOut) {
        return context.fail(std::string(view->stage->label) + ": " + (view->missing.empty() ? std::string(pipeline::toText(view->state)) : view->missing));
    }
    if (view->state == pipeline::State::Done && !flags.again) {
        return context.fail(std::string(view->stage->label) + " is done; --again begins it anew.");
    }
    if (view->state == pipeline::State::Running) {
        return context.fail(std::string(view->stage->label) + " is running, in another window or program.");
    }
    auto run = runOf(project, choices, *view, flags, context.globals);
    if (!run) {
        return context.fail(run.message());
    }
    context.console.note(std::string(view->stage->label) + ", run " + std::to_string(run->id));
    const int code = trainAndTell(*run, context);
    if (code == kDone) {
        const auto after = pipeline::look(*project, choices, context.cancel);
        if (!after) {
            return context.fail(after.message());
        }
        show(choices, *after, context.console);
    }
    return code;
}

int run(const Flags& flags, Context& context)
{
    auto project = store::openOrCreateFirst(flags.project);
    if (!project) {
        return context.fail(project.message());
    }
    auto known = pipeline::readChoices(**project);
    if (!known) {
        return context.fail(known.message());
    }
    if (!*known && flags.verb != "choose") {
        return context.fail("This project has no pipeline yet: luthier pipeline choose --project " + flags.project + " --model DIR --preferences FILE --route dpo");
    }
    pipeline::Choices choices = known->value_or(pipeline::Choices());
    if (flags.verb == "show" && isChosen(flags)) {
        return context.fail("show changes nothing: luthier pipeline choose takes what the pipeline is made of");
    }
    if (flags.verb == "choose" || isChosen(flags)) {
        if (auto taken = take(flags, choices); !taken) {
            return context.fail(taken.message());
        }
        // A run keeps them when it has begun.
        if (auto kept = flags.verb == "choose" ? pipeline::writeChoices(**project, choices) : Result<void>(); !kept) {
            return context.fail(kept.message());
        }
    }
    const auto look = pipeline::look(**project, choices, context.cancel);
    if (!look) {
        return context.fail(look.message());
    }
    if (flags.verb == "run") {
        return runStage(flags, *project, std::move(choices), *look, context);
    }
    show(choices, *look, context.console);
    return kDone;
}

} // namespace
} // namespace pipeline_command

Command pipelineCommand()
{
    return command<pipeline_command::Flags>("pipeline", "From preferences to a model, stage by stage: examples, pairs, reward model, PPO or GRPO; or straight to DPO",
                          "luthier pipeline choose --project ~/tunes --model MODEL --preferences pairs.jsonl --route dpo\n"
                          "luthier pipeline show --project ~/tunes\nluthier pipeline run --project ~/tunes\n"
                          "luthier pipeline choose --project ~/tunes --questions questions.jsonl --judge JUDGE\n"
                          "luthier pipeline choose tuning --project ~/tunes --set run.epochs=2",
                          pipeline_command::setup, pipeline_command::run);
}

} // namespace luthier::cli
