// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/base/number_json.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/evaluation/answer_rewards.h"
#include "core/evaluation/model_judge.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/judgings.h"
#include "core/store/project.h"
#include "core/store/runs/reward_trust.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace luthier::cli {

namespace judge_command {
namespace {

struct Flags;
struct Verb {
    const char* name;
    const char* summary;
    bool writes;
    bool takesJudging; // its number
    void (*setup)(CLI::App& app, Flags& flags);
    int (*run)(const Flags& flags, store::Judgings& judgings, Context& context);
};

struct Flags {
    std::string project;
    std::int64_t judging = 0;
    std::string name;
    std::string evaluation;
    std::string pairs;
    evaluation::PairChoice choice;
    std::string judge = "me";
    std::int64_t pair = 0;
    std::string vote;
    std::string note;
    std::string correction;
    std::string out;
    std::string model;
    std::vector<std::string> adapters;
    std::string rewardModel;
    std::string rubric;
    std::string chatTemplate = "folder";
    bool countModels = false;
    const Verb* verb = nullptr;
};

Json rowJson(const store::JudgingRow& row)
{
    return {{"id", row.id}, {"name", row.name}, {"created", row.created}, {"pairs", row.pairs}, {"votes", row.votes}};
}

int list(const Flags&, store::Judgings& judgings, Context& context)
{
    const auto rows = judgings.all();
    if (!rows) {
        return context.fail(rows.message());
    }
    Table table({{"judging", false, true}, {"name", true}, {"pairs", false, true}, {"votes", false, true}, {"created"}});
    for (const auto& row : *rows) {
        if (context.console.isJson()) {
            context.console.line(rowJson(row));
        }
        table.add({std::to_string(row.id), row.name, counted(row.pairs), counted(row.votes), row.created});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "Nothing to judge yet; luthier judge new --evaluation DIR makes pairs." : table.toText(context.console.width()));
    }
    return kDone;
}

void setupNew(CLI::App& app, Flags& flags)
{
    app.add_option("--name", flags.name, "What the judging is called")->option_text("TEXT");
    auto* evaluation = app.add_option("--evaluation", flags.evaluation, "Folder of an evaluation whose answers are judged")->option_text("DIR");
    app.add_option("--pairs", flags.pairs, "Pairs of answers: rows of {\"prompt\":...,\"first_answer\":...,\"second_answer\":...}")
        ->excludes(evaluation)
        ->option_text("FILE.jsonl");
    app.add_option("--first", flags.choice.first, "System of the evaluation; usually base")->option_text("NAME");
    app.add_option("--second", flags.choice.second, "System whose wins are counted; usually tuned")->option_text("NAME");
    app.add_option("--limit", flags.choice.limit, "So many pairs, drawn by the seed; 0: all")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--seed", flags.choice.seed, "Of the pairs' order and sides; usually 42")->option_text("N");
}

int create(const Flags& flags, store::Judgings& judgings, Context& context)
{
    if (flags.evaluation.empty() && flags.pairs.empty()) {
        context.console.error("give --evaluation or --pairs: the answers to judge");
        return kWrongUsage;
    }
    const auto chosen = flags.pairs.empty() ? evaluation::pairsOfEvaluation(flags.evaluation, flags.choice) : evaluation::pairsOfFile(flags.pairs, flags.choice);
    if (!chosen) {
        return context.fail(chosen.message());
    }
    const std::string name = flags.name.empty() ? chosen->pairs.front().first + " and " + chosen->pairs.front().second : flags.name;
    const auto row = judgings.create(name, flags.choice.seed, chosen->pairs);
    if (!row) {
        return context.fail(row.message());
    }
    Json json = rowJson(*row);
    json["equal"] = chosen->equal;
    json["missing"] = chosen->missing;
    json["bad"] = chosen->bad;
    if (!chosen->bad.empty()) {
        context.console.warning(base::amount(chosen->bad.size(), "row") + std::string(base::oneOrMany(chosen->bad.size(), " was", " were")) + " left out; " + oneLine(chosen->bad.front()));
    }
    return context.done(json,
                "Judging " + std::to_string(row->id) + ": " + base::amount(row->pairs, "pair") + " to judge, " + counted(chosen->equal) + " left out with equal answers"
                    + (chosen->missing > 0 ? ", " + counted(chosen->missing) + " with one missing" : "") + ".");
}

void setupJudge(CLI::App& app, Flags& flags)
{
    app.add_option("--judge", flags.judge, "Who judges; each judge has sides of their own; usually me")->option_text("NAME");
}

// The judge's open pairs, in the order of the judging; a skipped one is not asked again.
int next(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto row = judgings.find(flags.judging);
    const auto pairs = row ? judgings.pairs(flags.judging) : Result<std::vector<evaluation::JudgedPair>>(row.error());
    const auto votes = pairs ? judgings.votes(flags.judging) : Result<std::vector<evaluation::Vote>>(pairs.error());
    if (!votes) {
        return context.fail(votes.message());
    }
    std::set<std::int64_t> done;
    for (const auto& vote : *votes) {
        if (vote.judge == flags.judge) {
            done.insert(vote.pair);
        }
    }
    const auto open = std::find_if(pairs->begin(), pairs->end(), [&](const auto& pair) { return !done.contains(pair.number); });
    if (open == pairs->end()) {
        return context.done({{"pair", nullptr}, {"open", 0}}, "Every pair is judged; see luthier judge results " + std::to_string(flags.judging) + ".");
    }
    const bool swapped = evaluation::isSwapped(row->seed, open->number, flags.judge);
    const std::string& left = swapped ? open->secondAnswer : open->firstAnswer;
    const std::string& right = swapped ? open->firstAnswer : open->secondAnswer;
    const Json json{{"pair", open->number}, {"open", pairs->size() - done.size()}, {"prompt", data::toJson(open->prompt)}, {"left", left}, {"right", right}};
    std::string text;
    for (const auto& message : open->prompt) {
        text += message.role + ": " + harmless(message.content) + "\n\n";
    }
    return context.done(json,
                text + "1 (left)\n" + harmless(left) + "\n\n2 (right)\n" + harmless(right) + "\n\nluthier judge vote " + std::to_string(flags.judging) + " --pair "
                    + std::to_string(open->number) + " --choice 1|2|tie|both_bad|skip");
}

void setupVote(CLI::App& app, Flags& flags)
{
    setupJudge(app, flags);
    app.add_option("--pair", flags.pair, "Number of the pair")->required()->option_text("N");
    app.add_option("--choice", flags.vote, "left (1), right (2), tie (3), both_bad (4) or skip (5)")->required()->option_text("CHOICE");
    app.add_option("--note", flags.note, "Why")->option_text("TEXT");
    app.add_option("--correction", flags.correction, "What would have been right: becomes a preference over what it corrects")->option_text("TEXT");
}

int vote(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto choice = evaluation::choiceOf(flags.vote);
    const auto row = choice ? judgings.find(flags.judging) : Result<store::JudgingRow>(choice.error());
    if (!row) {
        return context.fail(row.message());
    }
    if (flags.pair < 1 || flags.pair > row->pairs) {
        return context.fail("judging " + std::to_string(row->id) + " has pairs 1 to " + std::to_string(row->pairs) + ", not " + std::to_string(flags.pair));
    }
    const bool swapped = evaluation::isSwapped(row->seed, flags.pair, flags.judge);
    const auto kept = judgings.vote(row->id, {flags.pair, flags.judge, *choice, swapped, flags.note, flags.correction, 0, ""});
    return kept ? context.done({{"pair", flags.pair}, {"choice", evaluation::rowOf(*choice).id}}, "Kept.") : context.fail(kept.message());
}

int takeBack(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto row = judgings.find(flags.judging);
    const auto gone = row ? judgings.takeBack(flags.judging, flags.judge) : Result<bool>(row.error());
    if (!gone) {
        return context.fail(gone.message());
    }
    return context.done({{"taken_back", *gone}}, *gone ? "The last vote is taken back." : flags.judge + " has not voted yet.");
}

void setupModel(CLI::App& app, Flags& flags)
{
    auto* model = app.add_option("--model", flags.model, "Model folder or GGUF file that judges by the rubric, in both orders")->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter over it")->allow_extra_args(false)->option_text("DIR");
    app.add_option("--reward-model", flags.rewardModel, "Reward model whose scores judge: a folder, an adapter of one, or the run that made it")
        ->excludes(model)
        ->option_text("DIR");
    app.add_option("--rubric", flags.rubric, "File with what the judge is asked: {question}, {first}, {second} and {reference} are replaced, and A or B is its answer. "
                                             "Usually: which one is correct, to the point and short")
        ->option_text("FILE.txt");
    addChatTemplate(app, flags.chatTemplate);
    app.add_option("--name", flags.name, "What the judge is called; usually the folder's name")->option_text("TEXT");
}

Result<evaluation::ModelJudge> modelJudge(const Flags& flags, Context& context)
{
    const bool scores = !flags.rewardModel.empty();
    const std::filesystem::path path = scores ? flags.rewardModel : flags.model;
    const std::string name = !flags.name.empty() ? flags.name : path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
    std::string rubric = evaluation::kUsualRubric;
    if (!flags.rubric.empty()) {
        auto text = base::readFile(flags.rubric);
        auto checked = text ? evaluation::checkRubric(*text) : Result<void>(text.error());
        if (!checked) {
            return text ? Error{flags.rubric + ": " + checked.message()} : checked.error();
        }
        rubric = std::move(*text);
    }
    context.console.progress("loading " + path.string());
    const std::string device = context.globals.deviceOrAuto();
    const std::string dtype = context.globals.dtypeOrAuto();
    auto session = scores ? evaluation::openRewardModel(path, device, dtype)
                          : inference::Session::open({path, adaptersOf(flags.adapters), device, dtype, flags.chatTemplate});
    if (!session) {
        return session.error();
    }
    return scores ? evaluation::ModelJudge::scoring(*session, name) : evaluation::ModelJudge::asking(*session, name, rubric);
}

Json agreementJson(const evaluation::ModelAgreement& model)
{
    return {{"judge", model.judge}, {"judged", model.judged}, {"flips", model.flips}, {"common", model.common}, {"same", model.same}, {"kappa", base::numberJson(model.kappa)},
            {"believable", model.isBelievable}, {"sentence", model.sentence}};
}

int byModel(const Flags& flags, store::Judgings& judgings, Context& context)
{
    if (flags.model.empty() && flags.rewardModel.empty()) {
        context.console.error("give --model or --reward-model: who judges");
        return kWrongUsage;
    }
    const auto row = judgings.find(flags.judging);
    const auto pairs = row ? judgings.pairs(flags.judging) : Result<std::vector<evaluation::JudgedPair>>(row.error());
    const auto votes = pairs ? judgings.votes(flags.judging) : Result<std::vector<evaluation::Vote>>(pairs.error());
    const auto judge = votes ? modelJudge(flags, context) : Result<evaluation::ModelJudge>(votes.error());
    if (!judge) {
        context.console.endProgress();
        return context.fail(judge.message());
    }
    context.interrupts.setKept("every vote so far");
    const auto judged = evaluation::judgeAll(
        *judge, *pairs, *votes, [&](const evaluation::Vote& vote) { return judgings.vote(flags.judging, vote); },
        [&](std::int64_t done, std::int64_t total) { context.console.progress("judging: " + counted(done) + " of " + base::amount(total, "pair")); }, context.cancel);
    context.console.endProgress();
    if (!judged) {
        return context.fail(judged.message() + "; votes so far are kept");
    }
    if (!judged->problems.empty()) {
        context.console.warning(base::amount(judged->problems.size(), "pair") + " could not be judged; " + oneLine(judged->problems.front()));
    }
    const auto now = judgings.votes(flags.judging);
    if (!now) {
        return context.fail(now.message());
    }
    store::RewardTrust trust; // of a reward model
    if (!flags.rewardModel.empty()) {
        const auto project = lookInto(flags.project);
        trust = store::rewardTrustOf(project ? project->get() : nullptr, flags.rewardModel);
    }
    for (const auto& model : evaluation::modelAgreements(*now)) {
        if (model.judge == judge->name()) {
            Json json = agreementJson(model);
            json["new"] = judged->judged;
            json["problems"] = judged->problems;
            if (!trust.sentence.empty()) {
                json["held_out_accuracy"] = trust.accuracy ? Json(*trust.accuracy) : Json();
            }
            return context.done(json, base::amount(judged->judged, "pair") + " judged; in " + counted(model.flips) + " of " + counted(model.judged) + " the order of the answers decided, which counts as a tie.\n"
                                  + model.sentence + (trust.sentence.empty() ? "" : "\n" + trust.sentence));
        }
    }
    return context.fail("no pair could be judged" + (judged->problems.empty() ? std::string() : "; " + judged->problems.front()));
}

void setupCounting(CLI::App& app, Flags& flags)
{
    app.add_flag("--with-models", flags.countModels, "Votes of models count as people's do; usually people's alone");
}

std::vector<evaluation::Vote> counting(const Flags& flags, const std::vector<evaluation::Vote>& votes)
{
    return flags.countModels ? votes : evaluation::votesOfPeople(votes);
}

Json tallyJson(const evaluation::Tally& tally, const std::string& first, const std::string& second)
{
    return {{"first", first},       {"second", second},       {"pairs", tally.pairs},     {"judged", tally.judged},   {"won", tally.won},
            {"lost", tally.lost},   {"ties", tally.ties},     {"both_bad", tally.bothBad}, {"skipped", tally.skipped}, {"rate", base::numberJson(tally.rate)},
            {"low", base::numberJson(tally.interval.low)}, {"high", base::numberJson(tally.interval.high)}, {"left_rate", base::numberJson(tally.leftRate)},
            {"longer_rate", base::numberJson(tally.longerRate)}, {"clear", tally.isClear}, {"contradicted", tally.isContradicted}};
}

int results(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto row = judgings.find(flags.judging);
    const auto pairs = row ? judgings.pairs(flags.judging) : Result<std::vector<evaluation::JudgedPair>>(row.error());
    const auto votes = pairs ? judgings.votes(flags.judging) : Result<std::vector<evaluation::Vote>>(pairs.error());
    if (!votes) {
        return context.fail(votes.message());
    }
    std::set<std::pair<std::string, std::string>> contests;
    for (const auto& pair : *pairs) {
        contests.insert({pair.first, pair.second});
    }
    Json json{{"judging", rowJson(*row)}, {"contests", Json::array()}, {"ratings", Json::array()}};
    std::string text;
    for (const auto& [first, second] : contests) {
        const auto tally = evaluation::tallyOf(*pairs, counting(flags, *votes), first, second);
        json["contests"].push_back(tallyJson(tally, first, second));
        text += tally.sentence + "\n  " + second + " won " + counted(tally.won) + ", lost " + counted(tally.lost) + ", as good " + counted(tally.ties) + ", both bad "
                + counted(tally.bothBad) + ", skipped " + counted(tally.skipped)
                + (std::isfinite(tally.longerRate) ? "; the longer answer won " + fixed(100 * tally.longerRate, 0) + " %, the left one " + fixed(100 * tally.leftRate, 0) + " %" : "")
                + "\n";
    }
    const auto ratings = evaluation::ratingsOf(*pairs, counting(flags, *votes));
    Table table({{"system"}, {"rating", false, true}, {"95 %", false, true}, {"votes", false, true}});
    for (const auto& rated : ratings) {
        json["ratings"].push_back({{"system", rated.system}, {"rating", rated.rating.value}, {"low", rated.rating.interval.low}, {"high", rated.rating.interval.high},
                                   {"battles", rated.rating.battles}, {"bounded", rated.rating.isBounded}});
        table.add({rated.system, fixed(rated.rating.value, 0),
                   rated.rating.isBounded ? fixed(rated.rating.interval.low, 0) + " to " + fixed(rated.rating.interval.high, 0) : "no bound: all won or all lost",
                   counted(rated.rating.battles)});
    }
    const auto agreement = evaluation::agreementOf(counting(flags, *votes));
    json["agreement"] = {{"judges", agreement.judges}, {"pairs", agreement.pairs}, {"kappa", base::numberJson(agreement.kappa)}, {"alpha", base::numberJson(agreement.alpha)}};
    if (ratings.size() > 2) {
        text += "\n" + table.toText(context.console.width()) + "\n";
    }
    if (agreement.pairs > 0) {
        text += "\n" + base::amount(agreement.judges.size(), "judge") + " on " + base::amount(agreement.pairs, "pair") + ": alpha " + fixed(agreement.alpha, 3)
                + (std::isfinite(agreement.kappa) ? ", kappa " + fixed(agreement.kappa, 3) : "") + "\n";
    }
    json["models"] = Json::array();
    for (const auto& model : evaluation::modelAgreements(*votes)) {
        json["models"].push_back(agreementJson(model));
        text += "\n" + model.sentence + " In " + counted(model.flips) + " of its " + base::amount(model.judged, "pair") + " the order of the answers decided.\n";
    }
    text.pop_back();
    return context.done(json, text);
}

void setupPreferences(CLI::App& app, Flags& flags)
{
    setupCounting(app, flags);
    app.add_option("-o,--out", flags.out, "Data file to write: rows of prompt, chosen and rejected, for DPO or a reward model")->required()->option_text("FILE.jsonl");
}

int preferences(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto row = judgings.find(flags.judging);
    const auto pairs = row ? judgings.pairs(flags.judging) : Result<std::vector<evaluation::JudgedPair>>(row.error());
    const auto votes = pairs ? judgings.votes(flags.judging) : Result<std::vector<evaluation::Vote>>(pairs.error());
    if (!votes) {
        return context.fail(votes.message());
    }
    const auto written = evaluation::writePreferences(*pairs, counting(flags, *votes), flags.out);
    if (!written) {
        return context.fail(written.message());
    }
    return context.done({{"rows", *written}, {"file", flags.out}}, flags.out + ": " + base::amount(*written, "preference"));
}

int remove(const Flags& flags, store::Judgings& judgings, Context& context)
{
    const auto row = judgings.find(flags.judging);
    auto gone = row ? judgings.remove(flags.judging) : Result<void>(row.error());
    return gone ? context.done({{"id", flags.judging}, {"deleted", true}}, "Judging " + std::to_string(flags.judging) + " deleted, with its votes.")
                : context.fail(gone.message());
}

void setupNothing(CLI::App&, Flags&) {}

constexpr std::array kVerbs{
    Verb{"list", "All judgings of the project", false, false, setupNothing, list},
    Verb{"new", "Pairs to judge out of an evaluation's answers or a file", true, false, setupNew, create},
    Verb{"next", "The next pair that a judge has not judged, its makers hidden", false, true, setupJudge, next},
    Verb{"vote", "A judge's vote on a pair", true, true, setupVote, vote},
    Verb{"take-back", "Take back a judge's last vote", true, true, setupJudge, takeBack},
    Verb{"model", "A model votes on every pair, by a rubric or as a reward model, and is held against people's votes", true, true, setupModel, byModel},
    Verb{"results", "Win rates with intervals, ratings, agreement between judges", false, true, setupCounting, results},
    Verb{"preferences", "Votes and corrections as a data file of preferences", false, true, setupPreferences, preferences},
    Verb{"delete", "Delete a judging with its votes", true, true, setupNothing, remove},
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        if (verb.takesJudging) {
            sub->add_option("judging", flags.judging, "Number of a judging")->required()->option_text("JUDGING");
        }
        verb.setup(*sub, flags);
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& flags, Context& context)
{
    const ProjectUse use = flags.verb->run == create ? ProjectUse::Make : flags.verb->writes ? ProjectUse::Write : ProjectUse::Look;
    return inProject(flags.project, use, "judge", context,
                     [&](const std::shared_ptr<store::Project>& project) { return flags.verb->run(flags, project->judgings(), context); });
}

} // namespace
} // namespace judge_command

Command judgeCommand()
{
    return command<judge_command::Flags>("judge", "Blind judging of two answers: pairs, votes, win rates, and the votes as preference data",
                          "luthier judge new --evaluation ~/tunes/evaluations/1 --project ~/tunes\n"
                          "luthier judge next 1 --project ~/tunes\n"
                          "luthier judge vote 1 --pair 1 --choice left --note \"names the price\" --project ~/tunes\n"
                          "luthier judge model 1 --model MODEL --rubric rubric.txt --project ~/tunes\n"
                          "luthier judge results 1 --project ~/tunes\n"
                          "luthier judge preferences 1 --out preferences.jsonl --project ~/tunes",
                          judge_command::setup, judge_command::run)
        .withTensorsOnlyIn({"model"});
}

} // namespace luthier::cli
