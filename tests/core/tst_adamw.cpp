// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW against the formula in double precision, clipping, masters of bf16 leaves, steps that are not finite, state, paging.
#include "core/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/sin.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>
#include <limits>

using namespace luthier;

namespace {

// Values that need no generator: sines of a line.
at::Tensor wave(std::int64_t count, double phase)
{
    return at::sin(at::linspace(phase, phase + 3, count, at::kDouble)).to(at::kFloat);
}

nn::NamedTensor leaf(const std::string& name, std::int64_t count, at::ScalarType type = at::kFloat)
{
    at::Tensor tensor = wave(count, static_cast<double>(name.size())).to(type);
    tensor.requires_grad_(true);
    return {name, tensor};
}

// The formula as the header gives it, in double.
struct Reference {
    at::Tensor p, m, v;
    int t = 0;

    explicit Reference(const at::Tensor& start)
        : p(start.detach().to(at::kDouble).clone()), m(at::full_like(p, 0)), v(at::full_like(p, 0))
    {
    }
    void step(const at::Tensor& gradient, double rate, double decay, const optim::OptimizerSettings& settings)
    {
        const auto& s = settings.of<optim::AdamWSettings>();
        const at::Tensor g = gradient.to(at::kDouble);
        ++t;
        p.mul_(1 - rate * decay);
        m.mul_(s.beta1).add_(g, 1 - s.beta1);
        v.mul_(s.beta2).addcmul_(g, g, 1 - s.beta2);
        p.sub_(rate * (m / (1 - std::pow(s.beta1, t))) / ((v / (1 - std::pow(s.beta2, t))).sqrt() + s.epsilon));
    }
};

double gap(const at::Tensor& a, const at::Tensor& b)
{
    return (a.detach().to(at::kDouble) - b.detach().to(at::kDouble)).abs().max().item<double>();
}

} // namespace

class TestAdamW : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void decayByName_data();
    void decayByName();
    void equalsTheFormula();
    void clips();
    void smallStepsOfBf16AreKept();
    void notFiniteChangesNothing_data();
    void notFiniteChangesNothing();
    void stateGoesOn();
    void mastersCrossPrecisions();
    void foreignStateIsRefused();
    void pagedIsUnpaged_data();
    void pagedIsUnpaged();
    void pagingOffStaysOff();
};

void TestAdamW::decayByName_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("decayed");
    QTest::newRow("embedding") << "model.embed_tokens.weight" << true;
    QTest::newRow("projection") << "model.layers.0.self_attn.q_proj+k_proj+v_proj.weight" << true;
    QTest::newRow("adapter") << "model.layers.0.self_attn.q_proj.lora_A.weight" << true;
    QTest::newRow("bias") << "model.layers.0.mlp.down_proj.bias" << false;
    QTest::newRow("layer norm") << "model.layers.0.input_layernorm.weight" << false;
    QTest::newRow("last norm") << "model.norm.weight" << false;
    QTest::newRow("norm alone") << "norm" << false;
    QTest::newRow("query norm") << "model.layers.0.self_attn.q_norm.weight" << false;
    QTest::newRow("upper case") << "encoder.LayerNorm.weight" << false;
    QTest::newRow("gpt2 norm") << "transformer.h.0.ln_1.weight" << false;
    QTest::newRow("normal is no norm") << "model.normal.weight" << true;
    QTest::newRow("a norm's map") << "model.norm_out.weight" << true;
}

void TestAdamW::decayByName()
{
    QFETCH(QString, name);
    QTEST(optim::isDecayed(name.toStdString()), "decayed");
}

void TestAdamW::equalsTheFormula()
{
    optim::OptimizerSettings settings;
    settings.maxGradNorm = 0;
    settings.of<optim::DecaySettings>().weightDecay = 0.1;
    const std::vector<nn::NamedTensor> leaves{leaf("a.weight", 1000), leaf("a.bias", 7)};
    Reference weight(leaves[0].tensor);
    Reference bias(leaves[1].tensor);
    optim::AdamW optimizer(leaves, settings);
    for (int i = 0; i < 50; ++i) {
        const double rate = 0.01 * (50 - i) / 50;
        const at::Tensor g0 = wave(1000, i) * 3;
        const at::Tensor g1 = wave(7, i * 2);
        leaves[0].tensor.mutable_grad() = g0.clone();
        leaves[1].tensor.mutable_grad() = g1.clone();
        const double norm = optimizer.step(rate).item<double>();
        const double expected = std::sqrt((g0 * g0).sum().item<double>() + (g1 * g1).sum().item<double>());
        QVERIFY(std::abs(norm - expected) < 1e-4 * expected);
        weight.step(g0, rate, settings.of<optim::DecaySettings>().weightDecay, settings);
        bias.step(g1, rate, 0, settings);
        QVERIFY(!leaves[0].tensor.grad().defined());
    }
    QVERIFY2(gap(leaves[0].tensor, weight.p) < 2e-6, qPrintable(QString::number(gap(leaves[0].tensor, weight.p))));
    QVERIFY(gap(leaves[1].tensor, bias.p) < 2e-6);
}

