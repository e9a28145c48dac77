// SPDX-License-Identifier: GPL-3.0-or-later
// Methods beside PEFT: what it wrote computes the same here, and twenty steps from there lose the same. See
// tests/reference/make_method_parity.py.
#include "core/base/json.h"
#include "core/optim/adamw.h"
#include "core/optim/schedules.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/adapter_settings.h"
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

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

constexpr double kTolerance = 1e-4;

std::shared_ptr<nn::Decoder> decoderOf(const std::string& base)
{
    return support::decoderOf(kReference / "llama" / base);
}

at::Tensor tensorOf(const Json& values)
{
    std::vector<float> all;
    for (const Json& value : values) {
        all.push_back(value.get<float>());
    }
    return at::tensor(all);
}

// Tables that PEFT keeps beside their update.
std::size_t basesIn(const weights::SafetensorsFile& file)
{
    return static_cast<std::size_t>(std::count_if(file.tensors().begin(), file.tensors().end(),
                                                  [](const weights::TensorInfo& info) { return info.name.ends_with("base_layer.weight"); }));
}

} // namespace

class TestMethodParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1); // tiny products: threads would only wait for each other
        m_expected = need(base::readJson(kReference / "methods_expected.json"));
    }
    void opened_data() { variants(); }
    void opened();
    void trained_data() { variants(); }
    void trained();
    void wentOn_data() { variants(); }
    void wentOn();

private:
    void variants() const;
    peft::MethodSettings settingsOf(const Json& variant) const;
    // The largest distance of the logits at the probe's last positions.
    double distance(nn::Decoder& decoder, const Json& logits, const nn::Pass& pass = {}) const;
    void copyStart(const std::string& name, const Json& variant, const std::vector<nn::NamedTensor>& leaves) const;
    void trainSteps(nn::Decoder& decoder, const Json& variant, const std::vector<nn::NamedTensor>& leaves) const;

    Json m_expected;
};

void TestMethodParity::variants() const
{
    QTest::addColumn<QString>("name");
    for (const auto& [name, value] : m_expected.items()) {
        if (value.is_object() && value.contains("losses")) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }
}

peft::MethodSettings TestMethodParity::settingsOf(const Json& variant) const
{
    config::RunConfig config;
    for (const config::Part& part : config::parts()) {
        if (part.key == "method") {
            const auto read = config::recordOf(config, part).fromJson(variant.at("settings"));
            if (!read) {
                qFatal("%s", read.message().c_str());
            }
        }
    }
    return config.method;
}

double TestMethodParity::distance(nn::Decoder& decoder, const Json& logits, const nn::Pass& pass) const
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput probe;
    probe.ids = at::tensor(m_expected.at("probe").get<std::vector<std::int64_t>>(), at::kLong).unsqueeze(0);
    probe.pass = pass;
    const at::Tensor mine = decoder.logits(decoder.hidden(probe), pass)[0];
    double largest = 0;
    const auto count = static_cast<std::int64_t>(logits.size());
    for (std::int64_t i = 0; i < count; ++i) {
        const at::Tensor gap
            = (mine[mine.size(0) - count + i] - tensorOf(logits.at(static_cast<std::size_t>(i)))).abs().max();
        largest = std::max(largest, gap.item<double>());
    }
    return largest;
}

void TestMethodParity::opened()
{
    QFETCH(QString, name);
    const Json& variant = m_expected.at(name.toStdString());
    const auto decoder = decoderOf(variant.at("base"));
    const double before = distance(*decoder, variant.at("logits"));
    const auto attached = peft::attachAdapter(*decoder, kReference / "methods" / name.toStdString());
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    const double gap = distance(*decoder, variant.at("logits"));
    QVERIFY2(gap <= kTolerance && before > 10 * kTolerance, qPrintable(QString::number(gap)));
    QVERIFY(std::abs(distance(*decoder, variant.at("logits"), {false, true, nn::noAdapters()}) - before) < 1e-12);
}

void TestMethodParity::copyStart(const std::string& name, const Json& variant,
                                 const std::vector<nn::NamedTensor>& leaves) const
{
    const at::NoGradGuard noGrad;
    const auto file = need(weights::SafetensorsFile::open(kReference / "methods" / name / "adapter_model.safetensors"));
    std::size_t copied = 0;
    for (const auto& [leaf, tensor] : leaves) {
        const Json& made = variant.at("projection");
        at::Tensor target = tensor;
        if (const auto found = made.find(leaf); found != made.end()) {
            target.copy_(tensorOf(found->at("values")).view(target.sizes()));
            continue;
        }
        const auto* info = file->find("base_model.model." + leaf);
        info = info ? info : file->find(leaf);
        QVERIFY2(info, leaf.c_str());
        target.copy_(need(weights::readTensor({file, info})).view(target.sizes()));
        ++copied;
    }
    QVERIFY(copied + basesIn(*file) == file->tensors().size() || !variant.at("projection").empty());
}

