// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_step.h"

#include "core/base/random.h"
#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/nn/layer_shards.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/method.h"
#include "core/ranks/team.h"
#include "core/train/answers/rollout_batches.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/bench/bench_rollouts.h"
#include "core/train/step/heads.h"
#include "core/train/step/micro_batch.h"
#include "core/train/ranks/split_optimizer.h"
#include "core/train/ranks/state_buckets.h"
#include "core/train/step/small_training.h"
#include "core/train/step/train_step.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

namespace luthier::train {

namespace {

constexpr std::uint64_t kSeed = 42;
constexpr double kRate = 1e-4;

std::int64_t countOf(const std::vector<nn::NamedTensor>& tensors)
{
    std::int64_t count = 0;
    for (const auto& named : tensors) {
        count += named.tensor.numel();
    }
    return count;
}

double flopsPerToken(nn::Decoder& decoder, const StepBenchSettings& settings, std::int64_t trainable,
                     bool adapter)
{
    const auto& model = decoder.config();
    double weights = static_cast<double>(model.vocab * model.hidden);
    for (const auto* group : decoder.groups()) {
        weights += static_cast<double>(group->outputs() * group->inputs());
    }
    const double attention
        = 2.0 * static_cast<double>(settings.length * model.heads * model.headDim * model.layers);
    return adapter ? 4 * weights + 3 * attention + 6 * static_cast<double>(trainable)
                   : 6 * weights + 3 * attention;
}

std::size_t sequencesOf(const objectives::Objective& objective)
{
    return objective.takes == std::vector{data::ExampleKind::Preference} ? 2 : 1;
}

// Targets as the objective would have them: the second half, all of what orpo learns, the last token of what is judged.
objectives::Sequence randomSequence(const StepBenchSettings& settings, const objectives::Objective& objective, bool isFirst, base::Random& random)
{
    objectives::Sequence sequence;
    const auto length = static_cast<std::size_t>(settings.length);
    for (std::size_t i = 0; i < length; ++i) {
        sequence.ids.push_back(static_cast<text::TokenId>(random.next() % static_cast<std::uint64_t>(settings.model.vocab)));
    }
    const bool isWhole = objective.id == "orpo" && isFirst;
    const std::size_t from = objective.judges ? length - 1 : isWhole ? 1 : std::max<std::size_t>(1, length / 2);
    sequence.trained.assign(length, 0);
    std::fill(sequence.trained.begin() + static_cast<std::ptrdiff_t>(std::min(from, length)), sequence.trained.end(), 1);
    return sequence;
}

// What items bring: kinds that take turns, and where an answer begins.
float valueOf(const std::string& column, std::int64_t item, std::int64_t length)
{
    return column == "prompt" ? static_cast<float>(length / 2 - 1) : column == "margin" ? 0.0F : static_cast<float>(item % 2);
}

StepBatches randomItems(const StepBenchSettings& settings, const objectives::Objective& objective)
{
    base::Random random(kSeed);
    ItemStore items(objective.columns);
    for (std::int64_t item = 0; item < settings.batch; ++item) {
        std::vector<objectives::Sequence> sequences;
        for (std::size_t i = 0; i < sequencesOf(objective); ++i) {
            sequences.push_back(randomSequence(settings, objective, i == 0, random));
        }
        std::vector<float> values;
        for (const std::string& column : objective.columns) {
            values.push_back(valueOf(column, item, settings.length));
        }
        items.append({}, sequences, values);
    }
    for (const std::string& column : settings.liveReference ? std::vector<std::string>() : objective.referenceColumns) {
        items.setColumn(column, std::vector<float>(items.size(), 0));
    }
    std::vector<std::uint32_t> all(items.size());
    std::iota(all.begin(), all.end(), 0u);
    StepBatches step;
    step.add(makeMicroBatch(items, all, formFor(objective, settings.length, false, false)));
    return step;
}

// A step over answers that are there already, the second half of each row: what learning from them takes. How fast they are made is
// what bench generate measures.
StepBatches randomAnswers(const StepBenchSettings& settings, const objectives::Objective& objective)
{
    base::Random random(kSeed);
    rollouts::Update update;
    update.number = 1000; // whatever warms up is over
    for (std::int64_t i = 0; i < settings.batch; ++i) {
        const objectives::Sequence sequence = randomSequence(settings, objective, true, random);
        const auto half = static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, sequence.ids.size() / 2));
        rollouts::Answered answered;
        answered.promptIds.assign(sequence.ids.begin(), sequence.ids.begin() + half);
        answered.ids.assign(sequence.ids.begin() + half, sequence.ids.end());
        objectives::Rollout& numbers = answered.numbers;
        numbers.reward = static_cast<double>(i % 2);
        numbers.logProbs.assign(answered.ids.size(), -std::log(static_cast<float>(settings.model.vocab)));
        numbers.reference = numbers.logProbs;
        numbers.advantages.assign(answered.ids.size(), i % 2 == 0 ? -1.0F : 1.0F);
        if (objective.rollouts->hasValues) {
            numbers.values.assign(answered.ids.size(), 0.0F);
            numbers.returns.assign(answered.ids.size(), static_cast<float>(i % 2));
        }
        update.answers.push_back(std::move(answered));
    }
    auto batches = cutRollouts(update.answers, {settings.batch, false});
    std::vector<const RolloutBatch*> own;
    for (RolloutBatch& batch : batches) {
        addColumns(batch, update, {objective.rollouts->shape({}).group, 0, objective.rollouts->shape({}).stepsOfUpdate() == 1, false});
        own.push_back(&batch);
    }
    StepBatches step;
    for (MicroBatch& batch : stepOf(own, update, *objective.rollouts, {})) {
        step.add(std::move(batch));
    }
    return step;
}

