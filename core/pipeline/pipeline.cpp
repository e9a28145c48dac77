// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pipeline/pipeline.h"

#include "core/config/usual_rate.h"
#include "core/data/dataset.h"
#include "core/data/row_name.h"
#include "core/objectives/rollout_settings.h"
#include "core/pipeline/collection.h"
#include "core/store/runs/reward_trust.h"
#include "core/train/base_model.h"
#include "core/train/plan/recipe_files.h"

#include <algorithm>
#include <filesystem>

namespace luthier::pipeline {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kFewPairs = 50;

// "held-out reward 0.35 to 0.98"; good where it moved the wanted way.
struct Change {
    std::string text;
    std::optional<bool> isGood;
    double last = 0;
};

std::optional<Change> changeOf(const store::RunRow& run, std::string_view id, std::string_view set)
{
    const measures::Measure& measure = measures::measureOf(id);
    const measures::Summary* summary = run.measures.find(measure, set);
    if (summary == nullptr) {
        return std::nullopt;
    }
    Change change{measures::nameOf(measure, set) + " " + measures::textOf(measure, summary->last), std::nullopt, summary->last};
    if (const auto before = summary->before()) {
        change.text = measures::nameOf(measure, set) + " " + measures::textOf(measure, *before) + " to " + measures::textOf(measure, summary->last);
        const double gain = measure.better == measures::Better::Lower ? *before - summary->last : summary->last - *before;
        change.isGood = measure.better == measures::Better::Neither ? std::nullopt : std::optional(gain > 0);
    }
    return change;
}

void add(View& view, const std::optional<Change>& change)
{
    if (change) {
        view.check += (view.check.empty() ? "" : "; ") + change->text;
    }
}

void check(View& view, const store::RunRow& run, const Choices& choices)
{
    const std::string_view id = view.stage->id;
    if (id == "examples") {
        const auto loss = changeOf(run, "loss", measures::kHeldOutSet);
        add(view, loss);
        view.isGood = loss ? loss->isGood : std::nullopt;
    } else if (id == "reward") {
        const auto accuracy = changeOf(run, "reward_accuracy", measures::kHeldOutSet);
        add(view, accuracy);
        view.isGood = accuracy ? std::optional(accuracy->last > store::kTrustedRewards) : std::nullopt;
    } else if (choices.route == "dpo") {
        const auto accuracy = changeOf(run, "reward_accuracy", measures::kHeldOutSet);
        add(view, accuracy);
        add(view, changeOf(run, "reward_margin", measures::kHeldOutSet));
        view.isGood = accuracy ? accuracy->isGood : std::nullopt;
    } else {
        const auto reward = changeOf(run, "reward", measures::kHeldOutSet);
        add(view, reward);
        add(view, changeOf(run, "kl", measures::kStepSet));
        view.isGood = reward ? reward->isGood : std::nullopt;
    }
    if (view.state != State::Done) {
        view.isGood.reset(); // half a run proves nothing
    }
}

struct Pairs {
    std::int64_t good = 0;
    std::int64_t bad = 0;
    std::string firstBad; // which row that is, and why
    std::string problem;  // of the file
};

constexpr const char* kNoPair = "it is no pair of a chosen and a rejected answer to one prompt";

Result<Pairs> pairsIn(const std::string& file, const base::CancelToken& cancel)
{
    Pairs pairs;
    auto opened = data::Dataset::open(file, {"auto", {}, {}, cancel});
    if (!opened) {
        pairs.problem = opened.message();
        return pairs;
    }
    for (std::int64_t row = 0; row < (*opened)->rowCount(); ++row) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto example = (*opened)->example(row);
        const bool isPair = example && example->kind == data::ExampleKind::Preference && !example->chosen.empty() && !example->rejected.empty();
        ++(isPair ? pairs.good : pairs.bad);
        if (!isPair && pairs.firstBad.empty()) {
            pairs.firstBad = data::rowName(row) + (example ? std::string(kNoPair) : data::withoutRowName(example.message(), row));
        }
    }
    return pairs;
}

// Nothing is compared where rules alone reward the answers to questions, so there is nothing to collect and no reward model.
bool isByRulesAlone(const Choices& choices)
{
    const Route* route = findRoute(choices.route);
    return route && route->needsReward && !choices.rules.empty() && choices.preferences.empty() && !choices.collect.questions.empty() && choices.collect.judge.empty();
}

