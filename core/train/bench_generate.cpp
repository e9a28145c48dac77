// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench_generate.h"

#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/train/bench_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>
#include <c10/core/GradMode.h>

#include <chrono>

namespace luthier::train {

namespace {

constexpr std::uint64_t kSeed = 42;
constexpr std::int64_t kWarmup = 8;

double bytesPerToken(nn::Decoder& decoder, const GenerateBenchSettings& settings)
{
    const auto& model = decoder.config();
    const auto element = static_cast<double>(decoder.head().element_size());
    double weights = static_cast<double>(model.vocab * model.hidden);
    for (const auto* group : decoder.groups()) {
        weights += static_cast<double>(group->weight.numel());
    }
    const double meanLength = static_cast<double>(settings.prompt) + static_cast<double>(settings.tokens) / 2;
    const double cache = 2.0 * meanLength * static_cast<double>(model.layers * model.kvHeads * model.headDim);
    return (weights + cache) * element;
}

// The next id, [1, 1], greedily.
at::Tensor next(nn::Decoder& decoder, const at::Tensor& ids, nn::KvCache& cache)
{
    const auto hidden = decoder.hidden({ids, {}, &cache});
    return decoder.logits(hidden.slice(1, hidden.size(1) - 1)).argmax(-1).reshape({1, 1});
}

Result<GenerateBenchResult> bench(const GenerateBenchSettings& settings)
{
    auto placement = nn::choosePlacement(settings.device, settings.dtype);
    if (!placement) {
        return placement.error();
    }
    const c10::NoGradGuard noGrad;
    GenerateBenchResult result;
    result.device = placement->deviceText;
    result.dtype = placement->dtypeText;
    result.copyRate = measureCopy(placement->device);
    resetPeakMemory(placement->device);

    nn::Decoder decoder(settings.model, placement->device, placement->dtype);
    decoder.initialise(kSeed);
    decoder.setTraining(false);
    auto cache = decoder.makeCache(1, settings.prompt + kWarmup + settings.tokens + 1);
    const auto options = at::TensorOptions().device(placement->device).dtype(at::kLong);
    at::Tensor id = next(decoder, at::randint(settings.model.vocab, {1, settings.prompt}, options), cache);
    for (std::int64_t i = 0; i < kWarmup; ++i) {
        id = next(decoder, id, cache);
    }
    synchronise(placement->device);
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < settings.tokens; ++i) {
        if (settings.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        id = next(decoder, id, cache);
        // A reader needs each id before the next token, so the host waits for it here as well.
        static_cast<void>(id.item<std::int64_t>());
    }
    const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.tokensPerSecond = static_cast<double>(settings.tokens) / time;
    result.bytesPerToken = bytesPerToken(decoder, settings);
    result.share = result.tokensPerSecond * result.bytesPerToken / result.copyRate;
    result.peakBytes = peakMemory(placement->device);
    return result;
}

} // namespace

Result<GenerateBenchResult> benchGenerate(const GenerateBenchSettings& settings)
{
    if (settings.prompt < 1 || settings.tokens < 1) {
        return Error{"prompt and tokens must be at least 1"};
    }
    try {
        return bench(settings);
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        return Error{"the answer could not be measured: " + what.substr(0, what.find('\n'))};
    }
}

} // namespace luthier::train
