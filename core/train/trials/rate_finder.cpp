// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/rate_finder.h"

#include "core/train/failure.h"
#include "core/train/run_batches.h"
#include "core/train/trials/trial_parts.h"
#include "core/train/step/train_step.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace luthier::train {

namespace {

constexpr double kMemory = 0.9;  // of the smoothed loss
constexpr std::size_t kSkipped = 5; // points at either end say little: the mean has just begun, or runs away

std::string rateText(double rate)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2g", rate);
    return text;
}

// Two digits are as much as such a curve knows.
double rounded(double rate)
{
    return std::strtod(rateText(rate).c_str(), nullptr);
}

// How much more than the others each step's rows lose with the weights as they are. Rows differ more than most rates change: what is left
// without that is the rate's doing.
std::vector<double> unlikeOthers(const TrialParts& trial, std::int64_t steps, const StopControl& control)
{
    const at::NoGradGuard noGrad;
    const RunParts& parts = *trial.parts;
    const BatchLoss loss = lossOf(trial.config, parts);
    const auto source = sourceOf(parts, {});
    std::vector<double> losses;
    for (std::int64_t i = 0; i < steps && !control.stopRequested(); ++i) {
        StepBatches step = source->next();
        double sum = 0;
        for (MicroBatch& batch : step.batches) {
            batch.firstScale = objectives::firstScaleOf(step.items, step.firsts, batch.ids);
            sum += loss.measured(toDevice(std::move(batch), parts.placement.device)).sum.item<double>();
        }
        losses.push_back(sum / static_cast<double>(loss.divisor(step.trained, step.items)));
    }
    const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(std::max<std::size_t>(1, losses.size()));
    for (double& one : losses) {
        one = std::isfinite(mean) ? one - mean : 0;
    }
    return losses;
}

Result<RateCurve> find(const config::RunConfig& asked, const RunRows& rows, const RateFinderSettings& settings, StopControl& control,
                       const std::function<void(const RatePoint&)>& onPoint)
{
    config::RunConfig config = asked;
    config.run.maxSteps = 0;
    config.run.epochs = 10'000; // as many steps as are asked for
    auto trial = makeTrial(config, rows, control);
    if (!trial) {
        return trial.error();
    }
    RunParts& parts = *trial->parts;
    if (parts.objective->rollouts) {
        return Error{"a run that learns from its own answers makes them as it goes, so no learning rates can be tried before"};
    }
    const auto source = sourceOf(parts, {});
    TrainStep step(lossOf(trial->config, parts), *parts.optimizer, static_cast<std::uint64_t>(trial->config.run.seed));
    step.setEmbeddingNoise(trial->config.run.neftuneAlpha);
    const std::vector<double> own = unlikeOthers(*trial, settings.steps, control);
    RateCurve curve;
    const double growth = std::pow(settings.high / settings.low, 1.0 / static_cast<double>(std::max<std::int64_t>(1, settings.steps - 1)));
    double mean = 0;
    double lowest = 0;
    for (std::int64_t i = 0; i < settings.steps; ++i) {
        if (control.stopRequested()) {
            return Error{"cancelled"};
        }
        RatePoint point{i + 1, settings.low * std::pow(growth, static_cast<double>(i)), 0, 0};
        point.loss = step.run(source->next(), point.step, point.rate, [] {})[0].item<double>();
        mean = kMemory * mean + (1 - kMemory) * (point.loss - own[static_cast<std::size_t>(i)]);
        point.smoothed = mean / (1 - std::pow(kMemory, static_cast<double>(point.step)));
        curve.points.push_back(point);
        if (onPoint) {
            onPoint(point);
        }
        lowest = i == 0 ? point.smoothed : std::min(lowest, point.smoothed);
        if (!std::isfinite(point.loss) || point.smoothed > settings.runaway * lowest) {
            break;
        }
    }
    suggest(curve);
    return curve;
}

} // namespace

void suggest(RateCurve& curve)
{
    curve.suggestion.reset();
    curve.lowest.reset();
    std::vector<RatePoint> good;
    for (const RatePoint& point : curve.points) {
        if (std::isfinite(point.smoothed)) {
            good.push_back(point);
        }
    }
    if (good.size() < 3 * kSkipped) {
        curve.why = "There are too few points to tell: try more steps.";
        return;
    }
    const auto lowest = std::min_element(good.begin() + kSkipped, good.end(), [](const RatePoint& a, const RatePoint& b) { return a.smoothed < b.smoothed; });
    const auto at = static_cast<std::size_t>(lowest - good.begin());
    double steepest = 0;
    std::size_t best = 0;
    for (std::size_t i = kSkipped; i < at; ++i) { // over three points, so that one step does not decide
        const double slope = (good[i + 1].smoothed - good[i - 1].smoothed) / (std::log(good[i + 1].rate) - std::log(good[i - 1].rate));
        if (slope < steepest) {
            steepest = slope;
            best = i;
        }
    }
    if (steepest >= 0) {
        curve.why = "The loss never fell, whatever the rate: look at the data and the method first.";
        return;
    }
    curve.lowest = lowest->rate;
    curve.suggestion = rounded(std::min(good[best].rate, lowest->rate / 10));
    curve.why = "The loss falls fastest at " + rateText(good[best].rate) + " and is lowest at " + rateText(lowest->rate) + "; a tenth of that is the most that usually stays stable.";
}

Result<RateCurve> findRate(const config::RunConfig& config, const RunRows& rows, const RateFinderSettings& settings, StopControl& control,
                           const std::function<void(const RatePoint&)>& onPoint)
{
    if (const auto broken = config::brokenRules(config); !broken.empty()) {
        return Error{broken.front().sentence};
    }
    if (!(settings.low > 0) || !(settings.high > settings.low) || settings.steps < 2) {
        return Error{"the rates to try have to grow from above 0, in two steps at least"};
    }
    try {
        return find(config, rows, settings, control, onPoint);
    } catch (const std::exception& problem) {
        return Error{sentenceOf(problem)};
    }
}

} // namespace luthier::train