bool isLeftOut(const Stage& stage, const Choices& choices)
{
    const std::string_view id = stage.id;
    const Route* route = findRoute(choices.route);
    const bool isByRules = isByRulesAlone(choices);
    return (stage.isOfReward && (isByRules || !(route && route->needsReward))) || (id == "preferences" && isByRules) || (id == "examples" && choices.examples.empty());
}

Result<View> viewPreferences(store::Project& project, const Stage& stage, const Choices& choices, const base::CancelToken& cancel)
{
    View view{&stage};
    if (choices.preferences.empty()) {
        view.state = State::Ready;
        view.missing = "Name a file of pairs, or questions and a judge that make one; votes on the Judge page make one, too.";
        if (const Route* route = findRoute(choices.route); route && route->needsReward) {
            view.missing += choices.rules.empty() ? " Rules and questions are enough, too: then no reward model is needed." : " Questions are enough, too: the rules then reward the answers to them.";
        }
        if (choices.collect.isWanted()) {
            const std::string soFar = collectedSoFar(project, choices);
            view.state = soFar.empty() ? State::Ready : State::Stopped;
            view.missing = soFar.empty() ? "The model answers each question twice, and " + fs::path(choices.collect.judge).filename().string() + " judges." : soFar;
        }
        return view;
    }
    const auto pairs = pairsIn(choices.preferences, cancel);
    if (!pairs) {
        return pairs.error();
    }
    view.made = choices.preferences;
    if (!pairs->problem.empty() || pairs->good == 0) {
        view.state = State::Failed;
        view.missing = !pairs->problem.empty() ? pairs->problem
                                               : choices.preferences + ": no row has a chosen and a rejected answer to learn from"
                                                     + (pairs->firstBad.empty() ? std::string() : "; " + pairs->firstBad) + ". Mend the file, or choose another one.";
        view.isGood = false;
        return view;
    }
    view.state = State::Done;
    view.check = std::to_string(pairs->good) + " pairs" + (choices.collected.empty() ? "" : " of " + choices.collected) + (pairs->bad > 0 ? ", " + std::to_string(pairs->bad) + (pairs->bad == 1 ? " row without one (" : " rows without one (the first: ") + pairs->firstBad + ")" : "");
    view.isGood = pairs->good >= kFewPairs && pairs->good > pairs->bad;
    if (pairs->good < kFewPairs) {
        view.check += "; fewer than " + std::to_string(kFewPairs) + " teach little";
    }
    return view;
}

// Of a file or folder; of one that a run made, the run's, too.
std::string nameOf(const std::string& path)
{
    const fs::path own(path);
    return path.empty() ? "none" : own.filename() == "adapter" || own.filename() == "model" ? (own.parent_path().filename() / own.filename()).string() : own.filename().string();
}

std::string joined(const std::vector<std::string>& list)
{
    std::string all;
    for (const std::string& one : list) {
        all += (all.empty() ? "" : "; ") + one;
    }
    return all;
}

// Why a run does not count: it was made of something else than what is chosen now. Empty: it counts.
std::string otherThanChosen(store::Project& project, const Choices& choices, const Stage& stage, const store::RunRow& run)
{
    const auto was = config::fromJson(run.recipe);
    const auto now = was ? recipeOf(project, choices, stage.id) : Result<config::RunConfig>(was.error());
    if (!now) {
        return now.message();
    }
    const auto& before = was->objective.of<objectives::AnswerSettings>();
    const auto& after = now->objective.of<objectives::AnswerSettings>();
    struct Part {
        const char* what;
        std::string before;
        std::string after;
        bool isFile = true;
    };
    std::vector<Part> parts{{"model", was->model.path, now->model.path},
                            {"data file", joined(was->data.train), joined(now->data.train)},
                            {"adapter to begin with", was->model.adapter, now->model.adapter},
                            {"objective", was->objective.kind, now->objective.kind, false}};
    if (const Route* route = findRoute(now->objective.kind); route && route->needsReward) {
        parts.push_back({"reward model", before.rewardModel, after.rewardModel});
        parts.push_back({"list of rules", joined(before.rewards), joined(after.rewards), false});
    }
    for (const Part& part : parts) {
        if (part.before != part.after) {
            const auto said = [&part](const std::string& text) { return part.isFile ? nameOf(text) : text.empty() ? std::string("none") : text; };
            return "Run " + std::to_string(run.id) + " was made with another " + part.what + " (" + said(part.before) + ") than what is chosen now (" + said(part.after) + ").";
        }
    }
    return {};
}

