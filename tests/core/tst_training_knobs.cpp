// SPDX-License-Identifier: GPL-3.0-or-later
// Settings that change what a step learns: a row of weight 2 counts as the row twice and one of weight 0 as none; rows in order of length or
// of a field; NEFTune's noise; label smoothing; layers that are computed twice.
#include "core/nn/layers/embedding_noise.h"
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/objectives/token_log_probs.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/method.h"
#include "core/train/plan/batch_plan.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/halves.h"
#include "core/train/step/train_step.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/api/include/torch/autograd.h>

#include <QtTest>

#include <cmath>
#include <set>

using namespace luthier;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

// Items of the lengths, each with a target from its third token on.
train::ItemStore itemsOf(const std::vector<int>& rows, const std::vector<float>& weights)
{
    train::ItemStore store(weights.empty() ? std::vector<std::string>() : std::vector<std::string>{objectives::kWeightColumn});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        objectives::Sequence sequence;
        for (int token = 0; token < 5 + rows[i]; ++token) {
            sequence.ids.push_back(5 + (rows[i] * 13 + token * 7) % 90);
            sequence.trained.push_back(token > 1);
        }
        train::Item item;
        item.hash = static_cast<std::uint64_t>(rows[i]);
        const std::vector<float> value = weights.empty() ? std::vector<float>() : std::vector<float>{weights[i]};
        store.append(item, std::vector<objectives::Sequence>{sequence}, value);
    }
    return store;
}

struct Stepped {
    double loss = 0;
    std::vector<at::Tensor> leaves;
};

Stepped stepOver(const TinyRun& tiny, const train::ItemStore& store, const char* padding, std::int64_t halvings = 0)
{
    const auto folder = weights::ModelFolder::open(tiny.config.model.path);
    const auto decoder = *weights::loadDecoder(*folder, at::kCPU, at::kFloat, {}, {});
    const auto* method = peft::findMethod("full");
    if (!method->attach(*decoder, {}, {1})) {
        qFatal("the method does not fit");
    }
    const auto leaves = method->trainable(*decoder);
    optim::OptimizerSettings settings;
    const auto optimizer = optim::findOptimizer("sgd")->make(leaves, settings, optim::kPageElements);
    const auto size = static_cast<std::int64_t>(store.size());
    const train::BatchPlan plan(store, {size, 1, 64, padding, false, 1});
    train::BatchForm form;
    form.packed = plan.isPacked();
    train::BatchFeed feed(store, plan, {}, form);
    train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), *optimizer, 1);
    const auto batches = train::cutFiner(feed.next(), halvings).first;
    Stepped stepped;
    stepped.loss = step.run(batches, 1, 0.05, [] {})[0].item<double>();
    for (const auto& leaf : leaves) {
        stepped.leaves.push_back(leaf.tensor.detach().clone());
    }
    return stepped;
}

void verifySame(const Stepped& a, const Stepped& b, const char* what)
{
    QVERIFY2(std::abs(a.loss - b.loss) < 1e-5, what);
    for (std::size_t i = 0; i < a.leaves.size(); ++i) {
        QVERIFY2((a.leaves[i] - b.leaves[i]).abs().max().item<double>() < 1e-5, what);
    }
}

std::string adapterOf(const TinyRun& tiny, const std::string& run)
{
    const auto read = base::readFile(tiny.path(run + "/adapter/adapter_model.safetensors"));
    return read ? *read : std::string();
}

void addFields(const TinyRun& tiny, const std::function<void(Json& row, int index)>& change)
{
    std::string all;
    int index = 0;
    const std::string before = *base::readFile(tiny.path("rows.jsonl"));
    for (const QByteArray& line : QByteArray::fromStdString(before).split('\n')) {
        if (!line.isEmpty()) {
            Json row = *base::parseJson(line.toStdString());
            change(row, index++);
            all += base::dumpJson(row) + "\n";
        }
    }
    QVERIFY(base::writeFileAtomically(tiny.path("rows.jsonl"), all).ok());
}

} // namespace

class TestTrainingKnobs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void weightTwoIsTwice_data();
    void weightTwoIsTwice();
    void weightsOfRows();
    void wrongWeightsAreSaid();
    void halvesAreTheWhole_data();
    void halvesAreTheWhole();
    void ordersOfRows();
    void noiseIsUniform();
    void noiseWhileTrainingAlone();
    void smoothedLossAsWrittenOut_data();
    void smoothedLossAsWrittenOut();
    void someLayersTwice();
    void rulesStandAtTheirSettings();
};

void TestTrainingKnobs::weightTwoIsTwice_data()
{
    QTest::addColumn<QString>("padding");
    for (const char* padding : {"longest", "length_buckets", "packed"}) {
        QTest::newRow(padding) << padding;
    }
}

