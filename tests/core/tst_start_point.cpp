// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that start from an adapter: the first loss is what the adapter's run ended with, merged or not; the settings are the
// adapter's or a sentence; stopped and resumed equals uninterrupted, with the adapter gone; where it came from is kept.
#include "core/base/files.h"
#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/train/start_point.h"
#include "core/weights/safetensors.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Variant {
    const char* name;
    const char* kind;
    Settings settings;
    bool folds = true; // into the base
};

const std::vector<Variant> kVariants{
    {"LoRA", "lora", {{"rank", "4"}, {"dropout", "0.1"}}},
    {"LoRA with patterns", "lora",
     {{"rank", "4"}, {"target_modules", "all-linear"}, {"rank_pattern", "k_proj=2"}, {"alpha_pattern", "k_proj=5.5"}, {"use_rslora", "true"}}},
    {"DoRA", "lora", {{"rank", "3"}, {"use_dora", "true"}, {"target_modules", "q_proj,down_proj"}}},
    {"LoRA on embedding and head", "lora", {{"rank", "3"}, {"target_modules", "q_proj,embed_tokens,lm_head"}}},
    {"LoRA with rows of tokens", "lora", {{"rank", "3"}, {"trainable_token_indices", "9,5"}}},
    {"LoRA with biases of its own", "lora", {{"rank", "3"}, {"lora_bias", "true"}}, false}, // the model has no biases
    {"LoRA with norms", "lora", {{"rank", "4"}, {"modules_to_save", "norm"}}},
    {"QLoRA", "qlora", {{"rank", "4"}}},
    {"IA3", "ia3", {}},
    {"bottleneck", "bottleneck", {{"reduction_factor", "4"}}, false},
    {"bottleneck, Houlsby", "bottleneck", {{"bottleneck_places", "houlsby"}, {"non_linearity", "swish"}, {"reduction_factor", "4"}}, false},
    {"prefix", "prefix", {{"num_virtual_tokens", "3"}}, false},
    {"prefix, projected", "prefix", {{"num_virtual_tokens", "3"}, {"prefix_projection", "true"}}, false},
    {"prompt", "prompt", {{"num_virtual_tokens", "3"}}, false},
    {"prompt from text", "prompt", {{"num_virtual_tokens", "5"}, {"prompt_text", "Answer briefly."}}, false},
};

void apply(config::RunConfig& config, const Settings& settings)
{
    for (const auto& [key, value] : settings) {
        if (auto set = config::setByKey(config, "method." + key, value); !set) {
            qFatal("%s", set.message().c_str());
        }
    }
}

void useUsualMethod(config::RunConfig& config)
{
    config.method = decltype(config.method)();
}

// A run of some steps by the variant, to start from.
void firstRun(TinyRun& tiny, const Variant& variant, EventLog& log)
{
    useUsualMethod(tiny.config);
    tiny.config.method.kind = variant.kind;
    apply(tiny.config, variant.settings);
    const auto ended = tiny.run("first", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
}

double firstLoss(const EventLog& log)
{
    return log.all<train::EvalDone>().front().loss.value();
}

double lastLoss(const EventLog& log)
{
    return log.all<train::EvalDone>().back().loss.value();
}

std::string resultOf(const train::RunEnded& ended)
{
    const fs::path folder = ended.adapter;
    return bytesOf(folder / "adapter_model.safetensors") + bytesOf(folder / "adapter.safetensors") + bytesOf(folder / "model.safetensors");
}

void variants(bool onlyThatFold = false)
{
    QTest::addColumn<int>("variant");
    for (std::size_t i = 0; i < kVariants.size(); ++i) {
        if (kVariants[i].folds || !onlyThatFold) {
            QTest::newRow(kVariants[i].name) << static_cast<int>(i);
        }
    }
}

} // namespace

class TestStartPoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goesOn_data() { variants(); }
    void goesOn();
    void stopsAndGoesOn_data() { variants(); }
    void stopsAndGoesOn();
    void merged_data();
    void merged();
    void whatCannotFold();
    void mergedAndResumed();
    void chain();
    void conflicts_data();
    void conflicts();
    void magnitudesStayFp32();
    void dropoutIsTheRecipes();
    void refusals();
    void otherBase();
};

void TestStartPoint::goesOn()
{
    QFETCH(int, variant);
    TinyRun tiny;
    EventLog first;
    firstRun(tiny, kVariants[static_cast<std::size_t>(variant)], first);
    const auto made = tiny.config.method;

    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first"); // the run's folder means its result
    EventLog second;
    const auto ended = tiny.run("second", second);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY2(std::abs(firstLoss(second) - lastLoss(first)) <= 1e-6,
             (std::to_string(firstLoss(second)) + " after " + std::to_string(lastLoss(first))).c_str());
    QCOMPARE(second.all<train::RunStarted>()[0].trainableParameters > 0, true);

    // It trained: the result is another adapter, of the same kind and settings.
    const fs::path adapter = ended.adapter;
    QVERIFY(resultOf(ended) != resultOf({Outcome::Finished, {}, 0, tiny.path("first") + "/adapter", 0}));
    const auto before = peft::readAdapterSettings(tiny.path("first") + "/adapter");
    const auto after = peft::readAdapterSettings(adapter);
    QVERIFY2(before.ok(), before.ok() ? "" : before.message().c_str());
    QVERIFY2(after.ok(), after.ok() ? "" : after.message().c_str());
    QCOMPARE(after->kind, before->kind);
    QCOMPARE(after->kind, made.kind);
    QCOMPARE(after->settings.size(), before->settings.size());
    for (std::size_t i = 0; i < before->settings.size(); ++i) {
        QVERIFY2(after->settings[i].value == before->settings[i].value, before->settings[i].key.c_str());
    }
    const auto recipe = train::readRunFolder(tiny.path("second"));
    QVERIFY(recipe.ok());
    QCOMPARE(recipe->method.kind, made.kind);
    QCOMPARE(recipe->model.adapter, tiny.path("first") + "/adapter");
    for (const fs::path& folder : {fs::path(tiny.path("second")), adapter}) {
        const auto origin = peft::readOrigin(folder);
        QVERIFY(origin.ok());
        QCOMPARE(origin->size(), std::size_t{1});
        QCOMPARE(origin->front().adapter.string(), tiny.path("first") + "/adapter");
        QVERIFY(!origin->front().merged && !origin->front().content.empty() && !origin->front().about.empty());
    }
}