void TestMethodParity::trainSteps(nn::Decoder& decoder, const Json& variant,
                                  const std::vector<nn::NamedTensor>& leaves) const
{
    const Json& settings = m_expected.at("settings");
    optim::OptimizerSettings optimizing;
    optimizing.of<optim::DecaySettings>().weightDecay = settings.at("weight_decay");
    optimizing.maxGradNorm = settings.at("max_grad_norm");
    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {settings.at("batch"), settings.at("accumulation"), 1024, "longest", false, 1});
    train::BatchFeed feed(store, plan, {}, {});
    optim::AdamW optimizer(leaves, optimizing);
    train::TrainStep step(train::BatchLoss(decoder, *objectives::findObjective("sft")), optimizer, 1);
    const auto total = settings.at("steps").get<std::int64_t>();
    for (std::int64_t i = 0; i < total; ++i) {
        const double rate = variant.at("learning_rate").get<double>()
                            * optim::learningRateAt({{}, settings.at("schedule").get<std::string>(), settings.at("warmup_ratio")}, i, total);
        const double loss = step.run(feed.next(), i + 1, rate, [] {})[0].item<double>();
        const double gap = loss - variant.at("losses").at(static_cast<std::size_t>(i)).get<double>();
        QVERIFY2(std::abs(gap) <= kTolerance, qPrintable(QStringLiteral("step %1: off by %2").arg(i + 1).arg(gap)));
    }
}

void TestMethodParity::trained()
{
    QFETCH(QString, name);
    const Json& variant = m_expected.at(name.toStdString());
    const auto settings = settingsOf(variant);
    const auto* method = peft::findMethod(settings.kind);
    QVERIFY(method);
    const auto decoder = decoderOf(variant.at("base"));
    const auto attached = method->attach(*decoder, settings, 1);
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    const auto leaves = method->trainable(*decoder);
    copyStart(name.toStdString(), variant, leaves);
    trainSteps(*decoder, variant, leaves);
    const double gap = distance(*decoder, variant.at("end"));
    QVERIFY2(gap < 1e-3, qPrintable(QString::number(gap)));
    // LUTHIER_KEEP_ADAPTERS keeps what was written, for check_methods_in_peft.py.
    const QTemporaryDir temporary;
    const QString kept = qEnvironmentVariable("LUTHIER_KEEP_ADAPTERS", temporary.path());
    const fs::path target = fs::path(kept.toStdString()) / name.toStdString();
    const auto saved = method->save(*decoder, settings, kReference / "llama" / variant.at("base").get<std::string>(), target);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    const auto again = decoderOf(variant.at("base"));
    QVERIFY(peft::attachAdapter(*again, target).ok());
    QVERIFY(distance(*again, variant.at("end")) < 1e-3);
}

// From the folder alone: its settings are those that PEFT was given, and its training goes on as PEFT's did.
void TestMethodParity::wentOn()
{
    QFETCH(QString, name);
    const Json& variant = m_expected.at(name.toStdString());
    const fs::path folder = kReference / "methods" / name.toStdString();
    const auto settings = settingsOf(variant);
    const auto* method = peft::findMethod(settings.kind);
    QVERIFY(method);
    const auto read = peft::readAdapterSettings(folder);
    QVERIFY2(read.ok(), read.ok() ? "" : read.message().c_str());
    QCOMPARE(read->kind, settings.kind);
    config::RunConfig config;
    config.method = settings;
    const Json wanted = config::toJson(config).at("method");
    const bool projected = !variant.at("projection").empty(); // its network is not in the folder
    for (const peft::AdapterSetting& setting : read->settings) {
        Json mine = fields::toJson(setting.value);
        Json theirs = wanted.at(setting.key);
        if (mine.is_array()) {
            std::sort(mine.begin(), mine.end());
            std::sort(theirs.begin(), theirs.end());
        }
        QVERIFY2(mine == theirs || (projected && setting.key == "prefix_projection"),
                 (setting.key + ": " + base::dumpJson(mine) + " for " + base::dumpJson(theirs)).c_str());
    }
    const auto decoder = decoderOf(variant.at("base"));
    const auto attached = peft::continueAdapter(*decoder, *method, settings, folder);
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    QVERIFY(distance(*decoder, variant.at("logits")) <= kTolerance);
    const auto leaves = method->trainable(*decoder);
    const auto file = need(weights::SafetensorsFile::open(folder / "adapter_model.safetensors"));
    QCOMPARE(leaves.size() + basesIn(*file), file->tensors().size());
    if (!projected) {
        trainSteps(*decoder, variant, leaves);
        QVERIFY(distance(*decoder, variant.at("end")) < 1e-3);
    }
    const auto other = decoderOf(variant.at("base"));
    const auto refused = peft::continueAdapter(*other, *peft::findMethod("bottleneck"), settings, folder);
    QVERIFY(!refused.ok() && refused.message().find("cannot go on from") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestMethodParity)
#include "tst_method_parity.moc"
