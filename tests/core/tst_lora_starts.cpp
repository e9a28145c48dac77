// SPDX-License-Identifier: GPL-3.0-or-later
// Starts of a LoRA: PiSSA and OLoRA as PEFT has them, in their products and in 20 steps; every start leaves step 0 where the base is; what
// is saved opens on the untouched base; LoftQ is the best sum of its rank to what codes lost.
#include "core/nn/layers/linear_group.h"
#include "core/optim/optimizers.h"
#include "core/optim/schedules.h"
#include "core/nn/layers/input_watch.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/lora_folder.h"
#include "core/peft/methods/eva.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/lora_start.h"
#include "core/peft/methods/method.h"
#include "core/train/row_directions.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/train_step.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"
#include "tests/core/reference_rows.h"
#include "tests/support/tiny_run.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace luthier;
using support::EventLog;
using support::kReference;
using support::need;
using support::TinyRun;
using train::Outcome;

namespace {

peft::MethodSettings startingBy(const std::string& start, std::int64_t rank = 4, double alpha = 8)
{
    peft::MethodSettings settings;
    auto& lora = settings.of<peft::LoraSettings>();
    lora.rank = rank;
    lora.alpha = alpha;
    lora.dropout = 0;
    lora.start = start;
    return settings;
}

at::Tensor logitsOf(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::tensor(std::vector<std::int64_t>{5, 17, 99, 3, 200, 41, 41, 7}, at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input));
}

std::shared_ptr<nn::Decoder> tinyDecoder(const TinyRun& tiny, std::optional<quant::Quantisation> held = {})
{
    const auto folder = weights::ModelFolder::open(tiny.config.model.path);
    return *weights::loadDecoder(*folder, at::kCPU, at::kFloat, {}, held);
}

} // namespace

class TestLoraStarts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1);
        m_expected = need(base::readJson(kReference / "lora_starts.json"));
    }
    void asPeft_data();
    void asPeft();
    void evaAsPeft_data();
    void evaAsPeft();
    void evaWithoutRoomForItsDirections();
    void evaBesideEmbeddingAndHead_data();
    void evaBesideEmbeddingAndHead();
    void stepZeroIsTheBase_data() { starts(false); }
    void stepZeroIsTheBase();
    void savedFitsTheBase_data() { starts(); }
    void savedFitsTheBase();
    void resumedIsUninterrupted_data() { starts(); }
    void resumedIsUninterrupted();
    void loftqIsTheBestOfItsRank();
    void refusals();

private:
    void starts(bool withRows = true) const
    {
        QTest::addColumn<QString>("start");
        for (const peft::LoraStart& start : peft::loraStarts()) {
            if (start.id != "loftq" && (withRows || !start.readsRows)) { // loftq: of a base in codes
                QTest::newRow(start.id.c_str()) << QString::fromStdString(start.id);
            }
        }
    }
    // How far the losses of a training that begins here are from PEFT's, at most.
    double furthestLoss(nn::Decoder& decoder, const peft::Method& method, const train::ItemStore& store, const train::BatchPlan& plan, const Json& losses) const
    {
        train::BatchFeed feed(store, plan, {}, {});
        const auto optimizer = optim::findOptimizer("adamw")->make(method.trainable(decoder), {}, optim::kPageElements); // as make_training_parity.py
        train::TrainStep step(train::BatchLoss(decoder, *objectives::findObjective("sft")), *optimizer, 1);
        const auto total = static_cast<std::int64_t>(losses.size());
        double furthest = 0;
        for (std::int64_t i = 0; i < total; ++i) {
            const double rate = m_expected.at("learning_rate").get<double>() * optim::learningRateAt({{}, "linear", 0.1}, i, total);
            const double loss = step.run(feed.next(), i + 1, rate, [] {})[0].item<double>();
            furthest = std::max(furthest, std::abs(loss - losses.at(static_cast<std::size_t>(i)).get<double>()));
        }
        return furthest;
    }
    Json m_expected;
};