void TestStartPoint::stopsAndGoesOn()
{
    QFETCH(int, variant);
    TinyRun tiny;
    EventLog first;
    firstRun(tiny, kVariants[static_cast<std::size_t>(variant)], first);
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first") + "/adapter";
    EventLog whole;
    const auto uninterrupted = tiny.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
    EventLog cut;
    QCOMPARE(tiny.runUntil("cut", cut, 4).outcome, Outcome::Stopped);
    QVERIFY(base::removeTree(tiny.path("first")));
    const auto recipe = train::readRunFolder(tiny.path("cut"));
    QVERIFY(recipe.ok());
    tiny.config = *recipe; // as the command line resumes
    EventLog rest;
    const auto resumed = tiny.run("cut", rest, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QVERIFY(!resultOf(resumed).empty());
    QVERIFY(resultOf(resumed) == resultOf(uninterrupted));
    QCOMPARE(lastLoss(rest), lastLoss(whole));
    QCOMPARE(bytesOf(fs::path(resumed.adapter) / "origin.json"), bytesOf(fs::path(uninterrupted.adapter) / "origin.json"));
}

void TestStartPoint::merged_data()
{
    QTest::addColumn<int>("variant");
    QTest::addColumn<QString>("kind");
    for (std::size_t i = 0; i < kVariants.size(); ++i) {
        for (const char* kind : {"lora", "full"}) {
            if (kVariants[i].folds) {
                QTest::addRow("%s, then %s", kVariants[i].name, kind) << static_cast<int>(i) << kind;
            }
        }
    }
}

void TestStartPoint::merged()
{
    QFETCH(int, variant);
    QFETCH(QString, kind);
    TinyRun tiny;
    EventLog first;
    firstRun(tiny, kVariants[static_cast<std::size_t>(variant)], first);
    useUsualMethod(tiny.config);
    tiny.config.method.kind = kind.toStdString();
    tiny.config.optimizer.learningRate = 1e-3;
    tiny.config.model.adapter = tiny.path("first");
    tiny.config.model.adapterMerge = true;
    EventLog second;
    const auto ended = tiny.run("second", second);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY2(std::abs(firstLoss(second) - lastLoss(first)) <= 1e-5,
             (std::to_string(firstLoss(second)) + " after " + std::to_string(lastLoss(first))).c_str());
    const auto origin = peft::readOrigin(ended.adapter);
    QVERIFY(origin.ok());
    QCOMPARE(origin->size(), std::size_t{1});
    QVERIFY(origin->front().merged);
    QCOMPARE(origin->front().base.string(), tiny.path("model"));

    // The result stands on the merged base and on no other.
    const fs::path base = peft::baseOf(tiny.path("second"), tiny.path("model"));
    QCOMPARE(base.string(), tiny.path("second") + "/base");
    if (kind == "lora") {
        const auto facts = peft::readAdapterFacts(ended.adapter);
        QVERIFY(peft::checkParent(facts, base).ok());
        QVERIFY(!peft::checkParent(facts, tiny.path("model")).ok());
        tiny.config.model.path = base.string();
        tiny.config.model.adapter = ended.adapter;
        tiny.config.model.adapterMerge = false;
        EventLog third;
        QVERIFY(tiny.run("third", third).outcome == Outcome::Finished);
        QVERIFY(std::abs(firstLoss(third) - lastLoss(second)) <= 1e-6);
    }
}

void TestStartPoint::whatCannotFold()
{
    for (const Variant& variant : kVariants) {
        if (variant.folds) {
            continue;
        }
        TinyRun tiny;
        EventLog log;
        firstRun(tiny, variant, log);
        useUsualMethod(tiny.config);
        tiny.config.model.adapter = tiny.path("first");
        tiny.config.model.adapterMerge = true;
        const auto ended = tiny.run("second", log);
        QCOMPARE(ended.outcome, Outcome::Failed);
        QVERIFY2(ended.sentence.find("folded") != std::string::npos, ended.sentence.c_str());
        QVERIFY(!fs::exists(tiny.path("second") + "/base"));
    }
}

void TestStartPoint::mergedAndResumed()
{
    TinyRun tiny;
    EventLog first;
    firstRun(tiny, kVariants.front(), first);
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first");
    tiny.config.model.adapterMerge = true;
    EventLog whole;
    const auto uninterrupted = tiny.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
    for (const bool baseIsGone : {false, true}) {
        const std::string name = baseIsGone ? "cut2" : "cut1";
        EventLog cut;
        QCOMPARE(tiny.runUntil(name, cut, 4).outcome, Outcome::Stopped);
        if (baseIsGone) {
            QVERIFY(base::removeTree(tiny.path(name) + "/base"));
            QVERIFY(base::removeTree(tiny.path("first")));
        }
        EventLog rest;
        const auto resumed = tiny.run(name, rest, true);
        QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
        QVERIFY(resultOf(resumed) == resultOf(uninterrupted));
    }
}

void TestStartPoint::chain()
{
    TinyRun tiny;
    EventLog log;
    firstRun(tiny, kVariants.front(), log);
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first");
    QCOMPARE(tiny.run("second", log).outcome, Outcome::Finished);
    tiny.config.model.adapter = tiny.path("second");
    useUsualMethod(tiny.config);
    const auto ended = tiny.run("third", log);
    QCOMPARE(ended.outcome, Outcome::Finished);
    const auto origin = peft::readOrigin(ended.adapter);
    QVERIFY(origin.ok());
    QCOMPARE(origin->size(), std::size_t{2});
    QCOMPARE((*origin)[0].adapter.string(), tiny.path("second") + "/adapter");
    QCOMPARE((*origin)[1].adapter.string(), tiny.path("first") + "/adapter");
    const std::string sentence = peft::sentenceOf(*origin);
    QVERIFY(sentence.find("goes on from " + tiny.path("second")) == 0);
    QVERIFY(sentence.find("which went on from " + tiny.path("first")) != std::string::npos);
    QVERIFY(base::writeFileAtomically(fs::path(ended.adapter) / "origin.json", "{\"from\":[{}]}").ok());
    QVERIFY(peft::readOrigin(ended.adapter).message().find("origin.json") != std::string::npos);
}

void TestStartPoint::conflicts_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::newRow("rank") << "rank" << "8";
    QTest::newRow("alpha") << "alpha" << "7";
    QTest::newRow("targets") << "target_modules" << "q_proj,k_proj";
    QTest::newRow("DoRA") << "use_dora" << "true";
    QTest::newRow("method") << "kind" << "ia3";
}

