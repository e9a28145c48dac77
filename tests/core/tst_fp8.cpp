// SPDX-License-Identifier: GPL-3.0-or-later
// Products in 8-bit floats by their plain body, which says what a card's must give (tests/card/card_fp8.cpp holds those to it).
#include "core/nn/decoder.h"
#include "core/nn/layers/fp8_codes.h"
#include "core/nn/layers/fp8_groups.h"
#include "core/nn/layers/fp8_weight.h"
#include "core/nn/layers/linear_group.h"
#include "core/config/run_config.h"
#include "tests/support/fp8_cosine.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <QtTest/QTest>

#include <algorithm>
#include <utility>

using namespace luthier;

namespace {

double apart(const at::Tensor& a, const at::Tensor& b)
{
    const at::Tensor wide = b.to(at::kFloat);
    return ((a.to(at::kFloat) - wide).norm() / wide.norm()).item<double>();
}

nn::DecoderConfig smallConfig()
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 512;
    config.hidden = 256;
    config.intermediate = 512;
    config.layers = 3;
    config.heads = 8;
    config.kvHeads = 4;
    config.headDim = 32;
    config.rotaryDim = 32;
    config.tiedHead = true;
    return config;
}

bool names(const std::vector<config::BrokenRule>& broken, const std::string& key)
{
    return std::any_of(broken.begin(), broken.end(), [&](const config::BrokenRule& rule) {
        return std::find(rule.keys.begin(), rule.keys.end(), "model.frozen_dtype") != rule.keys.end()
               && std::find(rule.keys.begin(), rule.keys.end(), key) != rule.keys.end();
    });
}

} // namespace

class TestFp8 : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rows();
    void products();
    void unpackedCodes();
    void whatPlansCount();
    void gradientsOfAModel();
    void gradientsOfTheBundledModel();
    void whatWasLeftForAnother();
    void refusals();
};

void TestFp8::rows()
{
    at::manual_seed(3);
    at::Tensor x = at::randn({64, 96}) * at::randn({64, 1}).exp();
    x[5].zero_();
    const nn::Fp8Rows rows = nn::fp8Rows(x.to(at::kBFloat16));
    QCOMPARE(rows.scales[5].item<float>(), 1.0F); // never 0 / 0
    QCOMPARE(rows.codes[5].to(at::kFloat).abs().max().item<float>(), 0.0F);
    QCOMPARE(rows.codes.to(at::kFloat).abs().amax(1).max().item<float>(), 448.0F);
    const at::Tensor back = rows.codes.to(at::kFloat) * rows.scales;
    const at::Tensor wide = x.to(at::kBFloat16).to(at::kFloat);
    // Half a step of three bits of fraction, and half of the smallest step of the row.
    QVERIFY(((back - wide).abs() <= wide.abs() / 16 + rows.scales / 1024).all().item<bool>());
    QVERIFY(!nn::fp8Rows(at::full({2, 16}, std::nan(""), at::kBFloat16)).codes.to(at::kFloat).isfinite().any().item<bool>());
}

void TestFp8::products()
{
    at::manual_seed(4);
    const at::Tensor x = at::randn({256, 320}).to(at::kBFloat16);
    const at::Tensor weight = at::randn({192, 320}).to(at::kBFloat16);
    const at::Tensor bias = at::randn({192}).to(at::kBFloat16);
    const nn::Fp8Weight held = nn::fp8WeightOf(weight);
    QVERIFY(apart(nn::fp8Product(nn::fp8Rows(x), held.forward, bias), x.mm(weight.t()) + bias) < 0.045);
    const at::Tensor dy = at::randn({256, 192}).to(at::kBFloat16);
    QVERIFY(apart(nn::fp8Product(nn::fp8Rows(dy), held.backward), dy.mm(weight)) < 0.045);
    nn::LinearGroup group;
    QVERIFY(!group.multipliesFp8(256));
    group.fp8 = held;
    QVERIFY(group.multipliesFp8(256) && !group.multipliesFp8(1));
}

// A base in 4 bits: its codes are unpacked to 8-bit floats instead of numbers.
void TestFp8::unpackedCodes()
{
    nn::Decoder decoder(smallConfig(), at::kCPU, at::kBFloat16, quant::Quantisation{quant::CodeKind::Nf4, true});
    decoder.initialise(7);
    const auto leaves = support::attachedAdapters(decoder, 0.05);
    at::manual_seed(8);
    const at::Tensor ids = at::randint(512, {2, 96}, at::kLong);
    const at::Tensor plain = support::adapterGradients(decoder, leaves, ids);
    for (nn::LinearGroup* group : decoder.groups()) {
        QVERIFY(nn::unpacksToFp8(*group) && !group->multipliesFp8(256));
        nn::prepareFp8Codes(*group);
        QVERIFY(group->multipliesFp8(256) && !group->multipliesFp8(1));
        const at::Tensor numbers = group->weightNow().to(at::kFloat).clone();
        const nn::Fp8Rows rows = nn::fp8CodesOf(*group, false);
        const at::Tensor back = rows.codes.to(at::kFloat) * rows.scales;
        QVERIFY(apart(back, numbers) < 0.03 && apart(back, numbers) > 0);
        QVERIFY(rows.codes.to(at::kFloat).abs().max().item<float>() > 400 && rows.codes.to(at::kFloat).isfinite().all().item<bool>());
        const nn::Fp8Rows across = nn::fp8CodesOf(*group, true);
        QVERIFY((across.codes.to(at::kFloat) * across.scales).equal(back.t()));
    }
    const at::Tensor coded = support::adapterGradients(decoder, leaves, ids);
    const double cosine = (plain.dot(coded) / (plain.norm() * coded.norm())).item<double>();
    QVERIFY2(cosine > 0.995 && cosine < 0.99999999, qPrintable(QString::number(cosine, 'g', 12)));
}