void TestTrainingKnobs::weightTwoIsTwice()
{
    QFETCH(QString, padding);
    const TinyRun tiny;
    const QByteArray how = padding.toLatin1();
    const auto plain = stepOver(tiny, itemsOf({3, 8, 3, 6}, {}), how);
    verifySame(stepOver(tiny, itemsOf({3, 8, 6}, {2, 1, 1}), how), plain, "weight 2");
    verifySame(stepOver(tiny, itemsOf({3, 8, 3, 9, 6}, {1, 1, 1, 0, 1}), how), plain, "weight 0");
    verifySame(stepOver(tiny, itemsOf({3, 8, 3, 6}, {0.5F, 0.5F, 0.5F, 0.5F}), how), plain, "all alike");
    const auto other = stepOver(tiny, itemsOf({3, 8, 6}, {1, 1, 1}), how);
    QVERIFY(std::abs(other.loss - plain.loss) > 1e-4); // the weight is what made them alike
}

void TestTrainingKnobs::weightsOfRows()
{
    TinyRun tiny;
    EventLog plain;
    QCOMPARE(tiny.run("plain", plain).outcome, Outcome::Finished);
    addFields(tiny, [](Json& row, int index) { row["importance"] = index % 2 ? 1 : 1.0; });
    tiny.config.data.weightBy = "importance";
    EventLog alike;
    QVERIFY(tiny.run("alike", alike).outcome == Outcome::Finished);
    addFields(tiny, [](Json& row, int index) { row["importance"] = index % 2 ? 0.25 : 3; });
    EventLog weighed;
    QVERIFY(tiny.run("weighed", weighed).outcome == Outcome::Finished);
    QVERIFY(adapterOf(tiny, "weighed") != adapterOf(tiny, "alike"));
    EventLog cut;
    QCOMPARE(tiny.runUntil("cut", cut, 4).outcome, Outcome::Stopped);
    EventLog rest;
    QCOMPARE(tiny.run("cut", rest, true).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "cut"), adapterOf(tiny, "weighed"));
}

void TestTrainingKnobs::wrongWeightsAreSaid()
{
    TinyRun tiny;
    tiny.config.data.weightBy = "importance";
    addFields(tiny, [](Json& row, int index) {
        if (index == 1) {
            row["importance"] = -1;
        } else if (index == 2) {
            row["importance"] = "much";
        } else if (index > 3) {
            row["importance"] = 1;
        }
    });
    EventLog log;
    QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
    QCOMPARE(log.all<train::RunStarted>().front().skippedRows, 4);
    const std::string told = log.warningWith("data.weight_by");
    QVERIFY2(told.find("row 1: ") != std::string::npos && told.find("importance is missing") != std::string::npos, told.c_str());
}

void TestTrainingKnobs::halvesAreTheWhole_data()
{
    weightTwoIsTwice_data();
}

void TestTrainingKnobs::halvesAreTheWhole()
{
    QFETCH(QString, padding);
    const TinyRun tiny;
    const QByteArray how = padding.toLatin1();
    for (const bool weighed : {false, true}) {
        const auto store = itemsOf({3, 8, 2, 6, 4}, weighed ? std::vector<float>{1, 2, 0.5F, 0, 3} : std::vector<float>());
        const auto whole = stepOver(tiny, store, how);
        for (const std::int64_t times : {1, 2, 5}) {
            verifySame(stepOver(tiny, store, how, times), whole, "halved");
        }
    }
    const auto one = itemsOf({4}, {});
    QVERIFY(!train::halvesOf(train::makeMicroBatch(one, std::vector<std::uint32_t>{0}, {})));
}

void TestTrainingKnobs::ordersOfRows()
{
    const auto store = itemsOf({5, 2, 9, 2, 7}, {});
    const auto order = [](const train::ItemStore& items, const char* how, std::int64_t epoch) {
        train::BatchSettings settings{1, 1, 64, "longest", false, 3};
        settings.order = how;
        return train::BatchPlan(items, settings).epoch(epoch).items;
    };
    for (const std::int64_t epoch : {0, 1}) {
        QCOMPARE(order(store, "shortest", epoch), (std::vector<std::uint32_t>{1, 3, 0, 4, 2}));
        QCOMPARE(order(store, "longest", epoch), (std::vector<std::uint32_t>{2, 4, 0, 1, 3}));
    }
    TinyRun tiny; // by a field of the rows, whatever shuffle says
    addFields(tiny, [](Json& row, int index) { row["difficulty"] = (index * 7) % TinyRun::kRows; });
    tiny.config.data.order = "field";
    tiny.config.data.orderBy = "difficulty";
    tiny.config.data.heldOutShare = 0;
    tiny.config.data.padding = "longest";
    EventLog log;
    QVERIFY(tiny.run("ordered", log).outcome == Outcome::Finished);
    tiny.config.data.order = "usual";
    tiny.config.data.orderBy.clear();
    tiny.config.data.shuffle = false;
    std::vector<std::string> lines(TinyRun::kRows);
    const QByteArray all = QByteArray::fromStdString(*base::readFile(tiny.path("rows.jsonl")));
    int index = 0;
    for (const QByteArray& line : all.split('\n')) {
        if (!line.isEmpty()) {
            lines[static_cast<std::size_t>((index++ * 7) % TinyRun::kRows)] = line.toStdString();
        }
    }
    std::string sorted;
    for (const std::string& line : lines) {
        sorted += line + "\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("rows.jsonl"), sorted).ok());
    EventLog plain;
    QVERIFY(tiny.run("sorted", plain).outcome == Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "ordered"), adapterOf(tiny, "sorted"));
}

