// SPDX-License-Identifier: GPL-3.0-or-later
// Decoder: hidden states and every gradient equal to plain autograd for each family's switches; packed equals
// unpacked, cached equals uncached.
#include "core/nn/decoder.h"
#include "tests/support/family_shapes.h"
#include "tests/support/plain_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

using namespace luthier;
using nn::DecoderConfig;

namespace {

DecoderConfig small()
{
    DecoderConfig config;
    config.family = "llama";
    config.vocab = 50;
    config.hidden = 16;
    config.intermediate = 24;
    config.layers = 3;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 6;
    config.rotaryDim = 6;
    config.maxPositions = 64;
    config.initializerRange = 0.3;
    return config;
}

struct Variant {
    const char* name;
    void (*change)(DecoderConfig&);
};

const Variant kVariants[] = {
    {"llama", [](DecoderConfig&) {}},
    {"biases, tied", [](DecoderConfig& c) { c.attentionBias = c.outputBias = c.mlpBias = c.tiedHead = true; }},
    {"window", [](DecoderConfig& c) { c.windows = {4, 0, 3}; }},
    {"head norms", [](DecoderConfig& c) { c.queryKeyNorm = nn::QueryKeyNorm::Head; }},
    {"norms behind", [](DecoderConfig& c) {
         c.normPlace = nn::NormPlace::After;
         c.queryKeyNorm = nn::QueryKeyNorm::Whole;
     }},
    {"both norms, caps", [](DecoderConfig& c) {
         support::asGemma(c);
         c.attentionSoftcap = 2;
         c.attentionScale = 0.5;
         c.embeddingScale = 4;
         c.windows = {4, 0, 4};
         c.hasLocalRope = true;
         c.rope.type = "linear";
         c.rope.factor = 2;
     }},
    {"fused, part of a head turns", [](DecoderConfig& c) {
         c.layout = nn::WeightLayout::Fused;
         c.rotaryDim = 4;
     }},
    {"gpt2", support::asGpt2},
};

std::unique_ptr<nn::Decoder> decoderOf(const Variant& variant)
{
    DecoderConfig config = small();
    variant.change(config);
    auto decoder = std::make_unique<nn::Decoder>(config, at::kCPU, at::kFloat);
    decoder->initialise(3);
    const c10::NoGradGuard noGrad;
    at::manual_seed(5);
    for (const auto& leaf : decoder->baseLeaves()) {
        leaf.tensor.add_(at::randn_like(leaf.tensor), 0.05); // norms and biases other than ones and zeros
    }
    return decoder;
}

at::Tensor someIds(std::int64_t rows, std::int64_t tokens)
{
    at::manual_seed(9);
    return at::randint(50, {rows, tokens}, at::kLong);
}

void addAdapters(nn::Decoder& decoder, bool trainable)
{
    at::manual_seed(4);
    for (auto* group : decoder.groups()) {
        for (std::size_t i = 0; i < group->slices.size(); ++i) {
            nn::LowRank adapter{i, at::randn({3, group->inputs()}) * 0.2, at::randn({group->slices[i].size, 3}) * 0.2, 1.5, 0};
            adapter.a.requires_grad_(trainable);
            adapter.b.requires_grad_(trainable);
            group->adapters.push_back(adapter);
        }
    }
}

std::vector<nn::NamedTensor> trainedOf(nn::Decoder& decoder)
{
    std::vector<nn::NamedTensor> all;
    for (const auto& leaf : decoder.baseLeaves()) {
        if (leaf.tensor.requires_grad() && leaf.name != "lm_head.weight") { // not behind the hidden states
            all.push_back(leaf);
        }
    }
    for (auto* group : decoder.groups()) {
        for (const auto& adapter : group->adapters) {
            all.push_back({group->slicePath(adapter.slice) + ".a", adapter.a});
            all.push_back({group->slicePath(adapter.slice) + ".b", adapter.b});
        }
    }
    return all;
}

double apart(const at::Tensor& left, const at::Tensor& right)
{
    const double size = right.abs().max().item<double>();
    return (left - right).abs().max().item<double>() / (size > 0 ? size : 1);
}

} // namespace

class DecoderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void gradients_data()
    {
        QTest::addColumn<int>("variant");
        QTest::addColumn<bool>("base");
        QTest::addColumn<bool>("adapters");
        for (int i = 0; i < static_cast<int>(std::size(kVariants)); ++i) {
            const QByteArray name = kVariants[i].name;
            QTest::newRow(name + ", full") << i << true << false;
            QTest::newRow(name + ", adapters") << i << false << true;
        }
    }

    void gradients()
    {
        QFETCH(int, variant);
        QFETCH(bool, base);
        QFETCH(bool, adapters);
        const auto decoder = decoderOf(kVariants[variant]);
        if (adapters) {
            addAdapters(*decoder, true);
        }
        decoder->setBaseTrainable(base);
        const at::Tensor ids = someIds(2, 9);
        const at::Tensor weights = at::randn({2, 9, 16});
        const at::Tensor ours = decoder->hidden({ids, {}, nullptr});
        const at::Tensor plain = tests::PlainDecoder(*decoder, ids).hidden();
        // Both round: over twelve draws of the adapters they were 0.6e-6 to 2.7e-6 apart, most where a head's norm divides by little.
        QVERIFY2(apart(ours, plain) < 4e-6, QByteArray::number(apart(ours, plain)).constData());

        (ours * weights).sum().backward();
        const auto trained = trainedOf(*decoder);
        std::vector<at::Tensor> gradients;
        for (const auto& leaf : trained) {
            gradients.push_back(leaf.tensor.grad().clone());
            leaf.tensor.mutable_grad() = at::Tensor();
        }
        (plain * weights).sum().backward();
        for (std::size_t i = 0; i < trained.size(); ++i) {
            const double difference = apart(gradients[i], trained[i].tensor.grad());
            QVERIFY2(difference < 2e-5, (trained[i].name + ": " + std::to_string(difference)).c_str());
        }
    }

    void cachedEqualsUncached_data() { rows(); }
    void cachedEqualsUncached()
    {
        QFETCH(int, variant);
        const auto decoder = decoderOf(kVariants[variant]);
        const c10::NoGradGuard noGrad;
        const at::Tensor ids = someIds(1, 12);
        const at::Tensor whole = decoder->hidden({ids, {}, nullptr});
        auto cache = decoder->makeCache(1, 12);
        std::vector<at::Tensor> parts;
        for (const auto& [first, count] : std::vector<std::pair<int, int>>{{0, 5}, {5, 1}, {6, 3}, {9, 1}, {10, 2}}) {
            parts.push_back(decoder->hidden({ids.narrow(1, first, count), {}, &cache}));
        }
        QVERIFY(apart(at::cat(parts, 1), whole) < 1e-5);
    }

    void packedEqualsUnpacked_data() { rows(); }
    void packedEqualsUnpacked()
    {
        QFETCH(int, variant);
        const auto decoder = decoderOf(kVariants[variant]);
        const c10::NoGradGuard noGrad;
        const at::Tensor ids = someIds(1, 14);
        const at::Tensor packed = decoder->hidden({ids, {6, 1, 7}, nullptr});
        const at::Tensor apartRows = at::cat({decoder->hidden({ids.narrow(1, 0, 6), {}, nullptr}),
                                              decoder->hidden({ids.narrow(1, 6, 1), {}, nullptr}),
                                              decoder->hidden({ids.narrow(1, 7, 7), {}, nullptr})}, 1);
        QVERIFY(apart(packed, apartRows) < 1e-5);
    }

    void adaptersOffIsTheBase()
    {
        const auto decoder = decoderOf(kVariants[0]);
        const c10::NoGradGuard noGrad;
        const at::Tensor ids = someIds(1, 6);
        const at::Tensor base = decoder->hidden({ids, {}, nullptr}).clone();
        addAdapters(*decoder, false);
        QVERIFY(apart(decoder->hidden({ids, {}, nullptr}), base) > 1e-3);
        QVERIFY(at::equal(decoder->hidden({ids, {}, nullptr, {false, true, nn::noAdapters()}}), base));
    }

private:
    static void rows()
    {
        QTest::addColumn<int>("variant");
        for (int i = 0; i < static_cast<int>(std::size(kVariants)); ++i) {
            QTest::newRow(kVariants[i].name) << i;
        }
    }
};

QTEST_APPLESS_MAIN(DecoderTest)
#include "tst_decoder.moc"
