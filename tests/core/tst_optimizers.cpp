// SPDX-License-Identifier: GPL-3.0-or-later
// Every optimizer of the table: torch's own steps, a checkpoint that goes on to the bit, masters of bf16 leaves, steps that
// are not finite, state in host memory, and what is said of a state that is another's.
#include "core/base/json.h"
#include "core/config/run_config.h"
#include "core/nn/decoder.h"
#include "core/optim/leaf_groups.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/optim/sgd_settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>

#include <QtTest>

#include <cmath>
#include <limits>
#include <map>

using namespace luthier;

namespace {

const char* const kValues = LUTHIER_SOURCE_DIR "/tests/reference/optimizer_steps.json";
const char* const kMatrices = LUTHIER_SOURCE_DIR "/tests/reference/optimizer_matrices.json";
constexpr int kSteps = 20;

at::Tensor tensorOf(const Json& values)
{
    return at::tensor(values.get<std::vector<double>>(), at::kDouble).to(at::kFloat);
}

std::vector<nn::NamedTensor> leavesOf(const Json& values)
{
    std::vector<nn::NamedTensor> leaves{{"a.weight", tensorOf(values.at(0))}, {"a.bias", tensorOf(values.at(1))}};
    for (auto& leaf : leaves) {
        leaf.tensor.requires_grad_(true);
    }
    return leaves;
}

// Values that need no generator: sines of a line.
at::Tensor wave(std::int64_t count, double phase, at::ScalarType type = at::kFloat)
{
    return at::sin(at::linspace(phase, phase + 3, count, at::kDouble)).to(type);
}

std::vector<nn::NamedTensor> waves(at::ScalarType type)
{
    std::vector<nn::NamedTensor> leaves{{"a.weight", wave(1000, 1, type)}, {"a.bias", wave(7, 2)}, {"b.weight", wave(130, 3, type).view({10, 13})}};
    for (auto& leaf : leaves) {
        leaf.tensor.requires_grad_(true);
    }
    return leaves;
}

void giveGradients(const std::vector<nn::NamedTensor>& leaves, int step)
{
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const at::Tensor& leaf = leaves[i].tensor;
        leaf.mutable_grad() = wave(leaf.numel(), step * 0.7 + static_cast<double>(i), leaf.scalar_type()).view(leaf.sizes());
    }
}

void run(const std::vector<nn::NamedTensor>& leaves, optim::Optimizer& optimizer, int from, int to)
{
    for (int i = from; i < to; ++i) {
        giveGradients(leaves, i);
        optimizer.step(0.01);
    }
}

double gap(const at::Tensor& a, const at::Tensor& b)
{
    return (a.detach() - b.detach()).abs().max().item<double>();
}

std::unique_ptr<optim::Optimizer> made(const std::string& id, const std::vector<nn::NamedTensor>& leaves,
                                       optim::OptimizerSettings settings = {}, std::int64_t page = optim::kPageElements)
{
    settings.kind = id;
    return optim::findOptimizer(id)->make(leaves, settings, page);
}

} // namespace

class TestOptimizers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyRowIsCompared();
    void torchsSteps_data();
    void torchsSteps();
    void matrixSteps_data();
    void matrixSteps();
    void stateIsAsLargeAsSaid_data() { rows(); }
    void stateIsAsLargeAsSaid();
    void patternsAreRead();
    void goesOnToTheBit_data() { rows(); }
    void goesOnToTheBit();
    void pagedIsUnpaged_data() { rows(); }
    void pagedIsUnpaged();
    void notFiniteChangesNothing_data() { rows(); }
    void notFiniteChangesNothing();
    void anothersStateIsRefused_data() { rows(); }
    void anothersStateIsRefused();
    void withoutMomentumNothingIsKept();

private:
    void rows() const
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<bool>("bf16");
        for (const optim::OptimizerKind& row : optim::optimizers()) {
            QTest::addRow("%s fp32", row.id.c_str()) << QString::fromStdString(row.id) << false;
            QTest::addRow("%s bf16", row.id.c_str()) << QString::fromStdString(row.id) << true;
        }
    }

    Json m_expected;
    Json m_matrices;
};

void TestOptimizers::initTestCase()
{
    auto read = base::readJson(kValues);
    QVERIFY2(read.ok(), read.ok() ? "" : read.message().c_str());
    m_expected = *read;
    auto matrices = base::readJson(kMatrices);
    QVERIFY2(matrices.ok(), matrices.ok() ? "" : matrices.message().c_str());
    m_matrices = *matrices;
}

