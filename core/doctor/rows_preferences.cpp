// SPDX-License-Identifier: GPL-3.0-or-later
// What learning from preferences and from answers of its own says of itself: chance that stays, chosen answers that fall, a KL
// that runs away, rewards that are bought with length or repetition, answers that are all alike.
#include "core/config/usual_rate.h"
#include "core/doctor/rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace luthier::doctor {

namespace {

constexpr std::size_t kWindow = 16; // steps that a mean is taken over

std::string percent(double share)
{
    return std::to_string(std::lround(share * 100)) + " %";
}

// Means of a measure over the first and over the newest steps, where both are full and do not overlap.
struct Course {
    double first = 0;
    double before = 0; // over the window before the newest
    double now = 0;
};

template <class Steps>
std::vector<double> valuesOf(const Steps& steps, std::size_t from, std::size_t count, const measures::Measure& measure)
{
    std::vector<double> values;
    for (std::size_t i = from; i < from + count && i < steps.size(); ++i) {
        if (const auto value = measures::find(steps[i].measures, measure)) {
            values.push_back(*value);
        }
    }
    return values;
}

std::optional<Course> courseOf(const History& run, std::string_view id)
{
    const auto newest = run.newest(2 * kWindow);
    if (newest.size() < 2 * kWindow || run.first().size() < kWindow || run.first()[kWindow - 1].step >= newest.front().step + static_cast<std::int64_t>(kWindow)) {
        return std::nullopt;
    }
    const measures::Measure& measure = measures::measureOf(id);
    const auto first = valuesOf(run.first(), 0, kWindow, measure);
    const auto before = valuesOf(newest, 0, kWindow, measure);
    const auto now = valuesOf(newest, kWindow, kWindow, measure);
    if (first.size() < kWindow || before.size() < kWindow || now.size() < kWindow) {
        return std::nullopt;
    }
    return Course{mean(first), mean(before), mean(now)};
}

bool isOne(const config::RunConfig& recipe, std::initializer_list<const char*> kinds)
{
    for (const char* kind : kinds) {
        if (recipe.objective.kind == kind) {
            return true;
        }
    }
    return false;
}

// What is told apart: the answers of pairs, or answers that were judged one by one.
struct Sides {
    const char* better;
    const char* both;
};

Sides sidesOf(const config::RunConfig& recipe)
{
    return isOne(recipe, {"kto"}) ? Sides{"good", "good and bad"} : Sides{"chosen", "chosen and rejected"};
}

// -ln sigmoid(0): what a pair costs that is not told apart.
std::optional<Finding> stuckAtChance(const History& run, const config::RunConfig& recipe)
{
    constexpr double kNear = 0.01;
    constexpr std::size_t kSteps = 40;
    const auto newest = run.newest(kSteps);
    if (!isOne(recipe, {"dpo", "reward"}) || newest.size() < kSteps) {
        return std::nullopt;
    }
    std::vector<double> losses;
    for (const Step& step : newest) {
        losses.push_back(step.loss);
    }
    const double loss = mean(losses);
    if (!(std::abs(loss - std::numbers::ln2) < kNear)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The loss has stayed at " + shortNumber(loss) + " for " + std::to_string(kSteps) + " steps: ln 2 is what a coin says of a pair.";
    finding.explanation = "Chosen and rejected answers are not told apart yet.";
    const double usual = config::usualRate(recipe.method.kind, recipe.objective.kind);
    addRate(finding.remedies, recipe, std::max(5.0, usual / std::max(recipe.optimizer.learningRate, 1e-12)), ", so that something moves");
    addRemedy(finding.remedies, recipe, "data.train", "", "Check that chosen and rejected are not the wrong way round in half of the rows, and that they differ in what matters.");
    return finding;
}

// A run that went the right way and ended before it got anywhere: what a rate for large models does to a small one.
std::optional<Finding> barelyLearned(const History& run, const config::RunConfig& recipe)
{
    constexpr double kLittle = 0.15; // of what a pair costs that is not told apart
    constexpr double kWanted = 1; // of it, were the loss to go on falling as fast
    const auto all = run.of(measures::kHeldOutSet);
    if (!isOne(recipe, {"dpo", "kto", "reward"}) || !run.end() || !run.end()->isFinished || all.size() < 2 || all.front().step != 0 || run.step() < static_cast<std::int64_t>(kWindow)
        || stuckAtChance(run, recipe)) {
        return std::nullopt;
    }
    const double before = *all.front().loss;
    const double after = *all.back().loss;
    if (!(after < before * (1 + kRise)) || before - after > kLittle * std::numbers::ln2) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The held-out loss was " + shortNumber(before) + " before the first step and " + shortNumber(after) + " behind the last: the run ended before "
                       + sidesOf(recipe).both + " answers stood apart.";
    finding.explanation = "The steps are too short or too few, as usual rates, which suit models of billions of weights, are for small ones.";
    // Small changes grow with the length of the steps. DPO of the bundled pairs, 50 steps: held-out loss 0.664 and accuracy 0.85 at the
    // usual rate, 0.324 and 0.92 at 23 times as much, 0.611 and 0.92 with three times the steps instead.
    addRate(finding.remedies, recipe, std::round(std::clamp(kWanted * std::numbers::ln2 / std::max(before - after, 1e-6), 3.0, 30.0)), isOne(recipe, {"kto"}) ? ", and see whether the answers follow the loss" : ", and see whether accuracy and answers follow the loss");
    addRemedy(finding.remedies, recipe, "run.epochs", shortNumber(recipe.run.epochs * 3),
              "Set run.epochs to " + shortNumber(recipe.run.epochs * 3) + " as well where answers stay as they were: more steps alone move little at such a rate.");
    return finding;
}

std::optional<Finding> chosenFalls(const History& run, const config::RunConfig& recipe)
{
    constexpr double kNats = 1;
    constexpr double kShare = 0.05;
    const measures::Measure& measure = measures::measureOf("logp_chosen");
    std::vector<std::pair<std::int64_t, double>> course;
    for (const Evaluation& evaluation : run.of(measures::kHeldOutSet)) {
        if (const auto value = measures::find(evaluation.measures, measure)) {
            course.emplace_back(evaluation.step, *value);
        }
    }
    if (course.size() < 2 || course.front().first != 0 || !(course.front().second - course.back().second > std::max(kNats, kShare * std::abs(course.front().second)))) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = std::string("The ") + sidesOf(recipe).better + " answers have become less likely: ln p " + shortNumber(course.front().second) + " before the first step, " + shortNumber(course.back().second)
                       + " at step " + std::to_string(course.back().first) + ".";
    finding.explanation = isOne(recipe, {"kto"}) ? "Common where only the distance between good and bad answers counts: both fall, the bad ones faster. It does harm where answers get worse."
                                                 : "Common where only the distance to the rejected answers counts: both fall, the rejected ones faster. It does harm where answers get worse.";
    addRemedy(finding.remedies, recipe, "objective.nll_weight", "0.2", "Set objective.nll_weight to 0.2, which keeps the chosen answers likely.");
    addRate(finding.remedies, recipe, 0.5, "");
    return finding;
}

std::optional<Finding> klRunsAway(const History& run, const config::RunConfig& recipe)
{
    constexpr double kMuch = 0.5; // nats a token
    constexpr double kTimes = 1.5;
    const auto course = isOne(recipe, {"ppo", "grpo", "rloo"}) ? courseOf(run, "kl") : std::nullopt;
    if (!course || !(course->now > kMuch && course->now > kTimes * course->before)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The model moves away from where it began ever faster: a KL of " + shortNumber(course->now) + " nats a token over the last " + std::to_string(kWindow)
                       + " steps, " + shortNumber(course->before) + " over those before.";
    finding.explanation = "What it says has little left of the base's language, and rewards are no longer worth what they were.";
    addRemedy(finding.remedies, recipe, "objective.kl_in_reward", "0.2", "Set objective.kl_in_reward to 0.2, so that going away costs more.");
    addRemedy(finding.remedies, recipe, "objective.kl_in_loss", "0.05", "Set objective.kl_in_loss to 0.05, so that going away costs something.");
    addRate(finding.remedies, recipe, 0.3, "");
    return finding;
}

// A reward that rises while answers grow or say the same again and again is seldom what was meant.
std::optional<Finding> boughtReward(const History& run, const config::RunConfig& recipe)
{
    constexpr double kTimes = 2;
    constexpr double kTokens = 10;
    constexpr double kRepeats = 0.3;
    const auto reward = courseOf(run, "reward");
    if (!reward || !(reward->now > reward->first)) {
        return std::nullopt;
    }
    const auto length = courseOf(run, "answer_tokens");
    const auto repeats = courseOf(run, "repeat_share");
    const bool isLonger = length && length->now > kTimes * length->first && length->now > length->first + kTokens;
    const bool repeatsMore = repeats && repeats->now > kRepeats && repeats->now > kTimes * repeats->first;
    if (!isLonger && !repeatsMore) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The reward has risen from " + shortNumber(reward->first) + " to " + shortNumber(reward->now) + " while "
                       + (isLonger ? "answers have grown from " + shortNumber(length->first) + " to " + shortNumber(length->now) + " tokens"
                                   : percent(repeats->now) + " of what answers say stood in them before (" + percent(repeats->first) + " at the start)")
                       + ".";
    finding.explanation = isLonger ? "Length may be what earns the reward." : "Repetition may be what earns the reward.";
    addRemedy(finding.remedies, recipe, "objective.rewards", "", std::string("Read the answers of the newest update (luthier rollouts, sorted by reward), and add a rule against it, such as ")
              + (isLonger ? "length most=60." : "expression formula=-repeats."));
    addRemedy(finding.remedies, recipe, "objective.kl_in_reward", "0.2", "Set objective.kl_in_reward to 0.2, so that odd answers cost more.");
    addRemedy(finding.remedies, recipe, "objective.kl_in_loss", "0.05", "Set objective.kl_in_loss to 0.05, so that odd answers cost something.");
    return finding;
}

std::optional<Finding> entropyGone(const History& run, const config::RunConfig& recipe)
{
    constexpr double kLittle = 0.01; // nats a token
    constexpr double kShare = 0.1;   // of what it was
    const auto course = courseOf(run, "entropy");
    if (!course || !(course->now < kLittle && course->now < kShare * course->first)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The entropy has fallen from " + shortNumber(course->first) + " to " + shortNumber(course->now) + " nats a token.";
    finding.explanation = "The model gives nearly the same answer each time, so there is nothing left to compare.";
    addRate(finding.remedies, recipe, 0.5, "");
    addRemedy(finding.remedies, recipe, "objective.clip_high", "0.28", "Set objective.clip_high to 0.28, so that rare tokens can grow.");
    addRemedy(finding.remedies, recipe, "objective.kl_in_reward", "0.2", "Set objective.kl_in_reward to 0.2, which holds the model near the base's variety.");
    addRemedy(finding.remedies, recipe, "objective.kl_in_loss", "0.05", "Set objective.kl_in_loss to 0.05, which holds the model near the base's variety.");
    return finding;
}

std::optional<Finding> noSpread(const History& run, const config::RunConfig& recipe)
{
    constexpr double kMost = 0.8;
    std::vector<double> flat;
    std::vector<double> rewards;
    for (const Step& step : run.newest(kWindow)) {
        const auto share = measures::find(step.measures, measures::measureOf("no_spread_share"));
        const auto reward = measures::find(step.measures, measures::measureOf("reward"));
        if (share && reward) {
            flat.push_back(*share);
            rewards.push_back(*reward);
        }
    }
    if (flat.size() < kWindow || !(mean(flat) > kMost)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "In " + percent(mean(flat)) + " of the groups of the last " + std::to_string(kWindow) + " steps all answers had the same reward (" + shortNumber(mean(rewards))
                       + " on average).";
    finding.explanation = "A group without spread teaches nothing: its prompts are too easy or too hard by now, or the rule tells nothing apart.";
    addRemedy(finding.remedies, recipe, "objective.temperature", "", "Draw at a higher objective.temperature, so that answers differ.");
    addRemedy(finding.remedies, recipe, "objective.rewards", "", "Add a rule that tells more than right and wrong, such as length with slack, or prompts of other difficulty.");
    addRemedy(finding.remedies, recipe, "objective.group", "16", "Set objective.group to 16: more answers to a prompt differ sooner.");
    return finding;
}

} // namespace

Row stuckAtChanceRow()
{
    return {"stuck_at_chance", "Stuck at chance", "A preference loss that stays at ln 2", When::Step, stuckAtChance};
}

Row barelyLearnedRow()
{
    return {"barely_learned", "Barely learned", "A preference run that ended before better and worse answers stood apart", When::End, barelyLearned};
}

Row chosenFallsRow()
{
    return {"chosen_falls", "Chosen answers fall", "Chosen or good answers that become less likely than before the run", When::Evaluation, chosenFalls};
}

Row klRunsAwayRow()
{
    return {"kl_runs_away", "KL runs away", "A distance from the start that grows ever faster", When::Step, klRunsAway};
}

Row boughtRewardRow()
{
    return {"bought_reward", "Reward by length or repetition", "A reward that rises while answers grow or repeat themselves", When::Step, boughtReward};
}

Row entropyGoneRow()
{
    return {"entropy_gone", "Entropy gone", "Answers that are the same each time", When::Step, entropyGone};
}

Row noSpreadRow()
{
    return {"no_spread", "Groups without spread", "Groups of answers that all have one reward", When::Step, noSpread};
}

} // namespace luthier::doctor