void TestStartPoint::conflicts()
{
    QFETCH(QString, key);
    QFETCH(QString, value);
    TinyRun tiny;
    EventLog log;
    firstRun(tiny, kVariants.front(), log);
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first");
    apply(tiny.config, {{key.toStdString(), value.toStdString()}});
    const auto ended = tiny.run("second", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("method." + key.toStdString()) == 0, ended.sentence.c_str());
    QVERIFY2(ended.sentence.find(tiny.path("first")) != std::string::npos, ended.sentence.c_str());
    QVERIFY(!fs::exists(tiny.path("second"))); // nothing was begun
}

// Over a base in bf16 DoRA's magnitudes are trained, kept, resumed and gone on with in fp32: where they had been rounded to bf16
// on the way, the lower half of their bits would be zero.
void TestStartPoint::magnitudesStayFp32()
{
    TinyRun tiny;
    tiny.config.model.dtype = "bf16";
    EventLog log;
    firstRun(tiny, {"DoRA", "lora", {{"rank", "3"}, {"use_dora", "true"}}}, log);
    QCOMPARE(tiny.runUntil("cut", log, 4).outcome, Outcome::Stopped);
    tiny.config = *train::readRunFolder(tiny.path("cut"));
    const auto resumed = tiny.run("cut", log, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("cut");
    tiny.config.optimizer.learningRate = 1e-6; // a step below what bf16 can hold beside a magnitude
    const auto second = tiny.run("second", log);
    QVERIFY2(second.outcome == Outcome::Finished, second.sentence.c_str());
    std::map<std::string, std::vector<float>> before;
    for (const fs::path& folder : {fs::path(tiny.path("first")) / "adapter", fs::path(resumed.adapter), fs::path(second.adapter)}) {
        const auto file = weights::SafetensorsFile::open(folder / "adapter_model.safetensors");
        QVERIFY2(file.ok(), file.ok() ? "" : file.message().c_str());
        int magnitudes = 0;
        for (const weights::TensorInfo& tensor : (*file)->tensors()) {
            if (tensor.name.find("lora_magnitude_vector") == std::string::npos) {
                continue;
            }
            ++magnitudes;
            QCOMPARE(static_cast<int>(tensor.dtype), static_cast<int>(weights::Dtype::F32));
            std::vector<float> values(static_cast<std::size_t>(tensor.shape[0]));
            QVERIFY((*file)->read(tensor, 0, values.size() * sizeof(float), values.data()).ok());
            const auto fine = std::count_if(values.begin(), values.end(), [](float value) { return (std::bit_cast<std::uint32_t>(value) & 0xFFFF) != 0; });
            QVERIFY2(fine * 10 > std::ssize(values) * 9, tensor.name.c_str());
            const auto& old = before[tensor.name];
            if (folder == fs::path(second.adapter)) { // small steps arrive, and nothing else does
                float farthest = 0;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    farthest = std::max(farthest, std::abs(values[i] - old[i]));
                }
                QVERIFY2(farthest > 0 && farthest < 1e-4F, tensor.name.c_str());
            } else if (!old.empty()) {
                QVERIFY2(values == old, tensor.name.c_str()); // stopped and resumed is uninterrupted
            }
            before[tensor.name] = std::move(values);
        }
        QVERIFY(magnitudes > 0);
    }
}

