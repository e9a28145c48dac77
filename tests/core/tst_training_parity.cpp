// SPDX-License-Identifier: GPL-3.0-or-later
// Twenty optimizer steps as transformers and PEFT compute them: losses, gradient norms, learning rates, the logits
// and the adapter at the end. See tests/reference.
#include "core/base/json.h"
#include "core/config/run_config.h"
#include "core/objectives/token_loss_settings.h"
#include "core/optim/adamw.h"
#include "core/optim/leaf_groups.h"
#include "core/optim/merged_leaves.h"
#include "core/optim/optimizers.h"
#include "core/optim/schedules.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/methods/method.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/train_step.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"
#include "tests/core/reference_rows.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

constexpr double kLossTolerance = 1e-4;

std::shared_ptr<nn::Decoder> plainDecoder()
{
    return support::decoderOf(kReference / "llama/plain");
}

optim::OptimizerSettings settingsOf(const Json& json)
{
    optim::OptimizerSettings settings;
    settings.of<optim::DecaySettings>().weightDecay = json.at("weight_decay");
    settings.of<optim::AdamWSettings>().beta1 = json.at("betas")[0];
    settings.of<optim::AdamWSettings>().beta2 = json.at("betas")[1];
    settings.of<optim::AdamWSettings>().epsilon = json.at("epsilon");
    settings.maxGradNorm = json.at("max_grad_norm");
    return settings;
}

at::Tensor valuesOf(const Json& json)
{
    std::vector<float> values;
    for (const Json& row : json) {
        for (const Json& value : row) {
            values.push_back(value.get<float>());
        }
    }
    return at::tensor(values).view({static_cast<std::int64_t>(json.size()), -1});
}

} // namespace

class TestTrainingParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1); // tiny products: threads would only wait for each other
        m_expected = need(base::readJson(kReference / "training_expected.json"));
    }
    void full();
    void lora();
    void fiftyStepsOfTheTrainer_data();
    void fiftyStepsOfTheTrainer();
    void undecayedNames();

private:
    void train(const char* kind, nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves);
    Json m_expected;
};

void TestTrainingParity::train(const char* kind, nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves)
{
    const Json& expected = m_expected.at(kind);
    const Json& settings = m_expected.at("settings");
    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {settings.at("batch"), settings.at("accumulation"), 1024, "longest", false, 1});
    train::BatchFeed feed(store, plan, {}, {});
    optim::AdamW optimizer(leaves, settingsOf(settings));
    train::TrainStep step(train::BatchLoss(decoder, *objectives::findObjective("sft")), optimizer, 1);
    const auto total = settings.at("steps").get<std::int64_t>();
    QCOMPARE(plan.totalSteps(1, 0), total);
    for (std::int64_t i = 0; i < total; ++i) {
        const Json& want = expected.at("steps").at(static_cast<std::size_t>(i));
        const auto batches = feed.next();
        const double rate = expected.at("learning_rate").get<double>()
                            * optim::learningRateAt({{}, settings.at("schedule").get<std::string>(), settings.at("warmup_ratio")}, i, total);
        const at::Tensor values = step.run(batches, i + 1, rate, [] {});
        QCOMPARE(batches.trained, want.at("trained_tokens").get<std::int64_t>());
        QVERIFY(std::abs(rate - want.at("learning_rate").get<double>()) < 1e-15);
        const double lossGap = values[0].item<double>() - want.at("loss").get<double>();
        const double norm = want.at("grad_norm").get<double>();
        const double normGap = (values[1].item<double>() - norm) / norm;
        QVERIFY2(std::abs(lossGap) <= kLossTolerance,
                 qPrintable(QStringLiteral("step %1: loss off by %2").arg(i + 1).arg(lossGap)));
        QVERIFY2(std::abs(normGap) <= 1e-3,
                 qPrintable(QStringLiteral("step %1: gradient norm off by %2").arg(i + 1).arg(normGap)));
    }
    const at::NoGradGuard noGrad;
    nn::ForwardInput probe;
    probe.ids = at::tensor(expected.at("probe").at("ids").get<std::vector<std::int64_t>>(), at::kLong).unsqueeze(0);
    const at::Tensor gap
        = (decoder.logits(decoder.hidden(probe))[0] - valuesOf(expected.at("probe").at("logits"))).abs().max();
    QVERIFY2(gap.item<double>() < 1e-3, qPrintable(QString::number(gap.item<double>())));
}

void TestTrainingParity::full()
{
    const auto decoder = plainDecoder();
    const auto* method = peft::findMethod("full");
    QVERIFY(method->attach(*decoder, {}, 1).ok());
    train("full", *decoder, method->trainable(*decoder));
}