void TestTrainingKnobs::noiseIsUniform()
{
    nn::Pass pass;
    pass.seed = 12345;
    const at::Tensor noise = nn::uniformNoise(200000, pass, at::kCPU);
    QVERIFY(noise.min().item<double>() >= -1 && noise.max().item<double>() < 1);
    QVERIFY(std::abs(noise.mean().item<double>()) < 0.005);
    QVERIFY(std::abs(noise.square().mean().item<double>() - 1.0 / 3) < 0.003);
    const at::Tensor shifted = noise.slice(0, 0, -1) * noise.slice(0, 1); // neighbours know nothing of each other
    QVERIFY(std::abs(shifted.mean().item<double>()) < 0.003);
    QVERIFY(noise.equal(nn::uniformNoise(200000, pass, at::kCPU)));
    nn::Pass recorded;
    recorded.seedAt = at::tensor(std::vector<std::int64_t>{12345}, at::kLong)[0];
    QVERIFY(noise.equal(nn::uniformNoise(200000, recorded, at::kCPU)));
    pass.seed = 12346;
    QVERIFY(!noise.equal(nn::uniformNoise(200000, pass, at::kCPU)));

    const at::Tensor h = at::linspace(0, 1, 6 * 8).view({6, 8}); // 2 rows of 3 tokens, d 8: 5 / sqrt(3 * 8) at most
    pass.training = true;
    pass.embeddingNoise = 5;
    const at::Tensor far = (nn::withEmbeddingNoise(h, pass, 3) - h).abs();
    QVERIFY(far.max().item<double>() <= 5 / std::sqrt(24.0) + 1e-6 && far.max().item<double>() > 0.8 * 5 / std::sqrt(24.0));
    pass.training = false;
    QVERIFY(nn::withEmbeddingNoise(h, pass, 3).is_same(h));
}

void TestTrainingKnobs::noiseWhileTrainingAlone()
{
    TinyRun tiny;
    EventLog plain;
    QCOMPARE(tiny.run("plain", plain).outcome, Outcome::Finished);
    tiny.config.run.neftuneAlpha = 10;
    EventLog noisy;
    QCOMPARE(tiny.run("noisy", noisy).outcome, Outcome::Finished);
    QCOMPARE(*noisy.all<train::EvalDone>().front().loss, *plain.all<train::EvalDone>().front().loss); // measured without
    QVERIFY(noisy.all<train::StepDone>().front().loss != plain.all<train::StepDone>().front().loss);
    EventLog cut;
    QCOMPARE(tiny.runUntil("cut", cut, 4).outcome, Outcome::Stopped);
    EventLog rest;
    QCOMPARE(tiny.run("cut", rest, true).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "cut"), adapterOf(tiny, "noisy"));
    tiny.config.run.activationCheckpointing = true; // a layer that is computed again reads the same embeddings
    EventLog again;
    QCOMPARE(tiny.run("again", again).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "again"), adapterOf(tiny, "noisy"));
}

void TestTrainingKnobs::smoothedLossAsWrittenOut_data()
{
    QTest::addColumn<double>("softcap");
    QTest::addColumn<bool>("weighed");
    QTest::newRow("plain") << 0.0 << false;
    QTest::newRow("weighed") << 0.0 << true;
    QTest::newRow("capped") << 5.0 << true;
}