void TestAdamW::clips()
{
    optim::OptimizerSettings settings;
    settings.maxGradNorm = 1;
    settings.of<optim::AdamWSettings>().epsilon = 0.1; // so that a gradient's size matters
    for (const double size : {0.01, 5.0}) {
        const std::vector<nn::NamedTensor> leaves{leaf("a.weight", 64), leaf("b.weight", 64)};
        std::vector<Reference> references{Reference(leaves[0].tensor), Reference(leaves[1].tensor)};
        optim::AdamW optimizer(leaves, settings);
        const at::Tensor gradient = at::full({64}, size);
        const double norm = std::sqrt(128.0) * size;
        for (std::size_t i = 0; i < 2; ++i) {
            leaves[i].tensor.mutable_grad() = gradient.clone();
        }
        QVERIFY(std::abs(optimizer.step(0.1).item<double>() - norm) < 1e-4 * norm);
        const double factor = std::min(1.0, 1.0 / (norm + 1e-6));
        for (std::size_t i = 0; i < 2; ++i) {
            references[i].step(gradient * factor, 0.1, settings.of<optim::DecaySettings>().weightDecay, settings);
            QVERIFY(gap(leaves[i].tensor, references[i].p) < 1e-6);
        }
    }
}

// A step of 1e-4 is below half a unit of bf16 at 1: without a master the weight would never move.
void TestAdamW::smallStepsOfBf16AreKept()
{
    optim::OptimizerSettings settings;
    settings.of<optim::DecaySettings>().weightDecay = 0;
    at::Tensor tensor = at::full({8}, 1.0).to(at::kBFloat16);
    tensor.requires_grad_(true);
    optim::AdamW optimizer({{"a.weight", tensor}}, settings);
    for (int i = 0; i < 100; ++i) {
        tensor.mutable_grad() = at::full({8}, 0.01).to(at::kBFloat16);
        optimizer.step(1e-4);
    }
    QVERIFY(std::abs(tensor.detach().to(at::kFloat)[0].item<double>() - 0.99) < 0.004);
    bool found = false;
    for (const auto& named : optimizer.state()) {
        found = found || named.name == "master.a.weight";
        if (named.name == "master.a.weight") {
            QCOMPARE(named.tensor.scalar_type(), at::kFloat);
            QVERIFY(std::abs(named.tensor[0].item<double>() - 0.99) < 1e-4);
        }
    }
    QVERIFY(found);
}

void TestAdamW::notFiniteChangesNothing_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<bool>("half");
    for (const bool half : {false, true}) {
        const char* type = half ? "bf16" : "fp32";
        QTest::addRow("nan %s", type) << std::numeric_limits<double>::quiet_NaN() << half;
        QTest::addRow("infinity %s", type) << std::numeric_limits<double>::infinity() << half;
    }
}

void TestAdamW::notFiniteChangesNothing()
{
    QFETCH(double, value);
    QFETCH(bool, half);
    const auto type = half ? at::kBFloat16 : at::kFloat;
    const std::vector<nn::NamedTensor> leaves{leaf("a.weight", 33, type), leaf("b.bias", 5, type)};
    optim::AdamW optimizer(leaves, {});
    const auto give = [&](double first) {
        for (const auto& named : leaves) {
            named.tensor.mutable_grad() = wave(named.tensor.numel(), 1).to(type);
        }
        leaves[0].tensor.mutable_grad()[0] = first;
    };
    give(0.5);
    optimizer.step(0.01);
    std::vector<at::Tensor> before;
    for (const auto& named : optimizer.state()) {
        before.push_back(named.tensor.clone());
    }
    const at::Tensor weight = leaves[0].tensor.detach().clone();
    give(value);
    QVERIFY(!std::isfinite(optimizer.step(0.01).item<double>()));
    const auto after = optimizer.state();
    for (std::size_t i = 0; i < after.size(); ++i) {
        QVERIFY2(after[i].tensor.equal(before[i]), after[i].name.c_str());
    }
    QVERIFY(leaves[0].tensor.detach().equal(weight));
    give(0.25);
    QVERIFY(std::isfinite(optimizer.step(0.01).item<double>()));
    QVERIFY(!leaves[0].tensor.detach().equal(weight) || half);
}

void TestAdamW::stateGoesOn()
{
    const auto run = [](nn::NamedTensor& named, optim::AdamW& optimizer, int from, int to) {
        for (int i = from; i < to; ++i) {
            named.tensor.mutable_grad() = wave(50, i);
            optimizer.step(0.01);
        }
    };
    nn::NamedTensor whole = leaf("a.weight", 50);
    optim::AdamW optimizer({whole}, {});
    run(whole, optimizer, 0, 5);
    nn::NamedTensor later{"a.weight", whole.tensor.detach().clone()};
    later.tensor.requires_grad_(true);
    optim::AdamW other({later}, {});
    QVERIFY(other.restore(optimizer.state()).ok());
    run(whole, optimizer, 5, 12);
    run(later, other, 5, 12);
    QVERIFY(whole.tensor.detach().equal(later.tensor.detach()));
}