void TestLoraStarts::asPeft_data()
{
    QTest::addColumn<QString>("start");
    for (const auto& [name, expected] : m_expected.at("starts").items()) {
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
}

void TestLoraStarts::asPeft()
{
    QFETCH(QString, start);
    const Json& expected = m_expected.at("starts").at(start.toStdString());
    const auto decoder = support::decoderOf(kReference / "llama/plain");
    const auto* method = peft::findMethod("lora");
    const auto attached = method->attach(*decoder, startingBy(start.toStdString(), m_expected.at("rank"), m_expected.at("alpha")), 3);
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    std::size_t compared = 0;
    for (nn::LinearGroup* group : decoder->groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            if (!adapter.a.requires_grad()) {
                continue;
            }
            const at::Tensor product = at::matmul(adapter.b.detach(), adapter.a.detach()).mul(adapter.scale).flatten();
            const auto wanted = expected.at("products").at(group->slicePath(adapter.slice)).get<std::vector<double>>();
            const at::Tensor mine = product.slice(0, 0, std::nullopt, m_expected.at("stride").get<std::int64_t>());
            const double far = (mine - at::tensor(wanted, at::kDouble).to(at::kFloat)).abs().max().item<double>();
            QVERIFY2(far < 1e-5, qPrintable(QString::number(far)));
            ++compared;
        }
    }
    QCOMPARE(compared, expected.at("products").size());

    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {2, 2, 1024, "longest", false, 1});
    const double furthest = furthestLoss(*decoder, *method, store, plan, expected.at("losses"));
    QVERIFY2(furthest <= 1e-4, qPrintable(QString::number(furthest)));
    qInfo("losses at most %g apart", furthest);
}

void TestLoraStarts::evaAsPeft_data()
{
    QTest::addColumn<int>("at");
    for (std::size_t i = 0; i < m_expected.at("eva").size(); ++i) {
        QTest::addRow("rho %g", m_expected.at("eva").at(i).at("rho").get<double>()) << static_cast<int>(i);
    }
}

// Directions, dealt ranks and scales of PEFT's initialize_lora_eva_weights over the same batches, and its losses from there; what is saved
// opens with the ranks that were dealt.
void TestLoraStarts::evaAsPeft()
{
    QFETCH(int, at);
    const Json& expected = m_expected.at("eva").at(static_cast<std::size_t>(at));
    const auto decoder = support::decoderOf(kReference / "llama/plain");
    auto settings = startingBy("eva", m_expected.at("rank"), m_expected.at("alpha"));
    auto& lora = settings.of<peft::LoraSettings>();
    lora.targetModules = expected.at("targets").get<std::vector<std::string>>();
    lora.evaRho = expected.at("rho");

    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {2, 2, 1024, "longest", false, 1});
    const auto finder = need(peft::EvaFinder::make(*decoder, settings));
    {
        at::Tensor places;
        const nn::InputWatch watch([&](const nn::LinearGroup& group, const at::Tensor& x) { finder->see(group, x.index_select(0, places)); });
        const at::NoGradGuard noGrad;
        train::BatchFeed feed(store, plan, {}, {});
        for (bool wanted = finder->wantsPass(); wanted;) {
            for (const auto& batch : feed.next().batches) {
                wanted = wanted && finder->wantsPass();
                if (!wanted) {
                    break;
                }
                places = batch.places + 1;
                (void)decoder->hidden(train::forwardOf(batch, {}));
                finder->endPass();
            }
        }
    }
    peft::Start start(3);
    start.directions = std::make_shared<const peft::InputDirections>(need(finder->directions()));
    const auto* method = peft::findMethod("lora");
    need(method->attach(*decoder, settings, start));
    std::size_t compared = 0;
    for (nn::LinearGroup* group : decoder->groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            const Json& theirs = expected.at("directions").at(group->slicePath(adapter.slice));
            QCOMPARE(adapter.a.size(0), theirs.at("rank").get<std::int64_t>());
            QCOMPARE(adapter.scale, theirs.at("scale").get<double>());
            QCOMPARE(adapter.b.abs().max().item<double>(), 0.0);
            const at::Tensor wanted = at::tensor(theirs.at("a").get<std::vector<double>>(), at::kDouble).to(at::kFloat).view_as(adapter.a);
            const double far = (adapter.a.detach() - wanted).abs().max().item<double>();
            QVERIFY2(far < 1e-3, qPrintable(QString::fromStdString(group->slicePath(adapter.slice)) + QStringLiteral(": %1").arg(far)));
            ++compared;
        }
    }
    QCOMPARE(compared, expected.at("directions").size());

    const QTemporaryDir folder;
    const auto saved = std::filesystem::path(folder.path().toStdString()) / "adapter";
    need(method->save(*decoder, settings, kReference / "llama/plain", saved));
    const auto opened = support::decoderOf(kReference / "llama/plain");
    need(peft::attachAdapter(*opened, saved));
    const auto before = peft::loraTensors(*decoder, false);
    const auto after = peft::loraTensors(*opened, false);
    QCOMPARE(after.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        QVERIFY(after[i].name == before[i].name && after[i].tensor.equal(before[i].tensor));
    }

    const double furthest = furthestLoss(*decoder, *method, store, plan, expected.at("losses"));
    qInfo("losses at most %g apart", furthest);
    QVERIFY2(furthest <= 1e-3, qPrintable(QString::number(furthest)));
}

