// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the table of methods, in its variants: settings that exist, a start equal to the base where it is promised,
// leaves that learn while the base stays, a result that opens again, cached = uncached, packed = apart, resumed =
// uninterrupted, and merged = adapted or a sentence. Then what LoRA alone promises.
#include "core/base/paths.h"
#include "core/inference/batch_generate.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/methods/bottleneck_settings.h"
#include "core/peft/methods/full_settings.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/peft/methods/virtual_tokens.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"
#include "tests/support/method_variants.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace luthier;
namespace fs = std::filesystem;
using Variant = support::MethodVariant;
using support::kVariants;

namespace {

const nn::Pass kBase{false, true, nn::noAdapters()};

at::Tensor logitsOf(nn::Decoder& decoder, const nn::Pass& pass = {})
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::arange(3, 15, at::kLong).unsqueeze(0);
    input.pass = pass;
    return decoder.logits(decoder.hidden(input), pass);
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
        nn::ForwardInput input;
        input.ids = at::arange(3, 15, at::kLong).unsqueeze(0);
        input.pass.training = true;
        decoder.logits(decoder.hidden(input), input.pass).pow(3).sum().backward();
        const at::NoGradGuard noGrad;
        for (const auto& named : leaves) {
            at::Tensor leaf = named.tensor;
            leaf.sub_(leaf.grad().sign(), 0.01);
            leaf.mutable_grad().reset();
        }
    }
}

at::Tensor hiddenOf(nn::Decoder& decoder, const std::vector<std::int64_t>& ids, std::vector<std::int64_t> segments = {},
                    nn::KvCache* cache = nullptr)
{
    nn::ForwardInput input;
    input.ids = at::tensor(ids, at::kLong).unsqueeze(0);
    input.segments = std::move(segments);
    input.cache = cache;
    return decoder.hidden(input);
}

double distance(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

class TestMethods : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMethod_data() { variants(); }
    void everyMethod();
    void cachedIsUncached_data() { variants(); }
    void cachedIsUncached();
    void batchIsAlone_data() { variants(); }
    void batchIsAlone();
    void packedIsApart_data() { variants(); }
    void packedIsApart();
    void resumedIsUninterrupted_data() { variants(); }
    void resumedIsUninterrupted();
    void mergedOrSaid_data() { variants(); }
    void mergedOrSaid();
    void everyRowHasVariants();
    void onlyPlainLoraAddsUp();
    void frozenStays();
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
    void variants() const
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < kVariants.size(); ++i) {
            QTest::newRow(kVariants[i].name) << static_cast<int>(i);
        }
    }
    peft::MethodSettings settingsOf(const Variant& variant) const
    {
        auto wanted = settings();
        wanted.kind = variant.method;
        variant.change(wanted);
        return wanted;
    }
    // Attached and moved a little.
    std::shared_ptr<nn::Decoder> learned(const Variant& variant) const
    {
        const auto tuned = decoder();
        const auto* method = peft::findMethod(variant.method);
        const auto attached = method->attach(*tuned, settingsOf(variant), {7, m_run.path("model")});
        if (!attached) {
            qFatal("%s", attached.message().c_str());
        }
        learn(*tuned, method->trainable(*tuned));
        return tuned;
    }
    peft::MethodSettings settings() const
    {
        peft::MethodSettings settings;
        settings.of<peft::LoraSettings>().rank = 4;
        settings.of<peft::LoraSettings>().alpha = 8;
        settings.of<peft::LoraSettings>().dropout = 0;
        return settings;
    }
    support::TinyRun m_run;
};

void TestMethods::everyMethod()
{
    QFETCH(int, index);
    const Variant& variant = kVariants[static_cast<std::size_t>(index)];
    const auto wanted = settingsOf(variant);
    const auto* method = peft::findMethod(variant.method);
    QVERIFY(method && !method->label.empty() && !method->help.empty() && method->usualLearningRate > 0);
    QVERIFY(method->writesAdapter == (method->open != nullptr && !method->folderType.empty()));
    std::set<std::string> keys;
    for (const auto& part : config::parts()) {
        for (const auto& field : part.fields) {
            keys.insert(part.key == "method" ? field.key : std::string());
        }
    }
    for (const std::string& key : method->keys()) {
        QVERIFY2(keys.contains(key), key.c_str());
    }

    const auto tuned = decoder();
    const at::Tensor base = logitsOf(*tuned);
    const auto attached = method->attach(*tuned, wanted, {7, m_run.path("model")});
    QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
    QVERIFY(logitsOf(*tuned).equal(base) == method->startsAtBase);
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
    const fs::path target = m_run.path("result-" + std::to_string(index));
    const auto saved = method->save(*tuned, wanted, m_run.path("model"), target);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    std::shared_ptr<nn::Decoder> again;
    if (method->writesAdapter) {
        again = decoder();
        const auto print = *weights::ModelFolder::open(m_run.path("model"))->fingerprint();
        const auto opened = peft::attachAdapter(*again, target, 1, print);
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.message().c_str());
        QVERIFY(method->trainable(*again).empty());
        QVERIFY(logitsOf(*tuned, kBase).equal(base));
    } else {
        again = *weights::loadDecoder(*weights::ModelFolder::open(target), at::kCPU, at::kFloat);
    }
    QVERIFY(!logitsOf(*tuned).equal(base));
    QVERIFY(logitsOf(*again).equal(logitsOf(*tuned)));
}