// Random tokens, all of them trained.
StepBatches randomStep(const StepBenchSettings& settings, const objectives::Objective& objective)
{
    if (objective.rollouts) {
        return randomAnswers(settings, objective);
    }
    if (objective.perSequence) {
        return randomItems(settings, objective);
    }
    const std::int64_t tokens = settings.batch * settings.length;
    MicroBatch batch;
    batch.ids = at::randint(settings.model.vocab, {settings.batch, settings.length}, at::kLong);
    batch.targets = at::randint(settings.model.vocab, {tokens}, at::kLong);
    batch.tokens = batch.trained = tokens;
    batch.items = settings.batch;
    StepBatches step;
    step.add(std::move(batch));
    return step;
}

// Lengths as those of instructions are: the logarithm normal, median 200, spread 1, at most 2,048 and what is left of the row.
std::vector<std::int64_t> mixedLengths(std::int64_t tokens, base::Random& random)
{
    constexpr double kMedian = 200;
    constexpr double kLongest = 2048;
    std::vector<std::int64_t> lengths;
    for (std::int64_t left = tokens; left > 0; left -= lengths.back()) {
        const double normal = std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * 3.14159265358979323846 * random.uniform());
        const auto length = static_cast<std::int64_t>(std::clamp(kMedian * std::exp(normal), 2.0, kLongest));
        lengths.push_back(std::min(left, length));
    }
    return lengths;
}

// A step for each that is run: packed texts are never the same twice.
std::vector<StepBatches> stepsOf(const StepBenchSettings& settings, const objectives::Objective& objective)
{
    StepBatches one = randomStep(settings, objective);
    if (!settings.packed) {
        return {std::move(one)};
    }
    base::Random random(kSeed);
    std::vector<StepBatches> all;
    for (std::int64_t i = 0; i < settings.warmup + settings.steps; ++i) {
        StepBatches step = one;
        MicroBatch& batch = step.batches.front();
        batch.ids = batch.ids.view({1, -1});
        batch.segments = mixedLengths(batch.tokens, random);
        all.push_back(std::move(step));
    }
    return all;
}