void TestLoraStarts::evaWithoutRoomForItsDirections()
{
    TinyRun tiny;
    tiny.config.method = startingBy("eva", 16);
    EventLog log;
    const auto wide = tiny.run("wide", log); // 16 numbers, 32 directions
    QCOMPARE(wide.outcome, Outcome::Failed);
    QVERIFY2(wide.sentence.find("method.eva_rho") != std::string::npos, wide.sentence.c_str());
    tiny.config.method.of<peft::LoraSettings>().evaRho = 2; // dealt ranks
    tiny.config.method.of<peft::LoraSettings>().rank = 3;
    EventLog dealt;
    const auto ended = tiny.run("dealt", dealt);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto opened = tinyDecoder(tiny);
    QVERIFY(peft::attachAdapter(*opened, ended.adapter).ok());
}

void TestLoraStarts::evaBesideEmbeddingAndHead_data()
{
    QTest::addColumn<QString>("table");
    QTest::newRow("embedding") << QStringLiteral("embed_tokens");
    QTest::newRow("head") << QStringLiteral("lm_head");
}

// Ranks are dealt to projections alone; what is adapted beside them keeps its own, and is saved with them.
void TestLoraStarts::evaBesideEmbeddingAndHead()
{
    QFETCH(QString, table);
    TinyRun tiny;
    tiny.config.method = startingBy("eva", 3, 6);
    auto& lora = tiny.config.method.of<peft::LoraSettings>();
    lora.targetModules = {"q_proj", "down_proj", table.toStdString()};
    lora.rankPattern = {table.toStdString() + "=2"};
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto opened = tinyDecoder(tiny);
    const auto attached = peft::attachAdapter(*opened, ended.adapter);
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    const nn::TableUpdate& update = table == QStringLiteral("lm_head") ? opened->extras().head : opened->extras().embedding;
    QVERIFY(update.exists());
    QCOMPARE(update.a.size(0), std::int64_t{2});
    QCOMPARE(update.scale, 3.0);
}

void TestLoraStarts::stepZeroIsTheBase()
{
    QFETCH(QString, start);
    const TinyRun tiny;
    const auto decoder = tinyDecoder(tiny);
    const at::Tensor base = logitsOf(*decoder);
    QVERIFY(peft::findMethod("lora")->attach(*decoder, startingBy(start.toStdString()), {7, tiny.config.model.path}).ok());
    QVERIFY((logitsOf(*decoder) - base).abs().max().item<double>() < 1e-4);
    std::size_t leaves = 0;
    for (const auto& leaf : peft::findMethod("lora")->trainable(*decoder)) {
        QVERIFY(leaf.tensor.requires_grad());
        ++leaves;
    }
    QCOMPARE(leaves, std::size_t{8}); // A and B of two projections in two layers, no frozen one
    if (start != QLatin1String("usual")) {
        for (nn::LinearGroup* group : decoder->groups()) {
            for (const nn::LowRank& adapter : group->adapters) {
                QVERIFY(adapter.b.abs().max().item<double>() > 0);
            }
        }
    }
}

// What a run saves, opened on the base as anybody has it, answers as the run did at its end.
void TestLoraStarts::savedFitsTheBase()
{
    QFETCH(QString, start);
    TinyRun tiny;
    tiny.config.method = startingBy(start.toStdString());
    tiny.config.method.of<peft::LoraSettings>().evaRho = 1; // ranks as they are asked for
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto config = need(base::readJson(ended.adapter + "/adapter_config.json"));
    const bool isTakenOff = peft::findLoraStart(start.toStdString())->isTakenOff;
    QCOMPARE(config.at("r").get<int>(), isTakenOff ? 8 : 4);
    QCOMPARE(config.at("lora_alpha").get<double>() / config.at("r").get<double>(), 2.0);
    const auto opened = tinyDecoder(tiny);
    const at::Tensor base = logitsOf(*opened);
    QVERIFY(peft::attachAdapter(*opened, ended.adapter).ok());
    const at::Tensor tuned = logitsOf(*opened);
    QVERIFY((tuned - base).abs().max().item<double>() > 1e-3);

    const auto trained = tinyDecoder(tiny); // as the run had it: the start, and the last checkpoint's weights
    const auto* method = peft::findMethod("lora");
    peft::Start begins(static_cast<std::uint64_t>(tiny.config.run.seed), tiny.config.model.path);
    begins.directions = need(train::keptDirections(tiny.config, tiny.path("run")));
    QCOMPARE(begins.directions != nullptr, peft::findLoraStart(start.toStdString())->readsRows);
    QVERIFY(method->attach(*trained, tiny.config.method, begins).ok());
    const auto stored = weights::SafetensorsFile::open(tiny.path("run/checkpoints/step-9/weights.safetensors"));
    QVERIFY(stored.ok());
    for (auto& leaf : method->trainable(*trained)) {
        for (const auto& info : (*stored)->tensors()) {
            if (info.name == leaf.name) {
                leaf.tensor.detach().copy_(*weights::readTensor({*stored, &info}));
            }
        }
    }
    const double far = (logitsOf(*trained) - tuned).abs().max().item<double>();
    QVERIFY2(far < 1e-4, qPrintable(QString::number(far)));
}