void TestMethods::cachedIsUncached()
{
    QFETCH(int, index);
    const auto tuned = learned(kVariants[static_cast<std::size_t>(index)]);
    const at::NoGradGuard noGrad;
    const at::Tensor whole = hiddenOf(*tuned, {5, 9, 11, 3, 8, 60, 7});
    nn::KvCache cache = tuned->makeCache(1, 7);
    const at::Tensor first = hiddenOf(*tuned, {5, 9, 11, 3}, {}, &cache);
    const at::Tensor second = hiddenOf(*tuned, {8, 60}, {}, &cache);
    const at::Tensor third = hiddenOf(*tuned, {7}, {}, &cache);
    QCOMPARE(cache.length, std::int64_t{7});
    const double gap = distance(at::cat({first, second, third}, 1), whole);
    QVERIFY2(gap < 1e-5, qPrintable(QString::number(gap)));
}

// Answers of many texts at once are those of each alone, whatever the method adds.
void TestMethods::batchIsAlone()
{
    QFETCH(int, index);
    const auto tuned = learned(kVariants[static_cast<std::size_t>(index)]);
    std::vector<inference::BatchRequest> asked;
    for (int i = 0; i < 9; ++i) {
        inference::BatchRequest request;
        for (int j = 0; j < 1 + 2 * i; ++j) {
            request.promptIds.push_back((5 + 7 * j + i * i) % 60);
        }
        request.sampling.maxNew = 3 + i % 4;
        request.sampling.temperature = i % 2 == 0 ? 0 : 0.9;
        request.sampling.seed = i;
        asked.push_back(request);
    }
    const auto tokenizer = support::need(data::Encoder::load(m_run.path("model"))).tokenizer;
    const auto answers = [&](std::int64_t rows) {
        inference::BatchOptions options;
        options.rows = rows;
        return support::need(inference::generateAll(*tuned, tokenizer, asked, {}, options));
    };
    const auto alone = answers(1);
    const auto together = answers(5);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        QCOMPARE(together[i].ids, alone[i].ids);
    }
}

void TestMethods::packedIsApart()
{
    QFETCH(int, index);
    const Variant& variant = kVariants[static_cast<std::size_t>(index)];
    const auto tuned = learned(variant);
    const auto leaves = peft::findMethod(variant.method)->trainable(*tuned);
    const auto gradients = [&](const std::vector<at::Tensor>& parts) {
        for (const at::Tensor& part : parts) {
            part.pow(2).sum().backward();
        }
        std::vector<at::Tensor> all;
        for (const auto& leaf : leaves) {
            const at::Tensor found = leaf.tensor.grad();
            all.push_back(found.defined() ? found.clone() : at::zeros_like(leaf.tensor)); // hidden states do not reach the head
            leaf.tensor.mutable_grad().reset();
        }
        return all;
    };
    const at::Tensor packed = hiddenOf(*tuned, {5, 9, 11, 3, 8, 60, 7, 4}, {3, 5});
    const at::Tensor one = hiddenOf(*tuned, {5, 9, 11});
    const at::Tensor other = hiddenOf(*tuned, {3, 8, 60, 7, 4});
    QVERIFY(distance(packed, at::cat({one, other}, 1)) < 1e-5);
    const auto together = gradients({packed});
    const auto apart = gradients({one, other});
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const double size = std::max(1.0, apart[i].abs().max().item<double>());
        QVERIFY2(distance(together[i], apart[i]) / size < 1e-4, leaves[i].name.c_str());
    }
}

void TestMethods::resumedIsUninterrupted()
{
    QFETCH(int, index);
    support::TinyRun tiny;
    tiny.config.method = settingsOf(kVariants[static_cast<std::size_t>(index)]);
    tiny.config.run.maxSteps = 6;
    tiny.config.data.padding = index % 2 ? "packed" : "length_buckets";
    support::EventLog log;
    const auto whole = tiny.run("whole", log);
    QVERIFY2(whole.outcome == train::Outcome::Finished, whole.sentence.c_str());
    QCOMPARE(tiny.runUntil("cut", log, 3).outcome, train::Outcome::Stopped);
    const auto resumed = tiny.run("cut", log, true);
    QVERIFY2(resumed.outcome == train::Outcome::Finished, resumed.sentence.c_str());
    bool compared = false;
    for (const char* name : {"adapter_model.safetensors", "adapter.safetensors", "model.safetensors"}) {
        const auto expected = base::readFile(fs::path(whole.adapter) / name);
        const auto found = base::readFile(fs::path(resumed.adapter) / name);
        QCOMPARE(expected.ok(), found.ok());
        compared = compared || expected.ok();
        QVERIFY(!expected.ok() || *expected == *found);
    }
    QVERIFY(compared);
}

