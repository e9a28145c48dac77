// SPDX-License-Identifier: GPL-3.0-or-later
// What losses, gradients and weights say of a run.
#include "core/doctor/rows.h"
#include "core/objectives/objectives.h"

#include <algorithm>
#include <cmath>

namespace luthier::doctor {

namespace {

std::string atStep(std::int64_t step)
{
    return "step " + std::to_string(step);
}

// Losses of answers that are made while training stand around zero, whatever is learned.
bool countsTokens(const config::RunConfig& recipe)
{
    const auto* objective = objectives::findObjective(recipe.objective.kind);
    return objective && !objective->rollouts && objective->divisor == objectives::Divisor::TrainedTokens;
}

std::optional<Finding> notFinite(const History& run, const config::RunConfig& recipe)
{
    const Step& step = run.last().back();
    if (step.isFinite()) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = std::string("The ") + (std::isfinite(step.loss) ? "gradient" : "loss") + " of " + atStep(step.step) + " is not a finite number.";
    finding.explanation = "Nothing of that step was applied. It happens where steps are too large for the weights, or numbers too large for "
                          "their format; where it goes on, the run stops at the last good weights.";
    addRate(finding.remedies, recipe, 0.5, ", so that steps stay small");
    if (recipe.optimizer.maxGradNorm <= 0) {
        addRemedy(finding.remedies, recipe, "optimizer.max_grad_norm", "1", "Set optimizer.max_grad_norm to 1, which bounds each step.");
    }
    if (recipe.model.dtype == "fp16") {
        addRemedy(finding.remedies, recipe, "model.dtype", "bf16", "Train in bf16, whose numbers reach as far as those of fp32.");
    }
    return finding;
}

std::optional<Finding> zeroLoss(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kSteps = 5;
    constexpr double kZero = 1e-6;
    const auto steps = run.newest(kSteps);
    const bool isZero = steps.size() == kSteps && std::all_of(steps.begin(), steps.end(), [](const Step& s) { return std::abs(s.loss) < kZero; });
    if (!isZero || !countsTokens(recipe)) {
        return std::nullopt;
    }
    const bool fromStart = std::all_of(run.first().begin(), run.first().end(), [](const Step& s) { return std::abs(s.loss) < kZero; });
    Finding finding;
    finding.sentence = "The loss has been zero since " + atStep(steps.front().step) + ".";
    if (fromStart) {
        finding.explanation = "It never was anything else, so the tokens that count are ones that the model cannot miss: look at a row with its mask.";
        addRemedy(finding.remedies, recipe, "data.train_on", "all", "Set data.train_on to all where the texts themselves are to be learned.");
        addRemedy(finding.remedies, recipe, "model.chat_template", "", "Check that model.chat_template writes the answers as the data means them.");
    } else {
        finding.explanation = "Every row is known by heart, and more steps teach nothing.";
        addRemedy(finding.remedies, recipe, "run.epochs", shortNumber(std::max(1.0, std::floor(recipe.run.epochs / 2))), "Train for fewer run.epochs.");
        addRemedy(finding.remedies, recipe, "run.keep", "best", "Set run.keep to best, so that the result is the best step's.");
    }
    return finding;
}

bool hasNoGradient(const Step& step)
{
    return step.gradNorm == 0;
}

// Why no gradient comes, and what brings one.
void explainNoGradient(Finding& finding, const config::RunConfig& recipe)
{
    const auto* objective = objectives::findObjective(recipe.objective.kind);
    if (objective && objective->rollouts) {
        finding.explanation = "All answers to a prompt have the same reward, so none is better than another.";
        addRemedy(finding.remedies, recipe, "objective.temperature", "1", "Draw answers at objective.temperature 1, so that they differ.");
        addRemedy(finding.remedies, recipe, "objective.rewards", "", "Choose objective.rewards that tell these answers apart.");
    } else {
        finding.explanation = "What is trained has no part in the loss, or the loss cannot fall any further: nothing is learned.";
        addRemedy(finding.remedies, recipe, "method.target_modules", "all-linear", "Train more projections: method.target_modules all-linear.");
    }
}

std::optional<Finding> zeroGradient(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kSteps = 3;
    const auto steps = run.newest(kSteps);
    if (steps.size() < kSteps || !std::all_of(steps.begin(), steps.end(), hasNoGradient)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The gradient has been exactly zero since " + atStep(steps.front().step) + ".";
    explainNoGradient(finding, recipe);
    return finding;
}

std::optional<Finding> exploding(const History& run, const config::RunConfig& recipe)
{
    constexpr std::size_t kKnown = 20;  // steps that say what is usual
    constexpr std::size_t kRecent = 3;
    constexpr double kTimes = 30;
    const auto steps = run.newest(kKnown + kRecent);
    if (steps.size() < kKnown + kRecent) {
        return std::nullopt;
    }
    std::vector<double> usual;
    for (std::size_t i = 0; i < kKnown; ++i) {
        usual.push_back(steps[i].gradNorm);
    }
    const double level = median(usual);
    const bool isLarge = level > 0 && std::all_of(steps.end() - kRecent, steps.end(), [&](const Step& s) { return s.gradNorm > kTimes * level; });
    if (!isLarge) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "The gradient norm is " + shortNumber(steps.back().gradNorm) + " at " + atStep(steps.back().step) + ", where "
                       + shortNumber(level) + " was usual.";
    finding.explanation = "The weights have left the region in which small steps help, and the loss will follow.";
    addRate(finding.remedies, recipe, 0.5, " and go on from the checkpoint before");
    if (recipe.optimizer.maxGradNorm <= 0 || recipe.optimizer.maxGradNorm > 1) {
        addRemedy(finding.remedies, recipe, "optimizer.max_grad_norm", "1", "Set optimizer.max_grad_norm to 1, which bounds each step.");
    }
    addRemedy(finding.remedies, recipe, "schedule.warmup_ratio", shortNumber(std::min(0.5, std::max(0.1, recipe.schedule.warmupRatio * 2))),
              "Warm up for longer (schedule.warmup_ratio).");
    return finding;
}

std::optional<Finding> unmoved(const History& run, const config::RunConfig& recipe)
{
    if (!run.end() || run.end()->moved.value_or(true)) {
        return std::nullopt;
    }
    Finding finding;
    finding.sentence = "No weight moved in " + std::to_string(run.steps()) + (run.steps() == 1 ? " step." : " steps.");
    if (run.steps() > 0 && std::all_of(run.first().begin(), run.first().end(), hasNoGradient) && std::all_of(run.last().begin(), run.last().end(), hasNoGradient)) {
        explainNoGradient(finding, recipe); // no rate would help
        return finding;
    }
    finding.explanation = "Each of the trained numbers that were looked at is what it was, so the result answers as the start did.";
    addRate(finding.remedies, recipe, 10, ", or train for more steps");
    return finding;
}

} // namespace

Row notFiniteRow()
{
    return {"not_finite", "Not a number", "A loss or a gradient that is not a finite number", When::Step, notFinite};
}

Row zeroLossRow()
{
    return {"zero_loss", "Loss zero", "A loss of zero over several steps", When::Step, zeroLoss};
}

Row zeroGradientRow()
{
    return {"zero_gradient", "Gradient zero", "Steps that nothing is learned from", When::Step, zeroGradient};
}

Row explodingRow()
{
    return {"exploding", "Gradient exploding", "A gradient norm far above what was usual", When::Step, exploding};
}

Row unmovedRow()
{
    return {"unmoved", "Weights unmoved", "Weights that are what they were at the end", When::End, unmoved};
}

} // namespace luthier::doctor