void TestLoraStarts::resumedIsUninterrupted()
{
    QFETCH(QString, start);
    TinyRun tiny;
    tiny.config.method = startingBy(start.toStdString());
    tiny.config.method.of<peft::LoraSettings>().dropout = 0.1;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    EventLog first;
    QCOMPARE(tiny.runUntil("cut", first, 4).outcome, Outcome::Stopped);
    EventLog second;
    QCOMPARE(tiny.run("cut", second, true).outcome, Outcome::Finished);
    const auto bytes = [&](const char* run) { return need(base::readFile(tiny.path(std::string(run) + "/adapter/adapter_model.safetensors"))); };
    QVERIFY(bytes("whole") == bytes("cut"));
}

void TestLoraStarts::loftqIsTheBestOfItsRank()
{
    const TinyRun tiny;
    constexpr std::int64_t kRank = 3;
    const auto whole = tinyDecoder(tiny);
    const auto codes = tinyDecoder(tiny, quant::Quantisation{quant::CodeKind::Nf4, false});
    const auto attached = peft::findMethod("qlora")->attach(*codes, startingBy("loftq", kRank, 6), {7, tiny.config.model.path});
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    int compared = 0;
    for (std::size_t g = 0; g < codes->groups().size(); ++g) {
        const nn::LinearGroup& held = *codes->groups()[g];
        for (const nn::LowRank& adapter : held.adapters) {
            const at::Tensor lost = whole->groups()[g]->sliceWeight(adapter.slice) - held.sliceWeight(adapter.slice).clone();
            const at::Tensor left = lost - at::matmul(adapter.b.detach(), adapter.a.detach()) * adapter.scale;
            const at::Tensor values = std::get<1>(at::linalg_svd(lost, false));
            const double best = values.slice(0, kRank).square().sum().sqrt().item<double>(); // Eckart and Young
            const double mine = left.square().sum().sqrt().item<double>();
            QVERIFY2(std::abs(mine - best) < 1e-5, qPrintable(QStringLiteral("%1, best %2").arg(mine).arg(best)));
            QVERIFY(mine < lost.square().sum().sqrt().item<double>());
            ++compared;
        }
    }
    QCOMPARE(compared, 4);
}

void TestLoraStarts::refusals()
{
    const TinyRun tiny;
    const auto refusal = [&](const std::string& start, std::int64_t rank) {
        const auto decoder = tinyDecoder(tiny);
        const auto done = peft::findMethod("lora")->attach(*decoder, startingBy(start, rank), {7, tiny.config.model.path});
        return done ? std::string() : done.message();
    };
    QVERIFY(refusal("pissa", 64).find("method.rank") != std::string::npos); // 16 wide
    QVERIFY(refusal("olora", 64).find("method.rank") != std::string::npos);
    QVERIFY(refusal("orthogonal", 3).find("odd") != std::string::npos);
    QVERIFY(refusal("magic", 4).find("magic") != std::string::npos);
    QVERIFY(refusal("eva", 4).find("rows") != std::string::npos); // never the usual start instead
    config::RunConfig config = tiny.config;
    config.method.of<peft::LoraSettings>().start = "loftq";
    QVERIFY(!config::brokenRules(config).empty());
    config.method.kind = "qlora";
    QVERIFY(config::brokenRules(config).empty());
    config.method.of<peft::LoraSettings>().start = "pissa";
    config.method.of<peft::LoraSettings>().useDora = true;
    QVERIFY(!config::brokenRules(config).empty());
}

QTEST_GUILESS_MAIN(TestLoraStarts)
#include "tst_lora_starts.moc"
