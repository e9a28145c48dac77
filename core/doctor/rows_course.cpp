// SPDX-License-Identifier: GPL-3.0-or-later
// What evaluations, the rate, the speed and the rows say of a run.
#include "core/doctor/rows.h"
#include "core/optim/schedules.h"

#include <algorithm>
#include <cmath>

namespace luthier::doctor {

namespace {

constexpr std::string_view kGeneralSet = "general";

std::string percent(double share)
{
    return std::to_string(std::lround(share * 100)) + " %";
}

// Raises a share that works against learning by heart.
void addShare(std::vector<Remedy>& remedies, const config::RunConfig& recipe, const std::string& key, double now, double usual, const std::string& what)
{
    const double next = now >= usual ? std::min(0.5, now * 2) : usual;
    addRemedy(remedies, recipe, key, shortNumber(next), "Raise " + key + " to " + shortNumber(next) + what + ".");
}

double settingOf(const config::RunConfig& recipe, std::string_view key)
{
    config::RunConfig copy = recipe;
    const auto setting = config::findSetting(key);
    const auto value = setting ? setting->field->get(setting->part->object(copy)) : fields::Value(0.0);
    return std::holds_alternative<double>(value) ? std::get<double>(value) : 0;
}

void addFewerSteps(std::vector<Remedy>& remedies, const config::RunConfig& recipe)
{
    if (recipe.run.epochs > 1) {
        const std::string value = shortNumber(std::max(1.0, std::floor(recipe.run.epochs / 2)));
        addRemedy(remedies, recipe, "run.epochs", value, "Train for run.epochs " + value + ".");
    }
    addRemedy(remedies, recipe, "run.keep", "best", "Set run.keep to best, so that the result is the best step's.");
    if (recipe.run.patience == 0) {
        addRemedy(remedies, recipe, "run.patience", "3", "Set run.patience to 3, so that the run ends by itself.");
    }
}

// The mean loss of the kept steps in (from, to]; NaN: none is kept.
double lossBetween(const History& run, std::int64_t from, std::int64_t to)
{
    std::vector<double> losses;
    for (const Step& step : run.first()) {
        if (step.step > from && step.step <= to) {
            losses.push_back(step.loss);
        }
    }
    for (const Step& step : run.last()) {
        if (step.step > from && step.step <= to && (run.first().empty() || step.step > run.first().back().step)) {
            losses.push_back(step.loss);
        }
    }
    return mean(losses);
}

std::optional<Finding> overfitting(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kWorse = 2;      // evaluations behind the best one
    constexpr double kShare = 0.01;        // of the best loss
    const auto all = run.of(measures::kHeldOutSet);
    if (all.size() < kWorse + 2) {
        return std::nullopt;
    }
    const auto best = std::min_element(all.begin(), all.end(), [](const Evaluation& a, const Evaluation& b) { return *a.loss < *b.loss; });
    const auto at = static_cast<std::size_t>(best - all.begin());
    const double limit = *best->loss + kShare * std::abs(*best->loss);
    const bool isWorse = at > 0 && all.size() - at > kWorse && *all.back().loss >= *all[all.size() - 2].loss // and no better again
                         && std::all_of(all.end() - kWorse, all.end(), [&](const Evaluation& e) { return *e.loss > limit; });
    const double before = lossBetween(run, all[at > 0 ? at - 1 : 0].step, best->step);
    const double now = lossBetween(run, all[all.size() - 2].step, all.back().step);
    if (!isWorse || !(now < before)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The held-out loss has risen from " + shortNumber(*best->loss) + " at step " + std::to_string(best->step) + " to "
                       + shortNumber(*all.back().loss) + ", while the training loss fell from " + shortNumber(before) + " to " + shortNumber(now) + ".";
    finding.explanation = "The run learns its rows by heart, and what is new gets worse.";
    addFewerSteps(finding.remedies, recipe);
    addShare(finding.remedies, recipe, "method.dropout", settingOf(recipe, "method.dropout"), 0.1, " (dropout)");
    addShare(finding.remedies, recipe, "optimizer.weight_decay", settingOf(recipe, "optimizer.weight_decay"), 0.1, " (weight decay)");
    addRemedy(finding.remedies, recipe, "data.train", "", "Add rows, or say the present ones in other forms (augmentation: luthier data augment).");
    return finding;
}

std::optional<Finding> neverBetter(const History& run, const config::RunConfig& recipe)
{
    const auto all = run.of(measures::kHeldOutSet);
    if (!run.end() || !run.end()->isFinished || all.size() < 2 || all.front().step != 0) {
        return std::nullopt;
    }
    const bool isNever = std::all_of(all.begin() + 1, all.end(), [&](const Evaluation& e) { return *e.loss > *all.front().loss * (1 + kRise); });
    if (!isNever) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The held-out loss was never lower than before the first step (" + shortNumber(*all.front().loss) + "; at the end "
                       + shortNumber(*all.back().loss) + ").";
    finding.explanation = "The base answers these rows better than what was trained.";
    addRate(finding.remedies, recipe, 0.2, ", so that less of what the base knows is lost");
    addRemedy(finding.remedies, recipe, "data.train", "", "Check that the training rows are of the kind that is held out.");
    return finding;
}

std::optional<Finding> generalWorse(const History& run, const config::RunConfig& recipe)
{
    constexpr double kShare = 0.05;
    const auto all = run.of(kGeneralSet);
    if (all.size() < 2 || all.front().step != 0 || !(*all.back().loss > *all.front().loss * (1 + kShare))) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The loss of the general data has risen from " + shortNumber(*all.front().loss) + " to " + shortNumber(*all.back().loss)
                       + " by step " + std::to_string(all.back().step) + ".";
    finding.explanation = "The model forgets what it could do before.";
    const double share = recipe.data.generalShare > 0 ? recipe.data.generalShare * 2 : 0.1;
    addRemedy(finding.remedies, recipe, "data.general_share", shortNumber(share), "Mix general rows into the training: data.general_share " + shortNumber(share) + ".");
    addRate(finding.remedies, recipe, 0.5, "");
    addFewerSteps(finding.remedies, recipe);
    return finding;
}

std::optional<Finding> stillWarming(const History& run, const config::RunConfig& recipe)
{
    const std::int64_t total = run.start() ? run.start()->totalSteps : 0;
    const std::int64_t warmup = optim::warmupSteps(recipe.schedule, total);
    if (warmup == 0 || warmup < total) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The learning rate will still be rising at the last of " + std::to_string(total) + " steps.";
    finding.explanation = "The warm-up takes the whole run, so it never learns at the rate that was asked for.";
    addRemedy(finding.remedies, recipe, "schedule.warmup_ratio", "0.1", "Set schedule.warmup_ratio to 0.1.");
    return finding;
}

std::optional<Finding> slower(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kWindow = 20;
    constexpr double kShare = 0.6;
    const auto now = run.newest(kWindow);
    if (run.steps() < static_cast<std::int64_t>(3 * kWindow) || run.first().size() < 2 * kWindow) {
        return std::nullopt;
    }
    const auto speeds = [](auto begin, auto end) {
        std::vector<double> all;
        std::transform(begin, end, std::back_inserter(all), [](const Step& s) { return s.tokensPerSecond; });
        return median(std::move(all));
    };
    const auto begin = run.first().begin() + kWindow; // behind what is made ready in the first steps
    const double before = speeds(begin, begin + kWindow);
    const double after = speeds(now.begin(), now.end());
    if (!(after < kShare * before)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "Training has slowed down from " + shortNumber(before) + " to " + shortNumber(after) + " tokens a second.";
    finding.explanation = "Something else takes the machine, memory is short and moves to disk, or the device is hot and lowers its clock.";
    if (recipe.optimizer.paging == "on") {
        addRemedy(finding.remedies, recipe, "optimizer.paging", "auto", "Let optimizer.paging be automatic, where the card has room.");
    }
    if (recipe.run.batchSize > 1) {
        addRemedy(finding.remedies, recipe, "run.batch_size", std::to_string(recipe.run.batchSize / 2),
                  "Halve run.batch_size and double run.gradient_accumulation, where memory is short: the result stays the same.");
    }
    return finding;
}

std::optional<Finding> cutRows(const History& run, const config::RunConfig& recipe)
{
    constexpr double kShare = 0.05;
    const Start& start = *run.start();
    if (start.trainRows == 0 || static_cast<double>(start.truncatedRows) < kShare * static_cast<double>(start.trainRows)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = std::to_string(start.truncatedRows) + " rows (" + percent(static_cast<double>(start.truncatedRows) / static_cast<double>(start.trainRows + start.skippedRows))
                       + ") are cut after " + std::to_string(recipe.data.maxLength) + " tokens.";
    finding.explanation = "Their answers have no end, so the model may not learn to stop.";
    addRemedy(finding.remedies, recipe, "data.max_length", std::to_string(recipe.data.maxLength * 2), "Raise data.max_length to " + std::to_string(recipe.data.maxLength * 2)
              + ", or leave long rows out.");
    return finding;
}

std::optional<Finding> cutAnswers(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kSteps = 10;
    constexpr double kShare = 0.5;
    std::vector<double> ended;
    for (const Step& step : run.newest(kSteps)) {
        if (const auto share = measures::find(step.measures, measures::measureOf("ended_share"))) {
            ended.push_back(*share);
        }
    }
    const double share = mean(ended);
    if (ended.size() < kSteps || !(share < kShare)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "Only " + percent(share) + " of the answers of the last steps ended by themselves.";
    finding.explanation = "The others were cut, so their rewards are of half an answer.";
    addRemedy(finding.remedies, recipe, "objective.max_new", "", "Raise objective.max_new, or reward short answers (rule length).");
    addRemedy(finding.remedies, recipe, "objective.missing_end_penalty", "1", "Set objective.missing_end_penalty to 1, so that an end is worth something.");
    return finding;
}

} // namespace

Row overfittingRow()
{
    return {"overfitting", "Learning by heart", "A held-out loss that rises while the training loss falls", When::Evaluation, overfitting};
}

Row neverBetterRow()
{
    return {"never_better", "Never better", "A held-out loss that was never lower than the base's", When::End, neverBetter};
}

Row generalWorseRow()
{
    return {"general_worse", "Forgetting", "A loss of the general data above what it was", When::Evaluation, generalWorse};
}

Row stillWarmingRow()
{
    return {"still_warming", "Still warming up", "A warm-up as long as the run", When::Start, stillWarming};
}

Row slowerRow()
{
    return {"slower", "Slower", "Tokens a second far below those of the beginning", When::Step, slower};
}

Row cutRowsRow()
{
    return {"cut_rows", "Rows cut", "Many rows longer than data.max_length", When::Start, cutRows};
}

Row cutAnswersRow()
{
    return {"cut_answers", "Answers cut", "Sampled answers that do not end by themselves", When::Step, cutAnswers};
}

} // namespace luthier::doctor
