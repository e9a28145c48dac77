// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the table of methods: settings that exist, a start equal to the base, leaves that learn while the
// rest stays, and a result that opens again. Then what LoRA alone promises.
#include "core/base/paths.h"
#include "core/peft/adapter_folder.h"
#include "core/peft/lora_config.h"
#include "core/peft/method.h"
#include "core/weights/load.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>
#include <set>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

at::Tensor logitsOf(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    decoder.setTraining(false);
    nn::ForwardInput input;
    input.ids = at::arange(3, 15, at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input));
}

std::vector<nn::NamedTensor> copied(const std::vector<nn::NamedTensor>& tensors)
{
    std::vector<nn::NamedTensor> copies;
    for (const auto& [name, tensor] : tensors) {
        copies.push_back({name, tensor.detach().clone()});
    }
    return copies;
}

// Moves every leaf a little against the gradient of some loss.
void learn(nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves)
{
    for (int i = 0; i < 2; ++i) {
        decoder.setTraining(true);
        nn::ForwardInput input;
        input.ids = at::arange(3, 15, at::kLong).unsqueeze(0);
        decoder.hidden(input).pow(3).sum().backward();
        const at::NoGradGuard noGrad;
        for (const auto& named : leaves) {
            at::Tensor leaf = named.tensor;
            leaf.sub_(leaf.grad().sign(), 0.01);
            leaf.mutable_grad().reset();
        }
    }
}

} // namespace

class TestMethods : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMethod_data();
    void everyMethod();
    void idsAreDistinct();
    void loraStartsAsPeftDoes();
    void loraTargets_data();
    void loraTargets();
    void loraRefusesUnknownTargets();
    void mergedEqualsAdapter();

private:
    std::shared_ptr<nn::Decoder> decoder() const
    {
        auto folder = weights::ModelFolder::open(m_run.path("model"));
        return *weights::loadDecoder(*folder, at::kCPU, at::kFloat);
    }
    config::MethodSettings settings() const
    {
        config::MethodSettings settings;
        settings.rank = 4;
        settings.alpha = 8;
        settings.dropout = 0;
        return settings;
    }
    support::TinyRun m_run;
};

void TestMethods::everyMethod_data()
{
    QTest::addColumn<QString>("id");
    for (const auto& method : peft::methods()) {
        QTest::newRow(method.id.c_str()) << QString::fromStdString(method.id);
    }
}

void TestMethods::everyMethod()
{
    QFETCH(QString, id);
    const auto* method = peft::findMethod(id.toStdString());
    QVERIFY(method && !method->label.empty() && !method->help.empty() && method->usualLearningRate > 0);
    std::set<std::string> keys;
    for (const auto& part : config::parts()) {
        for (const auto& field : part.fields) {
            keys.insert(part.key == "method" ? field.key : std::string());
        }
    }
    for (const auto& key : method->settings) {
        QVERIFY2(keys.contains(key), key.c_str());
    }

    const auto tuned = decoder();
    const at::Tensor base = logitsOf(*tuned);
    QVERIFY(method->attach(*tuned, settings(), 7).ok());
    QVERIFY(logitsOf(*tuned).equal(base));
    const auto leaves = method->trainable(*tuned);
    QVERIFY(!leaves.empty());
    std::set<std::string> names;
    for (const auto& leaf : leaves) {
        QVERIFY2(leaf.tensor.requires_grad() && leaf.tensor.is_leaf(), leaf.name.c_str());
        QVERIFY2(names.insert(leaf.name).second, leaf.name.c_str());
    }
    const auto before = copied(leaves);
    const auto baseBefore = copied(tuned->tensors());
    learn(*tuned, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        QVERIFY2(!leaves[i].tensor.detach().equal(before[i].tensor), leaves[i].name.c_str());
    }
    if (method->writesAdapter) {
        const auto now = tuned->tensors();
        for (std::size_t i = 0; i < now.size(); ++i) {
            QVERIFY2(now[i].tensor.equal(baseBefore[i].tensor), now[i].name.c_str());
        }
    }
    const fs::path target = m_run.path("result-" + id.toStdString());
    const auto saved = method->save(*tuned, settings(), m_run.path("model"), target);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    std::shared_ptr<nn::Decoder> again;
    if (method->writesAdapter) {
        again = decoder();
        const auto print = *weights::ModelFolder::open(m_run.path("model"))->fingerprint();
        QVERIFY(peft::attachAdapter(*again, target, 1, print).ok());
    } else {
        again = *weights::loadDecoder(*weights::ModelFolder::open(target), at::kCPU, at::kFloat);
    }
    QVERIFY(!logitsOf(*tuned).equal(base));
    QVERIFY(logitsOf(*again).equal(logitsOf(*tuned)));
}

