// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_generate.h"

#include "core/base/random.h"
#include "core/data/encoding.h"
#include "core/inference/batch_generate.h"
#include "core/inference/card_steps.h"
#include "core/inference/slot_stepper.h"
#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/nn/host_copy.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/train/bench/bench_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace luthier::train {

namespace {

constexpr std::uint64_t kSeed = 42;
constexpr std::int64_t kWarmup = 8;
constexpr std::int64_t kProfiled = 8;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double bytesPerToken(nn::Decoder& decoder, const GenerateBenchSettings& settings)
{
    const auto& model = decoder.config();
    const auto element = static_cast<double>(decoder.head().element_size());
    double weights = static_cast<double>(model.vocab * model.hidden) * element;
    for (const auto* group : decoder.groups()) {
        weights += group->isQuantised() ? 0 : static_cast<double>(group->weight.numel()) * element;
        for (const auto& quantised : group->quantised) {
            weights += static_cast<double>(quantised.bytes());
        }
    }
    const double meanLength = static_cast<double>(settings.prompt) + static_cast<double>(settings.tokens) / 2;
    const double cache = 2.0 * meanLength * static_cast<double>(model.layers * model.kvHeads * model.headDim);
    return weights / static_cast<double>(settings.batch) + cache * element;
}

// The next id, [1, 1], greedily; on a card as an answer has it chosen there.
at::Tensor next(nn::Decoder& decoder, const at::Tensor& ids, nn::KvCache& cache, inference::CardSteps* card)
{
    nn::ForwardInput input;
    input.ids = ids;
    input.cache = &cache;
    const auto hidden = decoder.hidden(input);
    const at::Tensor logits = decoder.logits(hidden.select(1, hidden.size(1) - 1));
    if (!card) {
        return logits.argmax(-1).reshape({1, 1});
    }
    card->pick(logits.to(at::kFloat), {});
    return card->ids().view({1, 1});
}

Result<void> answerOne(nn::Decoder& decoder, const GenerateBenchSettings& settings, GenerateBenchResult& result)
{
    auto cache = decoder.makeCache(1, settings.prompt + kWarmup + settings.tokens + kProfiled + 1);
    const auto options = at::TensorOptions().device(decoder.device()).dtype(at::kLong);
    std::unique_ptr<inference::CardSteps> card;
    if (nn::kernels::picksTokens(decoder.device())) {
        card = std::make_unique<inference::CardSteps>(decoder.device(), 1, settings.model.vocab, false);
        card->enter(0, 0, {}, {});
    }
    at::Tensor id = next(decoder, at::randint(settings.model.vocab, {1, settings.prompt}, options), cache, card.get());
    for (std::int64_t i = 0; i < kWarmup; ++i) {
        id = next(decoder, id, cache, card.get());
    }
    nn::HostCopy chosen;
    synchronise(decoder.device());
    const auto start = Clock::now();
    std::vector<double> times;
    for (std::int64_t i = 0; i < settings.tokens; ++i) {
        if (settings.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto began = Clock::now();
        // As an answer does: the host reads each id while the card computes the token behind it.
        chosen.start(id);
        id = next(decoder, id, cache, card.get());
        static_cast<void>(chosen.wait().item<std::int64_t>());
        times.push_back(secondsSince(began));
    }
    synchronise(decoder.device());
    // On a CPU the median, as of steps and of copies: who else is at work comes and goes. A card computes ahead of the host.
    result.secondsPerToken = decoder.device().is_cpu() ? median(std::move(times)) : secondsSince(start) / static_cast<double>(settings.tokens);
    result.tokensPerSecond = 1 / result.secondsPerToken;
    if (settings.profile) {
        const auto work = [&] {
            for (std::int64_t i = 0; i < kProfiled; ++i) {
                id = next(decoder, id, cache, card.get());
            }
            synchronise(decoder.device());
        };
        auto kernels = profileKernels(work, kProfiled);
        if (!kernels) {
            return kernels.error();
        }
        result.kernels = std::move(*kernels);
    }
    return {};
}

// Prompts enter together and each answer has `tokens` tokens; once for warming up, then measured.
Result<void> answerMany(nn::Decoder& decoder, const GenerateBenchSettings& settings, GenerateBenchResult& result)
{
    inference::SlotStepper stepper(decoder, {}, settings.batch, settings.prompt + settings.tokens, false);
    const at::Tensor prompts
        = at::randint(settings.model.vocab, {settings.batch, settings.prompt}, at::TensorOptions().dtype(at::kInt));
    const inference::Sampling greedy;
    std::vector<inference::SlotText> texts;
    for (std::int64_t slot = 0; slot < settings.batch; ++slot) {
        const auto* row = prompts.const_data_ptr<std::int32_t>() + slot * settings.prompt;
        texts.push_back({slot, {row, static_cast<std::size_t>(settings.prompt)}, &greedy});
    }
    for (const bool isMeasured : {false, true}) {
        const std::int64_t steps = isMeasured ? settings.tokens - 1 : std::min(kWarmup, settings.tokens - 1);
        synchronise(decoder.device());
        const auto start = Clock::now();
        if (auto entered = stepper.enter(texts); !entered) {
            return entered.error();
        }
        const auto read = Clock::now();
        for (std::int64_t i = 0; i < steps; ++i) {
            if (settings.cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            if (auto tokens = stepper.step(); !tokens) {
                return tokens.error();
            }
        }
        result.tokensPerSecond = static_cast<double>(settings.batch * settings.tokens) / secondsSince(start);
        result.stepsAlone = static_cast<double>(settings.batch * steps) / secondsSince(read);
        for (std::int64_t slot = 0; slot < settings.batch; ++slot) {
            stepper.leave(slot);
        }
    }
    return {};
}

Result<void> answerAsRollouts(nn::Decoder& decoder, const std::shared_ptr<const text::Tokenizer>& tokenizer, const GenerateBenchSettings& settings,
                              GenerateBenchResult& result)
{
    const peft::Method& method = *peft::findMethod("lora");
    peft::MethodSettings lora;
    lora.of<peft::LoraSettings>().targetModules = {"all-linear"};
    if (auto attached = method.attach(decoder, lora, {kSeed, {}}); !attached) {
        return attached;
    }
    base::Random random(kSeed);
    std::vector<inference::BatchRequest> requests(static_cast<std::size_t>(settings.batch));
    for (std::size_t i = 0; i < requests.size(); ++i) {
        for (std::int64_t token = 0; token < settings.prompt; ++token) {
            requests[i].promptIds.push_back(static_cast<text::TokenId>(random.next() % static_cast<std::uint64_t>(settings.model.vocab)));
        }
        requests[i].sampling.maxNew = settings.tokens;
        requests[i].sampling.temperature = 1;
        requests[i].sampling.seed = static_cast<std::int64_t>(i);
    }
    inference::BatchOptions options;
    options.rows = settings.batch;
    options.cancel = settings.cancel;
    for (const bool isMeasured : {false, true}) {
        synchronise(decoder.device());
        const auto start = Clock::now();
        const auto answers = inference::generateAll(decoder, tokenizer, requests, {}, options);
        if (!answers) {
            return answers.error();
        }
        std::size_t tokens = 0;
        for (const inference::Generation& answer : *answers) {
            tokens += answer.ids.size();
        }
        result.rolloutsPerSecond = isMeasured ? static_cast<double>(tokens) / secondsSince(start) : 0;
    }
    return {};
}

Result<GenerateBenchResult> bench(const GenerateBenchSettings& asked)
{
    GenerateBenchSettings settings = asked;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    if (!settings.rollouts.empty()) {
        auto encoder = data::Encoder::load(settings.rollouts);
        if (!encoder) {
            return encoder.error();
        }
        tokenizer = encoder->tokenizer;
        settings.model.vocab = tokenizer->vocabSize();
    }
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

    const auto* codes = quant::findCodeTable(settings.quantization);
    nn::Decoder decoder(settings.model, placement->device, placement->dtype,
                        codes ? std::optional(quant::Quantisation{codes->kind, true}) : std::nullopt);
    decoder.initialise(kSeed);
    auto answered = settings.batch == 1 ? answerOne(decoder, settings, result) : answerMany(decoder, settings, result);
    if (!answered) {
        return answered.error();
    }
    if (tokenizer) {
        if (auto drawn = answerAsRollouts(decoder, tokenizer, settings, result); !drawn) {
            return drawn.error();
        }
    }
    result.peakBytes = peakMemory(placement->device);
    if (placement->device.is_cpu()) { // who else reads memory comes and goes within seconds
        result.copyRate = (result.copyRate + measureCopy(placement->device)) / 2;
    }
    result.bytesPerToken = bytesPerToken(decoder, settings);
    result.share = result.tokensPerSecond * result.bytesPerToken / result.copyRate;
    return result;
}

} // namespace

Result<GenerateBenchResult> benchGenerate(const GenerateBenchSettings& settings)
{
    if (settings.prompt < 1 || settings.tokens < 1 || settings.batch < 1) {
        return Error{"prompt, tokens and batch must be at least 1"};
    }
    if (settings.profile && settings.batch != 1) {
        return Error{"a token's kernels are those of one answer; leave out the batch"};
    }
    try {
        return bench(settings);
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        return Error{"the answer could not be measured: " + what.substr(0, what.find('\n'))};
    }
}

} // namespace luthier::train