void TestAdamW::mastersCrossPrecisions()
{
    nn::NamedTensor narrow = leaf("a.weight", 20, at::kBFloat16);
    optim::AdamW inBf16({narrow}, {});
    narrow.tensor.mutable_grad() = wave(20, 2).to(at::kBFloat16);
    inBf16.step(1e-3);
    nn::NamedTensor wide{"a.weight", narrow.tensor.detach().to(at::kFloat)};
    wide.tensor.requires_grad_(true);
    optim::AdamW inFp32({wide}, {});
    QVERIFY(inFp32.restore(inBf16.state()).ok());
    for (const auto& named : inBf16.state()) {
        if (named.name == "master.a.weight") {
            QVERIFY(wide.tensor.detach().equal(named.tensor));
        }
    }
    QVERIFY(inBf16.restore(inFp32.state()).ok());
}

void TestAdamW::foreignStateIsRefused()
{
    optim::AdamW optimizer({leaf("a.weight", 4)}, {});
    for (const auto& other : {leaf("b.weight", 4), leaf("a.weight", 5)}) {
        optim::AdamW stranger({other}, {});
        const auto restored = optimizer.restore(stranger.state());
        QVERIFY(!restored.ok());
        QVERIFY(restored.message().find(".weight") != std::string::npos);
    }
    auto more = optimizer.state();
    more.push_back({"exp_avg.c.weight", at::full({1}, 0.0)});
    QVERIFY(!optimizer.restore(more).ok());
    QVERIFY(optimizer.restore(optimizer.state()).ok());
}

void TestAdamW::pagedIsUnpaged_data()
{
    QTest::addColumn<int>("pageElements");
    QTest::addColumn<bool>("bf16");
    QTest::addColumn<int>("pageOutAfter"); // -1: paged from the start
    for (const int page : {64, 192, 1 << 20}) {
        QTest::addRow("fp32, %d", page) << page << false << -1;
        QTest::addRow("bf16, %d", page) << page << true << -1;
        QTest::addRow("fp32, %d, out between", page) << page << false << 3;
        QTest::addRow("bf16, %d, out between", page) << page << true << 3;
    }
}

// Leaves smaller and larger than a page, one without a gradient now and then, a step that is not finite, and a state that
// goes on in the other kind.
void TestAdamW::pagedIsUnpaged()
{
    QFETCH(int, pageElements);
    QFETCH(bool, bf16);
    QFETCH(int, pageOutAfter);
    const auto made = [&] {
        return std::vector<nn::NamedTensor>{leaf("a.weight", 1000, bf16 ? at::kBFloat16 : at::kFloat), leaf("a.bias", 7),
                                            leaf("b.weight", 130, bf16 ? at::kBFloat16 : at::kFloat)};
    };
    const auto kept = made();
    const auto moved = made();
    optim::OptimizerSettings off;
    off.paging = "off";
    optim::OptimizerSettings paging;
    paging.paging = pageOutAfter < 0 ? "on" : "auto";
    optim::AdamW usual(kept, off);
    optim::AdamW paged(moved, paging, pageElements);
    QCOMPARE(paged.isPaged(), pageOutAfter < 0);
    for (int i = 0; i < 8; ++i) {
        if (i == pageOutAfter) {
            QVERIFY(paged.pageOut());
            QVERIFY(!paged.pageOut());
        }
        for (std::size_t n = 0; n < kept.size(); ++n) {
            if (n == 2 && i % 3 == 1) {
                continue;
            }
            at::Tensor gradient = wave(kept[n].tensor.numel(), i + static_cast<double>(n)).to(kept[n].tensor.scalar_type());
            gradient[0].fill_(i == 5 ? std::numeric_limits<float>::infinity() : 1.0f);
            kept[n].tensor.mutable_grad() = gradient.clone();
            moved[n].tensor.mutable_grad() = gradient.clone();
        }
        QVERIFY(usual.step(0.01).equal(paged.step(0.01)));
        for (std::size_t n = 0; n < kept.size(); ++n) {
            QVERIFY2(kept[n].tensor.equal(moved[n].tensor), kept[n].name.c_str());
            QVERIFY(!moved[n].tensor.grad().defined());
        }
    }
    const auto state = usual.state();
    const auto pagedState = paged.state();
    QCOMPARE(state.size(), pagedState.size());
    for (std::size_t n = 0; n < state.size(); ++n) {
        QCOMPARE(state[n].name, pagedState[n].name);
        QVERIFY2(state[n].tensor.equal(pagedState[n].tensor), state[n].name.c_str());
    }
    optim::AdamW next(made(), paging, pageElements);
    QVERIFY(next.restore(state).ok());
    QVERIFY(next.state()[0].tensor.equal(state[0].tensor));
    QVERIFY(usual.restore(pagedState).ok());
}

void TestAdamW::pagingOffStaysOff()
{
    optim::OptimizerSettings settings;
    settings.paging = "off";
    optim::AdamW optimizer({leaf("a.weight", 4)}, settings);
    QVERIFY(!optimizer.pageOut() && !optimizer.isPaged() && optimizer.pagedBytes() == 0);
}

QTEST_APPLESS_MAIN(TestAdamW)
#include "tst_adamw.moc"