void TestOptimizers::everyRowIsCompared()
{
    for (const optim::OptimizerKind& row : optim::optimizers()) {
        bool found = false;
        for (const Json* values : {&m_expected, &m_matrices}) {
            for (const auto& [name, expected] : values->items()) {
                found = found || (expected.is_object() && expected.contains("kind") && expected.at("kind") == row.id);
            }
        }
        QVERIFY2(found, row.id.c_str());
        QCOMPARE(optim::findOptimizer(row.id), &row);
    }
    QVERIFY(!optim::findOptimizer("magic"));
}

void TestOptimizers::torchsSteps_data()
{
    QTest::addColumn<QString>("name");
    for (const auto& [name, expected] : m_expected.items()) {
        if (expected.is_object() && expected.contains("kind")) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }
}

void TestOptimizers::torchsSteps()
{
    QFETCH(QString, name);
    const Json& expected = m_expected.at(name.toStdString());
    config::RunConfig config;
    for (const auto& [key, value] : expected.at("settings").items()) {
        const auto set = config::setByKey(config, "optimizer." + key, value.dump());
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
    }
    config.optimizer.maxGradNorm = expected.at("max_grad_norm");
    const auto leaves = leavesOf(m_expected.at("start"));
    const auto optimizer = made(expected.at("kind"), leaves, config.optimizer);
    for (int step = 0; step < kSteps; ++step) {
        const Json& gradients = m_expected.at("gradients").at(static_cast<std::size_t>(step));
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            leaves[i].tensor.mutable_grad() = tensorOf(gradients.at(i));
        }
        const double norm = optimizer->step(m_expected.at("rate").get<double>() * (kSteps - step) / kSteps).item<double>();
        const double wanted = expected.at("norms").at(static_cast<std::size_t>(step));
        QVERIFY2(std::abs(norm - wanted) <= 1e-6 * wanted, qPrintable(QString::number(norm - wanted)));
        const auto kept = expected.at("leaves").find(std::to_string(step + 1));
        for (std::size_t i = 0; kept != expected.at("leaves").end() && i < leaves.size(); ++i) {
            const double far = gap(leaves[i].tensor, tensorOf(kept->at(i)));
            QVERIFY2(far <= 1e-6, qPrintable(QStringLiteral("step %1, leaf %2: %3").arg(step + 1).arg(i).arg(far)));
            QVERIFY(!leaves[i].tensor.grad().defined());
        }
    }
}

// Exact in fp32, as make_optimizer_matrices.py has it.
at::Tensor wholeNumbers(const std::vector<std::int64_t>& sizes, std::int64_t step, std::int64_t leaf)
{
    std::vector<float> values(static_cast<std::size_t>(optim::LeafShape{{}, sizes}.numel()));
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(values.size()); ++i) {
        values[static_cast<std::size_t>(i)] = static_cast<float>((i * i * 31 + i * 17 * (step + 1) + 7 * step + 101 * leaf) % 257 - 128) / 128;
    }
    return at::tensor(values, at::kFloat).view(sizes);
}

void TestOptimizers::matrixSteps_data()
{
    QTest::addColumn<QString>("name");
    for (const auto& [name, expected] : m_matrices.items()) {
        if (expected.is_object() && expected.contains("kind")) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }
}

void TestOptimizers::matrixSteps()
{
    QFETCH(QString, name);
    const Json& expected = m_matrices.at(name.toStdString());
    config::RunConfig config;
    config.optimizer.maxGradNorm = 0;
    for (const auto& [key, value] : expected.at("settings").items()) {
        const auto set = config::setByKey(config, "optimizer." + key, value.is_string() ? value.get<std::string>() : value.dump());
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
    }
    std::vector<nn::NamedTensor> leaves;
    for (const Json& leaf : expected.at("leaves")) {
        const auto sizes = leaf.at("sizes").get<std::vector<std::int64_t>>();
        leaves.push_back({leaf.at("name"), wholeNumbers(sizes, 0, static_cast<std::int64_t>(leaves.size())).requires_grad_(true)});
    }
    const auto optimizer = made(expected.at("kind"), leaves, config.optimizer);
    const auto stride = m_matrices.at("stride").get<std::int64_t>();
    double furthest = 0;
    for (int step = 0; step < kSteps; ++step) {
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            leaves[i].tensor.mutable_grad() = wholeNumbers(leaves[i].tensor.sizes().vec(), step + 1, static_cast<std::int64_t>(i)) * (1 + step % 3);
        }
        optimizer->step(expected.at("rate").get<double>() * (kSteps - step) / kSteps);
        const auto kept = expected.at("kept").find(std::to_string(step + 1));
        for (std::size_t i = 0; kept != expected.at("kept").end() && i < leaves.size(); ++i) {
            const at::Tensor seen = leaves[i].tensor.detach().flatten().slice(0, 0, std::nullopt, stride);
            const double far = gap(seen, tensorOf(kept->at(i)));
            furthest = std::max(furthest, far);
            QVERIFY2(far <= 1e-4, qPrintable(QStringLiteral("step %1, leaf %2: %3").arg(step + 1).arg(i).arg(far)));
        }
    }
    qInfo("at most %g apart", furthest);
}

