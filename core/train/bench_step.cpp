// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench_step.h"

#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/peft/method.h"
#include "core/train/bench_probe.h"
#include "core/train/train_step.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>

#include <chrono>
#include <memory>

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

// Random tokens, all of them trained.
StepBatches randomStep(const StepBenchSettings& settings)
{
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

Result<std::vector<double>> timeSteps(TrainStep& trainStep, const StepBenchSettings& settings, at::Device device,
                                      StepBenchResult& result)
{
    const StepBatches batches = randomStep(settings);
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
    const auto leaves = method->trainable(decoder);
    result.trainableParameters = countOf(leaves);
    result.totalParameters = settings.model.numParameters();
    optim::OptimizerSettings optimizerSettings;
    optimizerSettings.paging = settings.paging;
    const auto optimizer = optim::findOptimizer(optimizerSettings.kind)->make(leaves, optimizerSettings, optim::kPageElements);

    TrainStep trainStep(BatchLoss(decoder, *objectives::findObjective("sft")), *optimizer, kSeed);
    auto times = timeSteps(trainStep, settings, placement->device, result);
    if (!times) {
        return times.error();
    }
    result.secondsPerStep = median(*times);
    result.tokensPerSecond = static_cast<double>(settings.batch * settings.length) / result.secondsPerStep;
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