// Of a stage that trains, by its run.
View viewRun(store::Project& project, const Stage& stage, const Choices& choices)
{
    View view{&stage};
    const auto known = choices.runs.find(keyOf(choices, stage.id));
    const auto run = known == choices.runs.end() ? Result<store::RunRow>(Error{}) : project.run(known->second);
    if (!run) {
        view.state = State::Ready; // deleted runs count as never begun
        return view;
    }
    view.run = run->id;
    if (run->state == "running") {
        view.state = State::Running;
        check(view, *run, choices);
        return view;
    }
    if (std::string other = otherThanChosen(project, choices, stage, *run); !other.empty()) {
        view.state = State::Ready;
        view.missing = std::move(other);
        return view;
    }
    std::error_code code;
    if (run->state == "finished" && !fs::exists(run->result, code)) {
        view.state = State::Ready;
        view.missing = "What run " + std::to_string(run->id) + " made is not there any more: " + run->result + ". Start it anew.";
    } else if (run->state == "finished") {
        view.state = State::Done;
        view.made = run->result;
    } else if (run->state == "failed") {
        view.state = State::Failed;
        view.missing = run->sentence;
    } else {
        view.state = State::Stopped;
        view.missing = "It was stopped after step " + std::to_string(run->step) + " and goes on from its checkpoint.";
    }
    check(view, *run, choices);
    return view;
}

// Why the model that was chosen cannot be one; empty: it can, or none was chosen.
std::string problemOfModel(const Choices& choices)
{
    config::ModelSettings model;
    model.path = choices.model;
    const auto config = choices.model.empty() ? Result<nn::DecoderConfig>(nn::DecoderConfig()) : train::baseConfig(model);
    return config ? std::string() : config.message();
}

// Why a stage that trains could not begin with what was chosen for it; empty: nothing is known against it.
std::string problemOf(const Choices& choices, const Stage& stage)
{
    const auto config = ownRecipe(choices, stage.id);
    if (!config) {
        return config.message();
    }
    std::error_code code;
    for (const std::string& file : config->data.train) {
        if (!file.empty() && !fs::exists(file, code)) {
            return file + " is not there; choose another file.";
        }
    }
    const auto there = train::checkRecipeFiles(*config);
    return there ? std::string() : there.message();
}

std::string adviceOf(const Choices& choices, std::int64_t pairs)
{
    if (choices.route == "dpo") {
        return "DPO is the better choice where preferences are pairs of given answers: one run instead of two, nothing to sample, two settings instead of ten, and the "
               "same goal. Take PPO or GRPO where the model must try answers that nobody wrote.";
    }
    if (isByRulesAlone(choices)) {
        return "Rules alone reward the answers: everybody can check them, and no reward model must be trusted. DPO has nothing to learn from without pairs; with pairs it would be the better choice.";
    }
    std::string advice = pairs > 0 ? "There are " + std::to_string(pairs) + " pairs, so DPO would learn from them in one run, without a reward model and without sampling; it is the better "
                                                                             "choice unless answers that nobody wrote must be tried."
                                   : "Without pairs there is nothing that DPO could learn from: rewards are the way.";
    if (!choices.rules.empty()) {
        advice += " Rules can be checked by everybody, and a model that learns from them needs no reward model to be trusted.";
    }
    return advice;
}

Result<void> apply(config::RunConfig& config, const Choices& choices, std::string_view stage)
{
    const auto own = choices.settings.find(keyOf(choices, stage));
    for (const auto& [key, value] : own == choices.settings.end() ? Settings() : own->second) {
        if (auto set = config::setByKey(config, key, value); !set) {
            return set;
        }
    }
    return {};
}

} // namespace

