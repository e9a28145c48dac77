// SPDX-License-Identifier: GPL-3.0-or-later
// benchKernels, of answers: products with codes, one token of many texts and of one, the choice of tokens.
#include "core/train/bench/kernel_bench.h"

#include "core/inference/card_steps.h"
#include "core/nn/batch/slot_cache.h"
#include "core/nn/decoder.h"
#include "core/quant/weight_quantiser.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <memory>
#include <optional>

namespace luthier::train {

namespace {

// A few rows times a weight in codes.
void checkCodes(const KernelBench& bench, std::int64_t rows)
{
    constexpr std::int64_t kOut = 328;
    constexpr std::int64_t kIn = 768;
    for (const auto& table : quant::codeTables()) {
        nn::LinearGroup group;
        group.slices = {{"one", 0, kOut}, {"two", kOut, kOut / 2}};
        group.buffer = std::make_shared<nn::WeightBuffer>();
        group.buffer->memory = at::empty({(kOut + kOut / 2) * kIn}, bench.options);
        for (const auto& slice : group.slices) {
            const bool nested = table.kind == quant::CodeKind::Nf4;
            group.quantised.push_back(quant::emptyWeight(table.kind, nested, slice.size, kIn, bench.options.device()));
            const auto done = quant::quantise(bench.normal({slice.size, kIn}), group.quantised.back());
            TORCH_CHECK(done.ok(), "random numbers could not be quantised");
        }
        const at::Tensor x = bench.normal({rows, kIn});
        bench.check("product with codes", std::to_string(rows) + " x " + std::to_string(kIn) + ", " + std::string(table.id),
                    [&] { return Tensors{nn::linearForward(nn::ActiveLinear(group), x)}; });
    }
}

nn::DecoderConfig smallModel()
{
    nn::DecoderConfig model;
    model.family = "llama";
    model.vocab = 256;
    model.hidden = 256;
    model.intermediate = 512;
    model.layers = 3;
    model.heads = 8;
    model.kvHeads = 2;
    model.headDim = 64;
    model.maxPositions = 512;
    model.windows = {0, 40, 0};
    model.attentionSoftcap = 30;
    return model;
}

// One token of many texts of many lengths, and of one text alone.
void checkTokens(const KernelBench& bench, std::optional<quant::Quantisation> quantisation)
{
    constexpr std::int64_t kTexts = 20;
    nn::Decoder decoder(smallModel(), bench.options.device(), c10::typeMetaToScalarType(bench.options.dtype()), quantisation);
    decoder.initialise(3);
    const auto whole = bench.options.dtype(at::kLong);
    const at::Tensor prompt = at::randint(decoder.config().vocab, {1, 400}, whole);
    const at::Tensor fresh = at::randint(decoder.config().vocab, {1, kTexts}, whole);
    nn::KvCache alone = decoder.makeCache(1, 402);
    nn::SlotCache slots = nn::makeSlots(decoder, kTexts, 402);
    nn::ForwardInput reads;
    reads.ids = prompt;
    reads.cache = &alone;
    decoder.hidden(reads);
    slots.lengths = at::arange(kTexts, whole) * 21;
    slots.longest = (kTexts - 1) * 21;
    for (std::int64_t slot = 0; slot < kTexts; ++slot) {
        nn::takeIn(slots, alone, at::arange(slot, slot + 1, whole)); // longer ones, of which the lengths see a part
    }
    const std::string kind = quantisation ? ", codes" : "";
    bench.check("a token of many texts", std::to_string(kTexts) + kind, [&] {
        nn::ForwardInput input;
        input.ids = fresh;
        input.cache = &slots;
        return Tensors{decoder.hidden(input)};
    });
    bench.check("a token of one text", "1" + kind, [&] {
        nn::ForwardInput input;
        input.ids = fresh.narrow(1, 0, 1);
        input.cache = &alone;
        alone.length = 400;
        return Tensors{decoder.hidden(input)};
    });
}

// The card's choice of tokens and the host's: equal.
void checkPicks(const KernelBench& bench)
{
    constexpr std::int64_t kRows = 48;
    constexpr std::int64_t kVocabulary = 5003;
    const auto real = bench.options.dtype(at::kFloat);
    const auto whole = bench.options.dtype(at::kLong);
    const at::Tensor logits = at::randn({kRows, kVocabulary}, real).mul_(3);
    std::vector<inference::Sampling> settings(static_cast<std::size_t>(kRows));
    for (std::size_t i = 0; i < settings.size(); ++i) {
        settings[i].temperature = i % 4 == 0 ? 0 : 0.4 + 0.1 * static_cast<double>(i % 9);
        settings[i].topK = i % 3 == 0 ? 20 : 0;
        settings[i].topP = i % 5 == 1 ? 0.7 : 1;
        settings[i].repetitionPenalty = i % 6 == 5 ? 1.4 : 1;
        settings[i].seed = static_cast<std::int64_t>(i) * 77;
    }
    const std::vector<text::TokenId> context{3, 14, 159, 2653, 14};
    bench.check("picked tokens", std::to_string(kRows) + " x " + std::to_string(kVocabulary), [&] {
        std::vector<std::int64_t> slots;
        std::vector<float> logProbs;
        std::vector<std::int64_t> ids;
        if (nn::kernels::picksTokens(bench.options.device())) {
            inference::CardSteps steps(bench.options.device(), kRows, kVocabulary, true);
            for (std::int64_t slot = 0; slot < kRows; ++slot) {
                steps.enter(slot, 1, context, settings[static_cast<std::size_t>(slot)]);
                slots.push_back(slot);
            }
            steps.pick(logits, at::arange(kRows, whole));
            for (const auto& picked : steps.read(slots)) {
                ids.push_back(picked.id);
                logProbs.push_back(picked.logProb);
            }
        } else {
            const at::Tensor here = logits.to(at::kCPU).clone();
            for (std::int64_t row = 0; row < kRows; ++row) {
                inference::Sampler sampler(settings[static_cast<std::size_t>(row)], true);
                const auto picked = sampler.choose(
                    {here.mutable_data_ptr<float>() + row * kVocabulary, static_cast<std::size_t>(kVocabulary)}, context);
                ids.push_back(picked ? picked->id : -1);
                logProbs.push_back(picked ? picked->logProb : 0);
            }
        }
        return Tensors{at::tensor(ids), at::tensor(logProbs)};
    });
}

} // namespace

void checkAnswers(const KernelBench& bench)
{
    for (const std::int64_t rows : {1, 3, 8, 13, 33, 64, 65}) {
        checkCodes(bench, rows);
    }
    checkTokens(bench, std::nullopt);
    checkTokens(bench, quant::Quantisation{});
    checkPicks(bench);
}

} // namespace luthier::train
