// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_step.h"

#include "core/base/random.h"
#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/method.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/step/heads.h"
#include "core/train/step/micro_batch.h"
#include "core/train/step/train_step.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>

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

// Random tokens, all of them trained.
StepBatches randomStep(const StepBenchSettings& settings, const objectives::Objective& objective)
{
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

Result<std::vector<double>> timeSteps(TrainStep& trainStep, const StepBatches& batches, const StepBenchSettings& settings,
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
        values = trainStep.run(batches, i + 1, kRate, [] {});
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
    if (objective->rollouts) {
        return Error{"a step of " + objective->id + " makes answers, which bench generate measures; choose an objective that learns from those in the data"};
    }
    if (objective->usesReference && settings.liveReference && !method->writesAdapter) {
        return Error{"a live reference of all weights is a second model; leave it out, or take an adapter"};
    }
    auto placement = nn::choosePlacement(settings.device, settings.dtype);
    if (!placement) {
        return placement.error();
    }
    StepBenchResult result;
    result.device = placement->deviceText;
    result.dtype = placement->dtypeText;
    result.matmulFlops = measureMatmul(placement->device, placement->dtype);
    resetPeakMemory(placement->device);

    const auto* codes = quant::findCodeTable(settings.quantization == "auto" ? method->quantization : settings.quantization);
    nn::Decoder decoder(settings.model, placement->device, placement->dtype,
                        codes ? std::optional(quant::Quantisation{codes->kind, true}) : std::nullopt);
    decoder.initialise(kSeed);
    decoder.setActivationCheckpointing(settings.activationCheckpointing);
    if (auto attached = method->attach(decoder, settings.method, kSeed); !attached) {
        return attached.error();
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
    const auto optimizer = kind->make(leaves, optimizerSettings, optim::kPageElements);

    const StepBatches batches = randomStep(settings, *objective);
    TrainStep trainStep(BatchLoss(decoder, *objective, {}, heads), *optimizer, kSeed);
    auto times = timeSteps(trainStep, batches, settings, placement->device, result);
    if (!times) {
        return times.error();
    }
    result.secondsPerStep = median(*times);
    result.tokensPerSecond = static_cast<double>(batches.tokens) / result.secondsPerStep;
    result.flopsPerToken
        = flopsPerToken(decoder, settings, result.trainableParameters, method->writesAdapter);
    result.share = result.tokensPerSecond * result.flopsPerToken / result.matmulFlops;
    result.peakBytes = peakMemory(placement->device);
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
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        return Error{"the steps could not run: " + what.substr(0, what.find('\n'))};
    }
}

} // namespace luthier::train