// A plan knows what the codes take before there are any.
void TestFp8::whatPlansCount()
{
    const auto groupOf = [](std::int64_t outputs, std::int64_t inputs) {
        nn::LinearGroup group;
        group.weight = at::randn({outputs, inputs}).to(at::kBFloat16);
        group.slices = {{"all", 0, outputs}};
        return group;
    };
    const nn::LinearGroup wide = groupOf(192, 320);
    const nn::Fp8Weight held = nn::fp8WeightOf(wide.weight);
    std::size_t bytes = 0;
    for (const nn::Fp8Rows* rows : {&held.forward, &held.backward}) {
        bytes += rows->codes.nbytes() + rows->scales.nbytes();
    }
    QCOMPARE(nn::fp8Bytes(wide), static_cast<std::int64_t>(bytes));
    QVERIFY(nn::takesFp8(wide));
    for (const auto& [outputs, inputs] : {std::pair{64, 320}, {192, 100}, {193, 320}}) {
        const nn::LinearGroup plain = groupOf(outputs, inputs);
        QVERIFY(!nn::takesFp8(plain));
        QCOMPARE(nn::fp8Bytes(plain), 0);
    }
}

void TestFp8::gradientsOfAModel()
{
    nn::Decoder decoder(smallConfig(), at::kCPU, at::kBFloat16);
    decoder.initialise(7);
    const auto leaves = support::attachedAdapters(decoder, 0.05);
    QVERIFY(!leaves.empty());
    at::manual_seed(8);
    const at::Tensor ids = at::randint(512, {2, 96}, at::kLong);
    const at::Tensor plain = support::adapterGradients(decoder, leaves, ids);
    for (nn::LinearGroup* group : decoder.groups()) {
        group->fp8 = nn::fp8WeightOf(group->weight);
    }
    const at::Tensor coded = support::adapterGradients(decoder, leaves, ids);
    const double cosine = (plain.dot(coded) / (plain.norm() * coded.norm())).item<double>();
    QVERIFY2(cosine > 0.995 && cosine < 0.99999999, qPrintable(QString::number(cosine, 'g', 12))); // and not the same products
    // The same with every layer computed again.
    decoder.setActivationCheckpointing(true);
    QVERIFY(support::adapterGradients(decoder, leaves, ids).equal(coded));
}

// A model that has learned something. With the first layer's products forward in 8 bits, too, it was 0.9926 here and 0.9936 on a card.
void TestFp8::gradientsOfTheBundledModel()
{
    const double cosine = support::bundledCosine(LUTHIER_SOURCE_DIR "/resources", LUTHIER_SOURCE_DIR "/datasets", at::kCPU, [](nn::Decoder& decoder) {
        for (nn::LinearGroup* group : decoder.groups()) {
            group->fp8 = nn::fp8WeightOf(group->weight);
        }
    });
    QVERIFY2(cosine >= 0.995, qPrintable(QString::number(cosine, 'g', 12)));
}

void TestFp8::whatWasLeftForAnother()
{
    const at::Tensor mine = at::randn({128, 32}).to(at::kBFloat16);
    nn::leaveFp8Rows(mine, nn::fp8Rows(mine));
    QVERIFY(!nn::takeFp8Rows(at::randn({128, 32}).to(at::kBFloat16)).exists());
    QVERIFY(!nn::takeFp8Rows(mine).exists()); // dropped
    nn::leaveFp8Rows(mine, nn::fp8Rows(mine));
    QVERIFY(nn::takeFp8Rows(mine).exists());
    nn::leaveFp8Rows(mine, nn::fp8Rows(mine));
    at::Tensor(mine).add_(1); // changed since
    QVERIFY(!nn::takeFp8Rows(mine).exists());
}

void TestFp8::refusals()
{
    nn::Decoder decoder(smallConfig(), at::kCPU, at::kBFloat16);
    const auto refused = decoder.multiplyInFp8();
    QVERIFY(!refused && refused.message().find("model.frozen_dtype") != std::string::npos);
    config::RunConfig run;
    run.model.frozenDtype = "fp8";
    QVERIFY(!names(config::brokenRules(run), "method.kind") && !names(config::brokenRules(run), "model.dtype"));
    run.method.kind = "full";
    QVERIFY(names(config::brokenRules(run), "method.kind"));
    run.method.kind = "qlora"; // whose codes are unpacked to it
    QVERIFY(!names(config::brokenRules(run), "model.quantization") && !names(config::brokenRules(run), "method.kind"));
    run.method.kind = "lora";
    run.model.dtype = "fp32";
    QVERIFY(names(config::brokenRules(run), "model.dtype"));
    run.model.device = "cpu";
    QVERIFY(names(config::brokenRules(run), "model.device"));
}

QTEST_APPLESS_MAIN(TestFp8)
#include "tst_fp8.moc"