void TestOptimizers::stateIsAsLargeAsSaid()
{
    QFETCH(QString, id);
    QFETCH(bool, bf16);
    std::vector<nn::NamedTensor> leaves = waves(bf16 ? at::kBFloat16 : at::kFloat);
    leaves.push_back({"c.weight", wave(70 * 100, 4, bf16 ? at::kBFloat16 : at::kFloat).view({70, 100}).requires_grad_(true)});
    const auto optimizer = made(id.toStdString(), leaves);
    std::int64_t said = 0;
    for (const auto& [name, tensor] : leaves) {
        said += optim::findOptimizer(id.toStdString())->stateBytes({}, {name, tensor.sizes().vec()});
    }
    std::int64_t held = 0;
    for (const auto& [name, tensor] : optimizer->state()) {
        held += name == "step" || name.starts_with("master.") ? 0 : static_cast<std::int64_t>(tensor.nbytes());
    }
    QCOMPARE(held, said);
}

void TestOptimizers::patternsAreRead()
{
    optim::OptimizerSettings settings;
    settings.layerDecay = 0.5;
    settings.ratePattern = {"q_proj=3", "layers.0=2"};
    settings.decayPattern = {"norm=0.25"};
    const auto groups = optim::leafGroups({{"model.layers.0.q_proj.weight"}, {"model.layers.0.k_proj.weight"}, {"model.layers.1.k_proj.weight"},
                                           {"model.embed_tokens.weight"}, {"model.norm.weight", 1}, {"lm_head.weight"}},
                                          settings, 0.1);
    const std::vector<double> rates{0.5 * 3, 0.5 * 2, 1, 0.25, 1, 1};
    const std::vector<double> decays{0.1, 0.1, 0.1, 0.1, 0.25, 0.1};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        QCOMPARE(groups[i].rate, rates[i]);
        QCOMPARE(groups[i].decay, decays[i]);
    }
    for (const char* bad : {"q_proj", "=1", "q_proj=", "q_proj=much", "q_proj=-1", "q_proj=nan", "q_proj=1e300"}) {
        const auto parsed = optim::parsePattern({bad}, "optimizer.rate_pattern", 1e6);
        QVERIFY2(!parsed && parsed.message().find(bad) != std::string::npos, bad);
    }
}

void TestOptimizers::goesOnToTheBit()
{
    QFETCH(QString, id);
    QFETCH(bool, bf16);
    const auto whole = waves(bf16 ? at::kBFloat16 : at::kFloat);
    const auto optimizer = made(id.toStdString(), whole);
    run(whole, *optimizer, 0, 5);
    std::vector<nn::NamedTensor> later;
    for (const auto& [name, tensor] : whole) {
        later.push_back({name, tensor.detach().clone().requires_grad_(true)});
    }
    const auto next = made(id.toStdString(), later);
    const auto restored = next->restore(optimizer->state());
    QVERIFY2(restored.ok(), restored.ok() ? "" : restored.message().c_str());
    run(whole, *optimizer, 5, 12);
    run(later, *next, 5, 12);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        QVERIFY2(whole[i].tensor.detach().equal(later[i].tensor.detach()), whole[i].name.c_str());
    }
}