void TestMethods::idsAreDistinct()
{
    std::set<std::string> ids;
    for (const auto& method : peft::methods()) {
        QVERIFY(ids.insert(method.id).second);
    }
    QVERIFY(!peft::findMethod("magic"));
    QVERIFY(peft::findMethod(config::MethodSettings{}.kind));
}

void TestMethods::loraStartsAsPeftDoes()
{
    const auto* lora = peft::findMethod("lora");
    const auto first = decoder();
    const auto same = decoder();
    const auto other = decoder();
    auto wide = settings();
    wide.rank = 64;
    wide.targetModules = {"all-linear"};
    QVERIFY(lora->attach(*first, wide, 7).ok() && lora->attach(*same, wide, 7).ok() && lora->attach(*other, wide, 8).ok());
    const auto leaves = lora->trainable(*first);
    const auto again = lora->trainable(*same);
    const auto else_ = lora->trainable(*other);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const at::Tensor leaf = leaves[i].tensor.detach();
        QVERIFY(leaf.equal(again[i].tensor.detach()));
        if (leaves[i].name.ends_with(".lora_B.weight")) {
            QCOMPARE(leaf.abs().max().item<double>(), 0.0);
            continue;
        }
        // kaiming_uniform(a = sqrt 5): uniform within 1 / sqrt(in), so the deviation is bound / sqrt 3.
        const double bound = 1 / std::sqrt(static_cast<double>(leaf.size(1)));
        QVERIFY(leaf.abs().max().item<double>() <= bound);
        QVERIFY(std::abs(leaf.std().item<double>() * std::sqrt(3.0) / bound - 1) < 0.1);
        QVERIFY(std::abs(leaf.mean().item<double>()) < 0.1 * bound);
        QVERIFY(!leaf.equal(else_[i].tensor.detach()));
    }
}

void TestMethods::loraTargets_data()
{
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<int>("adapters"); // in two layers
    QTest::newRow("usual") << QStringList{"q_proj", "v_proj"} << 4;
    QTest::newRow("all") << QStringList{"all-linear"} << 14;
    QTest::newRow("all and one of them") << QStringList{"all-linear", "q_proj"} << 14;
    QTest::newRow("twice the same") << QStringList{"down_proj", "down_proj"} << 2;
    QTest::newRow("end of a path") << QStringList{"self_attn.o_proj"} << 2;
    QTest::newRow("whole path") << QStringList{"model.layers.1.mlp.up_proj"} << 1;
}

void TestMethods::loraTargets()
{
    QFETCH(QStringList, targets);
    QFETCH(int, adapters);
    auto wanted = settings();
    wanted.targetModules.clear();
    for (const auto& target : targets) {
        wanted.targetModules.push_back(target.toStdString());
    }
    const auto tuned = decoder();
    QVERIFY(peft::findMethod("lora")->attach(*tuned, wanted, 1).ok());
    QCOMPARE(static_cast<int>(peft::findMethod("lora")->trainable(*tuned).size()), 2 * adapters);
}

void TestMethods::loraRefusesUnknownTargets()
{
    for (const auto& targets : {std::vector<std::string>{"q_proj", "query"}, {"proj"}, {}}) {
        auto wanted = settings();
        wanted.targetModules = targets;
        const auto tuned = decoder();
        const auto attached = peft::findMethod("lora")->attach(*tuned, wanted, 1);
        QVERIFY(!attached.ok());
        for (const char* part : {"q_proj", "o_proj", "gate_proj", "down_proj", "all-linear"}) {
            QVERIFY2(attached.message().find(part) != std::string::npos, attached.message().c_str());
        }
        QVERIFY(peft::findMethod("lora")->trainable(*tuned).empty());
    }
}

void TestMethods::mergedEqualsAdapter()
{
    const auto tuned = decoder();
    auto wanted = settings();
    wanted.targetModules = {"all-linear"};
    const auto* lora = peft::findMethod("lora");
    QVERIFY(lora->attach(*tuned, wanted, 3).ok());
    learn(*tuned, lora->trainable(*tuned));
    const at::Tensor adapted = logitsOf(*tuned);
    peft::mergeAdapters(*tuned);
    QVERIFY((logitsOf(*tuned) - adapted).abs().max().item<double>() < 1e-4);
}

QTEST_APPLESS_MAIN(TestMethods)
#include "tst_methods.moc"