// (1 - s) (-ln p(target)) + s mean over V of -ln p, and its gradients by autograd.
void TestTrainingKnobs::smoothedLossAsWrittenOut()
{
    QFETCH(double, softcap);
    QFETCH(bool, weighed);
    constexpr double kSmoothing = 0.15;
    const auto wave = [](at::IntArrayRef sizes, double phase) {
        const std::int64_t count = c10::multiply_integers(sizes);
        return at::sin(at::linspace(phase, phase + 40, count)).view(sizes).mul(2);
    };
    const at::Tensor targets = at::tensor(std::vector<std::int64_t>{3, 0, -100, 11, 7, 7}, at::kLong);
    const at::Tensor weights = weighed ? at::tensor(std::vector<float>{1, 2, 5, 0, 0.5F, 1}, at::kFloat) : at::Tensor();
    const auto leaves = [&] { return std::pair{wave({6, 4}, 1).requires_grad_(true), wave({12, 4}, 2).requires_grad_(true)}; };
    auto [hidden, head] = leaves();
    objectives::LogitSettings settings;
    settings.softcap = softcap;
    settings.smoothing = kSmoothing;
    const at::Tensor loss = objectives::tokenLossSum(hidden, head, targets, weights, settings);
    loss.backward();

    auto [h, w] = leaves();
    at::Tensor logits = at::matmul(h, w.t());
    logits = softcap > 0 ? (logits / softcap).tanh() * softcap : logits;
    const at::Tensor minus = at::log_softmax(logits, 1).neg();
    const at::Tensor present = targets.ge(0).to(at::kFloat) * (weighed ? weights : targets.ge(0).to(at::kFloat));
    const at::Tensor one = minus.gather(1, targets.clamp_min(0).unsqueeze(1)).squeeze(1);
    const at::Tensor wanted = ((one * (1 - kSmoothing) + minus.mean(1) * kSmoothing) * present).sum();
    wanted.backward();
    QVERIFY(std::abs(loss.item<double>() - wanted.item<double>()) < 1e-4);
    QVERIFY((hidden.grad() - h.grad()).abs().max().item<double>() < 1e-5);
    QVERIFY((head.grad() - w.grad()).abs().max().item<double>() < 1e-5);
}

void TestTrainingKnobs::someLayersTwice()
{
    TinyRun tiny;
    tiny.config.method.of<peft::LoraSettings>().dropout = 0.2;
    EventLog plain;
    QCOMPARE(tiny.run("plain", plain).outcome, Outcome::Finished);
    tiny.config.run.activationCheckpointing = true;
    for (const std::int64_t layers : {0, 1, 2, 7}) {
        tiny.config.run.checkpointedLayers = layers;
        const std::string name = "layers " + std::to_string(layers);
        EventLog log;
        QCOMPARE(tiny.run(name, log).outcome, Outcome::Finished);
        QCOMPARE(adapterOf(tiny, name), adapterOf(tiny, "plain"));
    }
}

void TestTrainingKnobs::rulesStandAtTheirSettings()
{
    const TinyRun tiny;
    const auto brokenBy = [&](const std::map<std::string, std::string>& settings) {
        config::RunConfig config = tiny.config;
        for (const auto& [key, value] : settings) {
            const auto set = config::setByKey(config, key, value);
            if (!set) {
                qFatal("%s", set.message().c_str());
            }
        }
        std::set<std::string> keys;
        for (const auto& rule : config::brokenRules(config)) {
            keys.insert(rule.keys.begin(), rule.keys.end());
        }
        return keys;
    };
    QVERIFY(brokenBy({}).empty());
    QVERIFY(brokenBy({{"objective.kind", "dpo"}, {"data.weight_by", "w"}}).contains("data.weight_by"));
    QVERIFY(brokenBy({{"data.order_by", "w"}}).contains("data.order"));
    QVERIFY(brokenBy({{"data.order", "field"}}).contains("data.order_by"));
    QVERIFY(brokenBy({{"objective.kind", "pretrain"}, {"data.order", "field"}, {"data.order_by", "w"}}).contains("data.order"));
    QVERIFY(brokenBy({{"objective.kind", "dpo"}, {"run.label_smoothing_factor", "0.1"}}).contains("run.label_smoothing_factor"));
    QVERIFY(brokenBy({{"data.general_share", "0.1"}}).contains("data.general"));
    QVERIFY(brokenBy({{"run.checkpointed_layers", "2"}}).contains("run.activation_checkpointing"));
    QVERIFY(brokenBy({{"optimizer.rate_pattern", "q_proj"}}).contains("optimizer.rate_pattern"));
    QVERIFY(brokenBy({{"optimizer.decay_pattern", "q_proj=2"}}).contains("optimizer.decay_pattern"));
    QVERIFY(brokenBy({{"run.keep", "best"}, {"data.held_out_share", "0"}}).contains("run.keep"));
    QVERIFY(brokenBy({{"optimizer.kind", "muon"}}).contains("method.kind"));
    QVERIFY(brokenBy({{"optimizer.kind", "adafactor"}, {"optimizer.paging", "on"}}).contains("optimizer.paging"));
}

QTEST_GUILESS_MAIN(TestTrainingKnobs)
#include "tst_training_knobs.moc"