Result<std::vector<double>> timeSteps(TrainStep& trainStep, const std::vector<StepBatches>& steps, const StepBenchSettings& settings,
                                      at::Device device, StepBenchResult& result)
{
    std::vector<double> times;
    at::Tensor values;
    const auto all = settings.warmup + settings.steps;
    for (std::int64_t i = 0; i < all; ++i) {
        if (settings.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto start = std::chrono::steady_clock::now();
        values = trainStep.run(steps[static_cast<std::size_t>(i) % steps.size()], i + 1, kRate, [] {});
        synchronise(device);
        if (i >= settings.warmup) {
            times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        if (settings.progress) {
            settings.progress(i + 1, all);
        }
    }
    result.loss = values.defined() ? values[0].item<double>() : 0;
    result.notice = trainStep.takeNotice();
    return times;
}

// A rank's own rows, as if there were no others, who do the same at the same time.
Result<void> timeAlone(BatchLoss loss, optim::Optimizer& optimizer, const StepBatches& batches, const StepBenchSettings& settings, StepBenchResult& result)
{
    static_cast<void>(settings.team->sums({0})); // all begin together
    TrainStep trainStep(std::move(loss), optimizer, kSeed);
    const auto device = trainStep.device();
    const auto times = timeSteps(trainStep, {batches}, settings, device, result);
    if (!times) {
        return times.error();
    }
    // The slowest rank's: what sharing costs is not what one of them is slower.
    double slowest = 0;
    for (const auto& of : settings.team->all({median(*times)})) {
        slowest = std::max(slowest, of.front());
    }
    result.tokensPerSecondAlone = static_cast<double>(batches.tokens) / slowest;
    return {};
}

// Each rank has as much.
void ofAllRanks(StepBatches& batches, std::int64_t ranks)
{
    for (std::int64_t* total : {&batches.tokens, &batches.trained, &batches.items, &batches.firsts}) {
        *total *= ranks;
    }
    batches.passes = static_cast<std::int64_t>(batches.batches.size());
}

Result<std::vector<KernelTime>> profileSteps(TrainStep& trainStep, const StepBatches& batches, const StepBenchSettings& settings, at::Device device)
{
    constexpr std::int64_t kSteps = 2;
    const auto work = [&] {
        for (std::int64_t i = 0; i < kSteps; ++i) {
            trainStep.run(batches, settings.warmup + settings.steps + i + 1, kRate, [] {});
        }
        synchronise(device);
    };
    return profileKernels(work, kSteps);
}

Result<StepBenchResult> bench(const StepBenchSettings& settings)
{
    const auto* method = peft::findMethod(settings.method.kind);
    if (!method) {
        return Error{"there is no method \"" + settings.method.kind + "\""};
    }
    const auto* objective = objectives::findObjective(settings.objective);
    if (!objective) {
        return objectives::needObjective(settings.objective).error();
    }
    if (objective->usesReference && settings.liveReference && !method->writesAdapter) {
        return Error{"a live reference of all weights is a second model; leave it out, or take an adapter"};
    }
    if (settings.isSplit && !settings.team) {
        return Error{"a base, or what an optimizer of all weights holds, is split over several ranks (--ranks)"};
    }
    if (settings.packed && (objective->perSequence || objective->rollouts || settings.team)) {
        return Error{"packed texts are measured with sft or pretrain, on one device"};
    }
    auto placement = nn::choosePlacement(settings.device, settings.dtype);
    if (!placement) {
        return placement.error();
    }
    const bool splitsBase = settings.isSplit && method->writesAdapter;
    StepBenchResult result;
    result.device = placement->deviceText;
    result.dtype = placement->dtypeText;
    result.matmulFlops = measureMatmul(placement->device, placement->dtype);
    resetPeakMemory(placement->device);

    const auto* codes = quant::findCodeTable(settings.quantization == "auto" ? method->quantization : settings.quantization);
    nn::Decoder decoder(settings.model, placement->device, placement->dtype,
                        codes ? std::optional(quant::Quantisation{codes->kind, true}) : std::nullopt,
                        splitsBase ? std::make_shared<nn::LayerShards>(*settings.team, placement->device) : nullptr);
    decoder.initialise(kSeed);
    decoder.setActivationCheckpointing(settings.activationCheckpointing);
    if (auto attached = method->attach(decoder, settings.method, kSeed); !attached) {
        return attached.error();
    }
    if (settings.frozenDtype == "fp8") {
        if (auto held = decoder.multiplyInFp8(); !held) {
            return held.error();
        }
    }
    std::optional<RolloutPeers> peers;
    if (objective->rollouts && method->writesAdapter) {
        auto made = makeRolloutPeers(decoder, *method, settings.method, kSeed + 1);
        if (!made) {
            return made.error();
        }
        peers = std::move(*made);
    }
    auto leaves = method->trainable(decoder);
    std::vector<nn::NamedTensor> heads;
    if (objective->heads) {
        auto wanted = objective->heads({}, settings.model.hidden);
        for (objectives::Head& head : wanted) {
            std::replace(head.sizes.begin(), head.sizes.end(), std::int64_t{0}, std::int64_t{2}); // labels
        }
        heads = makeHeads(wanted, kSeed, placement->device);
        leaves.insert(leaves.end(), heads.begin(), heads.end());
    }
    result.trainableParameters = countOf(leaves);
    result.totalParameters = settings.model.numParameters();
    optim::OptimizerSettings optimizerSettings;
    optimizerSettings.paging = settings.paging;
    optimizerSettings.kind = settings.optimizer;
    const auto* kind = optim::findOptimizer(optimizerSettings.kind);
    if (!kind) {
        return Error{"there is no optimizer \"" + settings.optimizer + "\""};
    }
    // As runs have it, too (ranks/base_split.h).
    const bool splitsState = settings.team && !method->writesAdapter && (settings.isSplit || (kind->pages && result.trainableParameters > kSmallElements));
    if (splitsState && !kind->pages) {
        return Error{"this optimizer looks at whole matrices or blocks, so ranks cannot split its state; take adamw, lion or sgd"};
    }
    std::unique_ptr<optim::Optimizer> optimizer = kind->make(leaves, optimizerSettings, optim::kPageElements);

    std::vector<StepBatches> steps = stepsOf(settings, *objective);
    StepBatches& batches = steps.front();
    if (settings.team) {
        auto alone = splitsBase ? Result<void>() : timeAlone(BatchLoss(decoder, *objective, {}, heads), *optimizer, batches, settings, result);
        if (!alone) {
            return alone.error();
        }
        ofAllRanks(batches, settings.team->size());
    }
    const StateSplit* split = nullptr;
    if (splitsState) {
        optimizer.reset(); // the whole one, by which each was timed alone
        auto parts = std::make_unique<SplitOptimizer>(*settings.team, leaves, *kind, optimizerSettings, kBucket);
        split = &parts->split();
        optimizer = std::move(parts);
        resetPeakMemory(placement->device);
    }
    const BatchLoss loss(decoder, *objective, {}, heads);
    if (peers) {
        if (auto answered = answerOnce(loss, heads, *peers, batches, settings.batch, settings.length, settings.cancel); !answered) {
            return answered.error();
        }
    }
    TrainStep trainStep(loss, *optimizer, kSeed);
    if (settings.team) {
        trainStep.shareWith(*settings.team, split);
    }
    auto times = timeSteps(trainStep, steps, settings, placement->device, result);
    if (!times) {
        return times.error();
    }
    if (objective->rollouts && !peers) {
        result.notice = "the peak lacks the frozen copy and the reward model that a run of all weights keeps";
    }
    if (settings.profile) {
        auto kernels = profileSteps(trainStep, batches, settings, placement->device);
        if (!kernels) {
            return kernels.error();
        }
        result.kernels = std::move(*kernels);
    }
    result.secondsPerStep = median(*times);
    result.tokensPerSecond = static_cast<double>(batches.tokens) / result.secondsPerStep;
    if (settings.team && result.tokensPerSecondAlone > 0) {
        const double alone = static_cast<double>(batches.tokens) / settings.team->size() / result.tokensPerSecondAlone;
        result.waitShare = std::max(0.0, 1 - alone / result.secondsPerStep);
    }
    result.flopsPerToken
        = flopsPerToken(decoder, settings, result.trainableParameters, method->writesAdapter);
    result.share = result.tokensPerSecond * result.flopsPerToken / result.matmulFlops;
    result.peakBytes = peakMemory(placement->device);
    for (const auto& rank : settings.team ? settings.team->all({static_cast<double>(result.peakBytes)}) : std::vector<std::vector<double>>()) {
        result.peakBytes = std::max(result.peakBytes, static_cast<std::int64_t>(rank.front()));
    }
    return result;
}

} // namespace

Result<StepBenchResult> benchStep(const StepBenchSettings& settings)
{
    if (settings.batch < 1 || settings.length < 1 || settings.steps < 1) {
        return Error{"batch, length and steps must be at least 1"};
    }
    try {
        return bench(settings);
    } catch (const ranks::Broken& problem) { // another rank's sentence
        return Error{problem.what()};
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        return Error{"the steps could not run: " + what.substr(0, what.find('\n'))};
    }
}

} // namespace luthier::train
