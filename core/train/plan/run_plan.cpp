// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/run_plan.h"

#include "core/data/answer_ends.h"
#include "core/nn/batch/position_tables.h"
#include "core/train/plan/evaluation_times.h"
#include "core/train/plan/plan_cache.h"
#include "core/train/plan/recipe_files.h"
#include "core/train/answers/rollout_source.h"
#include "core/train/answers/row_remarks.h"
#include "core/train/start_point.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <tuple>

namespace luthier::train {

namespace {

constexpr std::size_t kLargest = 3; // shapes that are told

std::int64_t threadsOf(const PlanControl& control)
{
    return control.threads > 0 ? control.threads
                               : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()));
}

// Before: more is computed at once, then at greater length.
bool isLarger(const BatchShape& a, const BatchShape& b)
{
    return std::tie(a.tokens, a.length) > std::tie(b.tokens, b.length);
}

BatchShape shapeOf(const ItemStore& store, std::span<const std::uint32_t> items, bool isPacked)
{
    BatchShape shape;
    for (const std::uint32_t item : items) {
        shape.rows += store.item(item).count;
        shape.length = isPacked ? shape.length + store.length(item) : std::max(shape.length, store.longest(item));
    }
    shape.tokens = isPacked ? shape.length : shape.rows * shape.length;
    return shape;
}

// A batch of the plan is the prompts of an update; those that are left over make none.
void planUpdates(RowPlan& plan, const config::RunConfig& config, const objectives::RolloutShape& shape)
{
    plan.rollouts = shape;
    plan.batches.batchSize = promptsOfUpdate(config, shape);
    plan.batches.accumulation = 1;
    const std::int64_t steps = shape.stepsOfUpdate();
    const std::int64_t updates = static_cast<std::int64_t>(plan.data.train.size()) / plan.batches.batchSize;
    const auto all = static_cast<std::int64_t>(std::ceil(static_cast<double>(updates) * config.run.epochs - 1e-9)) * steps;
    plan.steps = config.run.maxSteps > 0 ? std::min(all, config.run.maxSteps) : all;
}

// Every step learns from answers of every length up to the longest.
std::vector<BatchShape> largestRollouts(const RowPlan& plan, const config::RunConfig& config)
{
    BatchShape shape;
    shape.step = 1;
    shape.rows = config.run.batchSize;
    shape.length = std::min(plan.longestRow() + plan.rollouts->maxNew, plan.positions);
    shape.tokens = shape.rows * shape.length;
    return {shape};
}

// Sorted, each shape once, with the first step that has it.
void add(std::vector<BatchShape>& largest, const BatchShape& shape, std::size_t most)
{
    const auto same = [&](const BatchShape& known) { return known.rows == shape.rows && known.length == shape.length; };
    if (std::any_of(largest.begin(), largest.end(), same)) {
        return;
    }
    largest.insert(std::upper_bound(largest.begin(), largest.end(), shape, &isLarger), shape);
    largest.resize(std::min(largest.size(), most));
}

// Each evaluation reads the held-out rows, each step its own.
ReferenceReads readsOf(const config::RunConfig& config, const RowPlan& plan, std::int64_t stepsOfEpoch)
{
    const auto train = static_cast<std::int64_t>(plan.data.train.size());
    const auto heldOut = static_cast<std::int64_t>(plan.data.heldOut.size());
    const std::int64_t evaluations = 1 + plan.steps / evaluationInterval(config.run, plan.steps);
    const double epochs = static_cast<double>(plan.steps) / static_cast<double>(std::max<std::int64_t>(stepsOfEpoch, 1));
    return {static_cast<std::int64_t>(epochs * static_cast<double>(train)) + evaluations * heldOut, train + heldOut};
}

} // namespace

std::int64_t RowPlan::longestRow() const
{
    std::int64_t longest = 0;
    for (std::size_t item = 0; item < data.train.size(); ++item) {
        longest = std::max(longest, data.train.longest(item));
    }
    return longest;
}