void TestStartPoint::dropoutIsTheRecipes()
{
    TinyRun tiny;
    EventLog log;
    firstRun(tiny, kVariants.front(), log);
    useUsualMethod(tiny.config);
    tiny.config.model.adapter = tiny.path("first");
    const auto dropout = [](config::RunConfig config) {
        return base::dumpJson(config::toJson(config).at("method").at("dropout"));
    };
    QCOMPARE(dropout(train::startedFrom(tiny.config)->config), std::string("0.1"));
    apply(tiny.config, {{"dropout", "0.3"}});
    QCOMPARE(dropout(train::startedFrom(tiny.config)->config), std::string("0.3"));
    // Again changes nothing.
    const auto once = train::startedFrom(tiny.config)->config;
    QVERIFY(config::difference(once, train::startedFrom(once)->config).empty());
}

void TestStartPoint::refusals()
{
    TinyRun tiny;
    const auto sentenceFor = [&](const std::string& path) {
        auto config = tiny.config;
        config.model.adapter = path;
        const auto started = train::startedFrom(config);
        return started ? std::string() : started.message();
    };
    QVERIFY(sentenceFor(tiny.path("nowhere")).find("is not there") != std::string::npos);
    QVERIFY(sentenceFor(tiny.path("model")).find("is no adapter") != std::string::npos);
    EventLog log;
    QCOMPARE(tiny.runUntil("cut", log, 2).outcome, Outcome::Stopped);
    QVERIFY(sentenceFor(tiny.path("cut")).find("without a result") != std::string::npos);
    tiny.config.method.kind = "full";
    QCOMPARE(tiny.run("full", log).outcome, Outcome::Finished);
    QVERIFY(sentenceFor(tiny.path("full")).find(tiny.path("full") + "/model") != std::string::npos);

    // All weights cannot go on from an adapter, and there must be one to fold in.
    tiny.config.model.adapter = tiny.path("nowhere");
    QVERIFY(tiny.run("a", log).sentence.find("fold") != std::string::npos);
    tiny.config.model.adapter.clear();
    tiny.config.model.adapterMerge = true;
    QVERIFY(tiny.run("b", log).sentence.find("adapter") != std::string::npos);
}

void TestStartPoint::otherBase()
{
    TinyRun tiny;
    EventLog log;
    firstRun(tiny, kVariants.front(), log);
    TinyRun other;
    nn::Decoder decoder(*nn::readDecoderConfig(other.path("source")), at::kCPU, at::kFloat);
    decoder.initialise(6);
    QVERIFY(weights::saveModelFolder(decoder, other.path("source"), other.path("another"), at::kFloat).ok());
    for (const bool merge : {false, true}) {
        useUsualMethod(tiny.config);
        tiny.config.model.path = other.path("another");
        tiny.config.model.adapter = tiny.path("first");
        tiny.config.model.adapterMerge = merge;
        const auto ended = tiny.run("second", log);
        QCOMPARE(ended.outcome, Outcome::Failed);
        QVERIFY2(ended.sentence.find("trained on " + tiny.path("model")) != std::string::npos, ended.sentence.c_str());
        QVERIFY2(ended.sentence.find(other.path("another")) != std::string::npos, ended.sentence.c_str());
    }
}

QTEST_GUILESS_MAIN(TestStartPoint)
#include "tst_start_point.moc"
