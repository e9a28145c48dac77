// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_rollouts.h"

#include "core/base/random.h"
#include "core/inference/slot_stepper.h"
#include "core/train/answers/rollout_batches.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace luthier::train {

namespace {

constexpr std::uint64_t kSeed = 42;

using Texts = std::vector<std::vector<text::TokenId>>;

// The texts of `rows` answers, prompt and answer.
Result<Texts> drawnTexts(nn::Decoder& decoder, std::int64_t rows, std::int64_t length, const base::CancelToken& cancel)
{
    base::Random random(kSeed);
    inference::SlotStepper stepper(decoder, {}, rows, length, false);
    Texts texts(static_cast<std::size_t>(rows));
    inference::Sampling sampling;
    sampling.temperature = 1;
    std::vector<inference::SlotText> prompts;
    for (std::vector<text::TokenId>& text : texts) {
        while (static_cast<std::int64_t>(text.size()) < std::max<std::int64_t>(1, length / 2)) {
            text.push_back(static_cast<text::TokenId>(random.next() % static_cast<std::uint64_t>(decoder.config().vocab)));
        }
    }
    for (std::int64_t slot = 0; slot < rows; ++slot) {
        prompts.push_back({slot, texts[static_cast<std::size_t>(slot)], &sampling});
    }
    for (auto tokens = stepper.enter(prompts);; tokens = stepper.step()) {
        if (!tokens) {
            return tokens.error();
        }
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        for (const inference::SlotToken& token : *tokens) {
            texts[static_cast<std::size_t>(token.slot)].push_back(token.picked.id);
        }
        if (static_cast<std::int64_t>(texts.front().size()) >= length) {
            return texts;
        }
    }
}

} // namespace

Result<RolloutPeers> makeRolloutPeers(nn::Decoder& decoder, const peft::Method& method, const peft::MethodSettings& settings, std::uint64_t seed)
{
    nn::AdapterSet policy = decoder.takeAdapters();
    const auto attached = method.attach(decoder, settings, {seed, {}});
    RolloutPeers peers;
    peers.judge.adapters = std::make_shared<const nn::AdapterSet>(decoder.takeAdapters());
    decoder.giveAdapters(std::move(policy));
    if (!attached) {
        return attached.error();
    }
    peers.judge.head.weight = at::randn({1, decoder.config().hidden}, at::TensorOptions().device(decoder.device()).dtype(at::kFloat));
    return peers;
}

Result<void> answerOnce(const BatchLoss& models, const std::vector<nn::NamedTensor>& heads, const RolloutPeers& peers, const StepBatches& step,
                        std::int64_t rows, std::int64_t length, const base::CancelToken& cancel)
{
    const at::NoGradGuard noGrad;
    nn::Decoder& decoder = models.decoder();
    const auto texts = drawnTexts(decoder, rows, length, cancel);
    if (!texts) {
        return texts.error();
    }
    if (auto judged = inference::judge(decoder, peers.judge, *texts, rows, cancel); !judged) {
        return judged.error();
    }
    const Model policy = [&](const MicroBatch& batch) { return predictionOf(decoder, batch); };
    const Model reference = [&](const MicroBatch& batch) { return models.reference(batch); };
    for (const MicroBatch& batch : step.batches) {
        static_cast<void>(scoreBatch(policy, batch, decoder.device(), 1, heads));
        static_cast<void>(scoreBatch(reference, batch, decoder.device(), 1, {}));
    }
    return {};
}

} // namespace luthier::train