Result<RowPlan> planRows(const config::RunConfig& config, const RunRows& rows, const BaseModel& model, const PlanControl& control)
{
    RowPlan plan;
    const std::int64_t most = nn::longestText(model.config);
    plan.positions = most;
    plan.maxLength = std::min(config.data.maxLength, most);
    if (plan.maxLength < config.data.maxLength) {
        plan.warnings.push_back("The model reads at most " + std::to_string(most)
                                + " tokens, so examples are cut there and not after " + std::to_string(config.data.maxLength) + ".");
    }
    EncodeSettings settings;
    plan.encoding = {plan.maxLength, config.data.trainOn == "all"};
    settings.encoding = plan.encoding;
    settings.vocab = model.config.vocab;
    settings.objective = control.objective;
    settings.threads = threadsOf(control);
    settings.progress = control.progress;
    settings.isStopped = control.isStopped;
    auto found = control.objective ? Result<const objectives::Objective*>(control.objective) : objectives::needObjective(config.objective.kind);
    if (auto there = found ? checkRecipeFiles(config) : Result<void>(found.error()); !there) {
        return there.error();
    }
    auto data = prepareData({config, rows, model.encoder, settings, control.cache});
    if (!data) {
        return data.error();
    }
    plan.data = std::move(*data);
    plan.warnings.insert(plan.warnings.end(), plan.data.warnings.begin(), plan.data.warnings.end());
    if (const auto ends = data::answerEnds(model.encoder); !plan.data.areTexts && !ends.remark.empty()) {
        plan.warnings.push_back(ends.remark);
    }
    const objectives::Objective& objective = **found;
    auto remarks = rewardModelRemarks(config, model.encoder, {plan.data.areTexts, plan.longestRow()});
    if (!remarks) {
        return remarks.error();
    }
    plan.warnings.insert(plan.warnings.end(), remarks->begin(), remarks->end());
    plan.batches = batchSettings(config, plan.maxLength);
    plan.batches.meets = objective.meets;
    for (const std::string& remark : rowRemarks(plan.data.train, objective)) {
        plan.warnings.push_back(remark);
    }
    if (objective.rollouts) {
        planUpdates(plan, config, objective.rollouts->shape(config.objective));
        if (objective.usesReference) {
            plan.reference = referencePlan(config, objective, {1, 0}); // asked for every answer, whose number nothing else competes with
        }
        return plan;
    }
    const BatchPlan batches(plan.data.train, plan.batches);
    plan.steps = batches.totalSteps(config.run.epochs, config.run.maxSteps);
    if (objective.usesReference) {
        plan.reference = referencePlan(config, objective, readsOf(config, plan, batches.stepsOf(batches.epoch(0))));
    }
    return plan;
}

std::vector<BatchShape> largestBatches(const RowPlan& plan, std::size_t most, const std::function<bool()>& isStopped)
{
    const BatchPlan batches(plan.data.train, plan.batches);
    const auto accumulation = static_cast<std::size_t>(plan.batches.accumulation);
    std::vector<BatchShape> largest;
    std::int64_t before = 0; // steps of the epochs before
    for (std::int64_t number = 0; before < plan.steps && !(isStopped && isStopped()); ++number) {
        const EpochPlan epoch = batches.epoch(number);
        const std::int64_t steps = batches.stepsOf(epoch);
        const auto wanted = static_cast<std::size_t>(std::min(steps, plan.steps - before)) * accumulation;
        for (std::size_t batch = 0; batch < std::min(wanted, epoch.numBatches()); ++batch) {
            BatchShape shape = shapeOf(plan.data.train, epoch.batch(batch), batches.isPacked());
            shape.step = before + static_cast<std::int64_t>(batch / accumulation) + 1;
            add(largest, shape, most);
        }
        before += steps;
    }
    return largest;
}

Result<RunPlan> planRun(const config::RunConfig& config, const RunRows& rows, const PlanControl& control)
{
    RunPlan plan;
    if (control.cache != nullptr) {
        auto model = control.cache->model(config);
        if (!model) {
            return model.error();
        }
        plan.model = **model;
    } else {
        auto model = readBaseModel(config);
        if (!model) {
            return model.error();
        }
        plan.model = std::move(*model);
    }
    auto planned = planRows(config, rows, plan.model, control);
    if (!planned) {
        return planned.error();
    }
    plan.rows = std::move(*planned);
    plan.largest = plan.rows.rollouts ? largestRollouts(plan.rows, config) : largestBatches(plan.rows, kLargest, control.isStopped);
    if (control.isStopped && control.isStopped()) {
        return Error{"cancelled"};
    }
    // As it trains: with the settings of the adapter that it starts from.
    const auto started = startedFrom(config);
    const auto size = started ? methodSize(started->config) : Result<MethodSize>(started.error());
    if (size) {
        plan.size = *size;
    } else {
        plan.sizeProblem = size.message();
    }
    return plan;
}

} // namespace luthier::train