Result<std::string> resultOf(store::Project& project, const Choices& choices, std::string_view stage)
{
    const Stage& row = *findStage(stage);
    if (isLeftOut(row, choices)) {
        return std::string();
    }
    const View view = viewRun(project, row, choices);
    if (view.state != State::Done) {
        return Error{std::string("The stage \"") + row.label + "\" comes first: it is " + toText(view.state) + "." + (view.missing.empty() ? "" : " " + view.missing)};
    }
    return view.made;
}

Result<Look> look(store::Project& project, const Choices& choices, const base::CancelToken& cancel)
{
    Look all;
    std::string blocker = choices.model.empty() ? std::string("Choose a model.") : problemOfModel(choices);
    bool isBlocked = !blocker.empty();
    std::int64_t pairs = 0;
    for (const Stage& stage : stages()) {
        View view{&stage};
        if (isLeftOut(stage, choices)) {
            view.state = State::LeftOut;
        } else if (!stage.trains) {
            auto seen = viewPreferences(project, stage, choices, cancel);
            if (!seen) {
                return seen.error();
            }
            view = std::move(*seen);
            pairs = view.state == State::Done ? std::strtoll(view.check.c_str(), nullptr, 10) : 0;
        } else {
            view = viewRun(project, stage, choices);
        }
        const bool isOpen = view.state != State::Done && view.state != State::LeftOut;
        const std::string problem = stage.trains && view.state == State::Ready && !isBlocked ? problemOf(choices, stage) : std::string();
        if (!problem.empty()) {
            view.state = State::Waiting;
            view.missing = problem;
        } else if (isOpen && isBlocked && (view.state == State::Ready || (!stage.trains && view.state == State::Stopped))) {
            view.state = State::Waiting;
            view.missing = blocker;
        } else if (isOpen && !isBlocked && view.state != State::Running) {
            all.next = stage.id;
        }
        if (isOpen && !isBlocked) {
            isBlocked = true;
            blocker = std::string("The stage \"") + stage.label + "\" comes first.";
        }
        all.stages.push_back(std::move(view));
    }
    all.advice = adviceOf(choices, pairs);
    return all;
}

Result<config::RunConfig> ownRecipe(const Choices& choices, std::string_view stage)
{
    const Stage* row = findStage(stage);
    if (row == nullptr || !row->trains) {
        return Error{"there is no stage \"" + std::string(stage) + "\" that trains; there are examples, reward and tuning"};
    }
    if (isLeftOut(*row, choices)) {
        return Error{std::string("The stage \"") + row->label + "\" is left out on this way."};
    }
    config::RunConfig config;
    config.model.path = choices.model;
    config.run.name = row->label;
    config.data.train = {std::string_view(row->id) == "examples" ? choices.examples : isByRulesAlone(choices) ? choices.collect.questions : choices.preferences};
    if (std::string_view(row->id) == "reward") {
        config.objective.kind = "reward"; // over the base itself, so that the model that learns from it shares its memory
    } else if (std::string_view(row->id) == "tuning") {
        config.objective.kind = choices.route;
        auto& answers = config.objective.of<objectives::AnswerSettings>();
        if (findRoute(choices.route)->needsReward) {
            answers.rewards = rulesOf(choices.rules);
            config.run.batchSize = 8; // whole groups
        }
    }
    config.optimizer.learningRate = config::usualRate(config.method.kind, config.objective.kind);
    if (auto set = apply(config, choices, stage); !set) {
        return set.error();
    }
    return config;
}

Result<config::RunConfig> recipeOf(store::Project& project, const Choices& choices, std::string_view stage)
{
    auto config = ownRecipe(choices, stage);
    if (!config) {
        return config;
    }
    const Stage& row = *findStage(stage);
    if (config->data.train.front().empty()) {
        return Error{std::string("The stage \"") + row.label + "\" needs: " + row.needs + "."};
    }
    if (std::string_view(row.id) == "tuning") {
        const auto examples = resultOf(project, choices, "examples");
        const auto reward = resultOf(project, choices, "reward");
        if (!examples || !reward) {
            return examples ? reward.error() : examples.error();
        }
        config->model.adapter = *examples;
        if (findRoute(choices.route)->needsReward) {
            config->objective.of<objectives::AnswerSettings>().rewardModel = *reward;
        }
    }
    return config;
}

} // namespace luthier::pipeline