// From the start, out in between, and a state that goes from one kind to the other.
void TestOptimizers::pagedIsUnpaged()
{
    QFETCH(QString, id);
    QFETCH(bool, bf16);
    const auto type = bf16 ? at::kBFloat16 : at::kFloat;
    if (!optim::findOptimizer(id.toStdString())->pages) { // says so, and stays where it is
        const auto stays = made(id.toStdString(), waves(type));
        QVERIFY(!stays->pageOut() && !stays->isPaged() && stays->pagedBytes() == 0);
        return;
    }
    for (const bool fromStart : {true, false}) {
        const auto kept = waves(type);
        const auto moved = waves(type);
        optim::OptimizerSettings paging;
        paging.paging = fromStart ? "on" : "auto";
        const auto usual = made(id.toStdString(), kept);
        const auto paged = made(id.toStdString(), moved, paging, 192);
        QCOMPARE(paged->isPaged(), fromStart);
        run(kept, *usual, 0, 4);
        run(moved, *paged, 0, 2);
        if (!fromStart) {
            QVERIFY(paged->pageOut() && !paged->pageOut());
        }
        QVERIFY(paged->isPaged() && paged->pagedBytes() > 0);
        run(moved, *paged, 2, 4);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            QVERIFY2(kept[i].tensor.equal(moved[i].tensor), kept[i].name.c_str());
        }
        const auto state = usual->state();
        const auto pagedState = paged->state();
        QCOMPARE(state.size(), pagedState.size());
        for (std::size_t i = 0; i < state.size(); ++i) {
            QVERIFY2(state[i].name == pagedState[i].name && state[i].tensor.equal(pagedState[i].tensor), state[i].name.c_str());
        }
        QVERIFY(usual->restore(pagedState).ok());
    }
}

void TestOptimizers::notFiniteChangesNothing()
{
    QFETCH(QString, id);
    QFETCH(bool, bf16);
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const auto leaves = waves(bf16 ? at::kBFloat16 : at::kFloat);
        const auto optimizer = made(id.toStdString(), leaves);
        run(leaves, *optimizer, 0, 2);
        std::map<std::string, at::Tensor> before;
        for (const auto& [name, tensor] : optimizer->state()) {
            before[name] = tensor.clone();
        }
        std::vector<at::Tensor> weights;
        for (const auto& leaf : leaves) {
            weights.push_back(leaf.tensor.detach().clone());
        }
        giveGradients(leaves, 3);
        leaves[0].tensor.mutable_grad()[0] = value;
        QVERIFY(!std::isfinite(optimizer->step(0.01).item<double>()));
        for (const auto& [name, tensor] : optimizer->state()) {
            QVERIFY2(tensor.equal(before.at(name)), name.c_str());
        }
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            QVERIFY2(leaves[i].tensor.detach().equal(weights[i]), leaves[i].name.c_str());
        }
        run(leaves, *optimizer, 4, 5);
        QVERIFY(!leaves[1].tensor.detach().equal(weights[1]));
    }
}

void TestOptimizers::anothersStateIsRefused()
{
    QFETCH(QString, id);
    QFETCH(bool, bf16);
    const auto type = bf16 ? at::kBFloat16 : at::kFloat;
    const auto optimizer = made(id.toStdString(), waves(type));
    for (const optim::OptimizerKind& other : optim::optimizers()) {
        const auto restored = optimizer->restore(made(other.id, waves(type))->state());
        QCOMPARE(restored.ok(), other.id == id.toStdString());
        QVERIFY(restored.ok() || restored.message().find("the checkpoint belongs to another setup") != std::string::npos);
    }
}

void TestOptimizers::withoutMomentumNothingIsKept()
{
    optim::OptimizerSettings settings;
    settings.of<optim::SgdSettings>().momentum = 0;
    settings.paging = "on";
    const auto leaves = waves(at::kFloat);
    const auto optimizer = made("sgd", leaves, settings);
    QVERIFY(!optimizer->isPaged() && !optimizer->pageOut());
    QCOMPARE(optimizer->state().size(), std::size_t{1}); // the count of steps
    const at::Tensor before = leaves[0].tensor.detach().clone();
    run(leaves, *optimizer, 0, 1);
    QVERIFY(!leaves[0].tensor.detach().equal(before));
    const auto narrow = waves(at::kBFloat16);
    const auto paged = made("sgd", narrow, settings, 192); // masters are state, too
    QVERIFY(paged->isPaged());
    run(narrow, *paged, 0, 3);
    settings.paging = "off";
    const auto kept = waves(at::kBFloat16);
    const auto unpaged = made("sgd", kept, settings);
    run(kept, *unpaged, 0, 3);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        QVERIFY(kept[i].tensor.equal(narrow[i].tensor));
    }
    QCOMPARE(optim::findOptimizer("sgd")->stateBytes(settings, {"a.weight", {10}}), std::int64_t{0});
}

QTEST_APPLESS_MAIN(TestOptimizers)
#include "tst_optimizers.moc"