void TestTrainingParity::lora()
{
    const auto decoder = plainDecoder();
    QVERIFY(peft::attachAdapter(*decoder, kReference / "llama/plain/adapter_start").ok());
    for (nn::LinearGroup* group : decoder->groups()) {
        for (nn::LowRank& adapter : group->adapters) {
            adapter.a.requires_grad_(true);
            adapter.b.requires_grad_(true);
        }
    }
    const auto leaves = peft::findMethod("lora")->trainable(*decoder);
    train("lora", *decoder, leaves);
    const auto ended = plainDecoder();
    QVERIFY(peft::attachAdapter(*ended, kReference / "llama/plain/adapter_end").ok());
    for (std::size_t g = 0; g < decoder->groups().size(); ++g) {
        const auto& mine = decoder->groups()[g]->adapters;
        const auto& theirs = ended->groups()[g]->adapters;
        QCOMPARE(mine.size(), theirs.size());
        for (std::size_t i = 0; i < mine.size(); ++i) {
            QVERIFY((mine[i].a.detach() - theirs[i].a).abs().max().item<double>() < 1e-3);
            QVERIFY((mine[i].b.detach() - theirs[i].b).abs().max().item<double>() < 1e-3);
        }
    }
}

void TestTrainingParity::fiftyStepsOfTheTrainer_data()
{
    QTest::addColumn<QString>("name");
    const Json all = need(base::readJson(kReference / "trainer_expected.json"));
    for (const auto& [name, expected] : all.at("cases").items()) {
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
}

// The recipe as a person writes it: its optimizer, its schedule, its smoothing.
void TestTrainingParity::fiftyStepsOfTheTrainer()
{
    QFETCH(QString, name);
    const Json all = need(base::readJson(kReference / "trainer_expected.json"));
    const Json& expected = all.at("cases").at(name.toStdString());
    config::RunConfig config;
    for (const auto& [key, value] : expected.at("recipe").items()) {
        const auto set = config::setByKey(config, key, value.is_string() ? value.get<std::string>() : value.dump());
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
    }
    const auto decoder = plainDecoder();
    const auto* method = peft::findMethod(expected.at("method").get<std::string>());
    if (method->writesAdapter) {
        QVERIFY(peft::attachAdapter(*decoder, kReference / "llama/plain/adapter_start").ok());
        for (nn::LinearGroup* group : decoder->groups()) {
            for (nn::LowRank& adapter : group->adapters) {
                adapter.a.requires_grad_(true);
                adapter.b.requires_grad_(true);
            }
        }
    } else {
        QVERIFY(method->attach(*decoder, {}, 1).ok());
    }
    const auto leaves = method->trainable(*decoder);
    const auto optimizer = optim::findOptimizer(config.optimizer.kind)->make(leaves, config.optimizer, optim::kPageElements);
    optim::splitMerged(*optimizer, *decoder, leaves);
    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {config.run.batchSize, config.run.gradientAccumulation, 1024, "longest", false, 1});
    train::BatchFeed feed(store, plan, {}, {});
    objectives::ObjectiveSettings objective;
    objective.of<objectives::TokenLossSettings>().smoothing = config.run.labelSmoothing;
    train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft"), objective), *optimizer, 1);
    const auto total = all.at("steps").get<std::int64_t>();
    double furthest = 0;
    for (std::int64_t i = 0; i < total; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const double rate = config.optimizer.learningRate * optim::learningRateAt(config.schedule, i, total);
        QVERIFY(std::abs(rate - expected.at("rates").at(at).get<double>()) < 1e-12);
        const double loss = step.run(feed.next(), i + 1, rate, [] {})[0].item<double>();
        const double far = std::abs(loss - expected.at("losses").at(at).get<double>());
        furthest = std::max(furthest, far);
        QVERIFY2(far <= kLossTolerance, qPrintable(QStringLiteral("step %1: loss off by %2").arg(i + 1).arg(far)));
    }
    qInfo("at most %g apart", furthest);
}

void TestTrainingParity::undecayedNames()
{
    const auto decoder = plainDecoder();
    std::vector<std::string> undecayed;
    for (const auto& leaf : decoder->baseLeaves()) {
        if (!optim::isDecayed(leaf.name)) {
            undecayed.push_back(leaf.name);
        }
    }
    std::sort(undecayed.begin(), undecayed.end());
    QCOMPARE(undecayed, m_expected.at("full").at("undecayed").get<std::vector<std::string>>());
}

QTEST_APPLESS_MAIN(TestTrainingParity)
#include "tst_training_parity.moc"