void TestMethods::mergedOrSaid()
{
    QFETCH(int, index);
    const Variant& variant = kVariants[static_cast<std::size_t>(index)];
    const auto tuned = learned(variant);
    const at::Tensor adapted = logitsOf(*tuned);
    const auto merged = peft::mergeAdapters(*tuned);
    QCOMPARE(merged.ok(), variant.merges);
    QVERIFY(merged.ok() || merged.message().find("cannot be folded") != std::string::npos);
    QVERIFY(distance(logitsOf(*tuned), adapted) < 1e-4);
    if (merged.ok() && peft::findMethod(variant.method)->writesAdapter) {
        QVERIFY(distance(logitsOf(*tuned, kBase), adapted) < 1e-4); // nothing is left that counts
    }
}

void TestMethods::everyRowHasVariants()
{
    for (const auto& method : peft::methods()) {
        QVERIFY2(std::any_of(kVariants.begin(), kVariants.end(),
                             [&](const Variant& variant) { return variant.method == method.id; }),
                 method.id.c_str());
    }
}

void TestMethods::onlyPlainLoraAddsUp()
{
    std::vector<fs::path> folders;
    for (const Variant& variant : kVariants) {
        const auto* method = peft::findMethod(variant.method);
        if (method->writesAdapter) {
            folders.emplace_back(m_run.path("adds-" + std::to_string(folders.size())));
            QVERIFY(method->save(*learned(variant), settingsOf(variant), m_run.path("model"), folders.back()).ok());
        }
    }
    QVERIFY(folders.size() > 8);
    for (std::size_t first = 0; first < folders.size(); ++first) {
        for (std::size_t second = 0; second < folders.size(); second += 3) {
            const auto both = decoder();
            QVERIFY(peft::attachAdapter(*both, folders[first]).ok());
            const at::Tensor one = logitsOf(*both);
            const auto added = peft::attachAdapter(*both, folders[second]);
            QCOMPARE(added.ok(), first < 3 && second < 3); // the first three are plain
            QVERIFY(added.ok() || logitsOf(*both).equal(one));
        }
        QCOMPARE(peft::attachAdapter(*decoder(), folders[first], 0.5).ok(), first < 3);
    }
}

void TestMethods::frozenStays()
{
    const auto tuned = decoder();
    auto wanted = settings();
    wanted.of<peft::FullSettings>().frozenLayers = 1;
    const auto* full = peft::findMethod("full");
    QVERIFY(full->attach(*tuned, wanted, 1).ok());
    for (const auto& leaf : full->trainable(*tuned)) {
        QVERIFY2(leaf.name.find("layers.0.") == std::string::npos, leaf.name.c_str());
    }
    wanted.of<peft::FullSettings>().frozenLayers = 3;
    const auto refused = full->attach(*decoder(), wanted, 1);
    QVERIFY(!refused.ok() && refused.message().find("2 layers") != std::string::npos);
}

void TestMethods::idsAreDistinct()
{
    std::set<std::string> ids;
    for (const auto& method : peft::methods()) {
        QVERIFY(ids.insert(method.id).second);
    }
    QVERIFY(!peft::findMethod("magic"));
    QVERIFY(peft::findMethod(peft::MethodSettings{}.kind));
}

void TestMethods::loraStartsAsPeftDoes()
{
    const auto* lora = peft::findMethod("lora");
    const auto first = decoder();
    const auto same = decoder();
    const auto other = decoder();
    auto wide = settings();
    wide.of<peft::LoraSettings>().rank = 64;
    wide.of<peft::LoraSettings>().targetModules = {"all-linear"};
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
    wanted.of<peft::LoraSettings>().targetModules.clear();
    for (const auto& target : targets) {
        wanted.of<peft::LoraSettings>().targetModules.push_back(target.toStdString());
    }
    const auto tuned = decoder();
    QVERIFY(peft::findMethod("lora")->attach(*tuned, wanted, 1).ok());
    QCOMPARE(static_cast<int>(peft::findMethod("lora")->trainable(*tuned).size()), 2 * adapters);
}

void TestMethods::loraRefusesUnknownTargets()
{
    for (const auto& targets : {std::vector<std::string>{"q_proj", "query"}, {"proj"}, {}}) {
        auto wanted = settings();
        wanted.of<peft::LoraSettings>().targetModules = targets;
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
    wanted.of<peft::LoraSettings>().targetModules = {"all-linear"};
    const auto* lora = peft::findMethod("lora");
    QVERIFY(lora->attach(*tuned, wanted, 3).ok());
    learn(*tuned, lora->trainable(*tuned));
    const at::Tensor adapted = logitsOf(*tuned);
    QVERIFY(peft::mergeAdapters(*tuned).ok());
    QVERIFY((logitsOf(*tuned) - adapted).abs().max().item<double>() < 1e-4);
}

QTEST_APPLESS_MAIN(TestMethods)
#include "tst_methods.moc"
