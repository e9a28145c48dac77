// SPDX-License-Identifier: GPL-3.0-or-later
// A base in 4-bit codes: folders of bitsandbytes open and compute what their numbers do, damaged ones are refused with a
// sentence; every adapter method works on codes as on the numbers they stand for, with activation checkpointing too, saves,
// opens, merges and resumes; twenty steps lose what PEFT loses on the same numbers.
#include "core/base/json.h"
#include "core/inference/session.h"
#include "core/optim/adamw.h"
#include "core/optim/schedules.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/methods/bottleneck_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/peft/folders/trained_on.h"
#include "core/peft/methods/virtual_tokens.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/train_step.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"
#include "tests/core/reference_rows.h"
#include "tests/support/tiny_run.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <map>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;
using support::decoderOf;
using support::largest;
using support::logitsOf;
using Variant = support::MethodVariant;

namespace {

at::Tensor valuesOf(const Json& rows)
{
    std::vector<float> values;
    for (const Json& row : rows) {
        for (const Json& value : row) {
            values.push_back(value.get<float>());
        }
    }
    return at::tensor(values).view({static_cast<std::int64_t>(rows.size()), -1});
}

const std::vector<std::int64_t> kIds{5, 9, 11, 3, 8, 60, 7};

// Gradients of some loss, with dropout of a fixed seed.
std::vector<at::Tensor> gradientsOf(nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves)
{
    nn::ForwardInput input;
    input.ids = at::tensor(kIds, at::kLong).unsqueeze(0);
    input.pass.training = true;
    input.pass.seed = 5;
    decoder.hidden(input).pow(3).sum().backward();
    std::vector<at::Tensor> all;
    for (const auto& leaf : leaves) {
        all.push_back(leaf.tensor.grad().clone());
        leaf.tensor.mutable_grad().reset();
    }
    return all;
}

void moveAgainst(const std::vector<nn::NamedTensor>& leaves, const std::vector<at::Tensor>& gradients)
{
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        at::Tensor leaf = leaves[i].tensor;
        leaf.sub_(gradients[i].sign(), 0.01);
    }
}

const std::vector<Variant> kVariants{
    {"qlora", "qlora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().targetModules = {"all-linear"}; }},
    {"lora", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().modulesToSave = {"norm"}; }},
    {"DoRA", "qlora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().useDora = true; }},
    {"ia3", "ia3", [](peft::MethodSettings&) {}},
    {"bottleneck", "bottleneck", [](peft::MethodSettings& s) { s.of<peft::BottleneckSettings>().reductionFactor = 4; }, false},
    {"prefix", "prefix",
     [](peft::MethodSettings& s) {
         s.of<peft::VirtualTokens>().count = 3;
         s.of<peft::PrefixSettings>().projection = true;
     },
     false},
    {"prompt", "prompt", [](peft::MethodSettings& s) { s.of<peft::VirtualTokens>().count = 3; }, false},
};

// A folder's tensors as they can be changed before they are written again.
struct Parts {
    struct Part {
        weights::Dtype dtype;
        std::vector<std::int64_t> shape;
        std::string bytes;
    };
    std::map<std::string, Part> all;
    Json config;

    explicit Parts(const fs::path& folder) : config(need(base::readJson(folder / "config.json")))
    {
        const auto file = need(weights::SafetensorsFile::open(folder / "model.safetensors"));
        for (const auto& info : file->tensors()) {
            std::string bytes(info.end - info.begin, '\0');
            need(file->read(info, 0, bytes.size(), bytes.data()));
            all[info.name] = {info.dtype, info.shape, bytes};
        }
    }
    void write(const fs::path& folder) const
    {
        std::vector<weights::TensorToWrite> list;
        for (const auto& [name, part] : all) {
            list.push_back({name, part.dtype, part.shape, [&bytes = part.bytes] { return static_cast<const void*>(bytes.data()); }});
        }
        need(weights::writeSafetensors(folder / "model.safetensors", std::move(list)));
        need(base::writeFileAtomically(folder / "config.json", base::dumpJson(config)));
    }
    void state(const std::string& from, const std::string& to)
    {
        Part& part = all.at(kUp + ".quant_state.bitsandbytes__nf4");
        const auto at = part.bytes.find(from);
        if (at == std::string::npos) {
            qFatal("no %s in %s", from.c_str(), part.bytes.c_str());
        }
        part.bytes.replace(at, from.size(), to);
        part.shape = {static_cast<std::int64_t>(part.bytes.size())};
    }
    Part& up(const std::string& suffix) { return all.at(kUp + suffix); }

    inline static const std::string kUp = "model.layers.0.mlp.up_proj.weight";
};

struct Damage {
    const char* name;
    void (*change)(Parts&);
    const char* sentence;
};

const std::vector<Damage> kDamages{
    {"no absmax", [](Parts& p) { p.all.erase(Parts::kUp + ".absmax"); }, "its \"absmax\" is missing"},
    {"short absmax",
     [](Parts& p) {
         p.up(".absmax").bytes.pop_back();
         p.up(".absmax").shape[0] -= 1;
     },
     "numbers in U8 belong there"},
    {"short codes",
     [](Parts& p) {
         p.up("").bytes.pop_back();
         p.up("").shape[0] -= 1;
     },
     "codes for [96, 64] take 3072"},
    {"no map", [](Parts& p) { p.all.erase(Parts::kUp + ".quant_map"); }, "\"quant_map\" is missing"},
    {"another map",
     [](Parts& p) {
         std::string& bytes = p.up(".quant_map").bytes;
         std::swap_ranges(bytes.begin(), bytes.begin() + 4, bytes.begin() + 4);
     },
     "other numbers"},
    {"no nested map", [](Parts& p) { p.all.erase(Parts::kUp + ".nested_quant_map"); }, "\"nested_quant_map\" is missing"},
    {"infinite constant",
     [](Parts& p) {
         const float infinity = std::numeric_limits<float>::infinity();
         std::memcpy(p.up(".nested_absmax").bytes.data(), &infinity, 4);
     },
     "not finite"},
    {"no state", [](Parts& p) { p.all.erase(Parts::kUp + ".quant_state.bitsandbytes__nf4"); }, "config.json asks for"},
    {"no JSON", [](Parts& p) { p.state("{", "["); }, "no JSON object"},
    {"other type", [](Parts& p) { p.state("\"nf4\"", "\"fp4\""); }, "quant_type"},
    {"block size", [](Parts& p) { p.state("\"blocksize\": 64", "\"blocksize\": 63"); }, "blocksize 63"},
    {"huge block size", [](Parts& p) { p.state("\"blocksize\": 64", "\"blocksize\": 9007199254740992"); }, "blocksize 9007199254740992"},
    {"shape", [](Parts& p) { p.state("[96, 64]", "[64, 96]"); }, "[64,96]"},
    {"nested block size", [](Parts& p) { p.state("\"nested_blocksize\": 256", "\"nested_blocksize\": 128"); }, "nested_blocksize 256"},
    {"8 bits",
     [](Parts& p) {
         p.config["quantization_config"]["load_in_4bit"] = false;
         p.config["quantization_config"]["load_in_8bit"] = true;
     },
     "8 bits"},
    {"other method", [](Parts& p) { p.config["quantization_config"] = Json{{"quant_method", "gptq"}, {"bits", 4}}; }, "other than bitsandbytes"},
    {"unknown type", [](Parts& p) { p.config["quantization_config"]["bnb_4bit_quant_type"] = "int4"; }, "known are nf4 and fp4"},
};

} // namespace

class TestQlora : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1);
        m_expected = need(base::readJson(kReference / "quantised/expected.json"));
    }
    void opensBitsandbytes_data();
    void opensBitsandbytes();
    void damageIsSaid_data();
    void damageIsSaid();
    void quantisesWhileLoading();
    void storedKindStays();
    void randomWeightsAreTheSame();
    void methodsWorkOnCodes_data() { variants(); }
    void methodsWorkOnCodes();
    void checkpointingIsExact_data() { variants(); }
    void checkpointingIsExact();
    void slicesOneByOne();
    void resumedIsUninterrupted_data() { variants(); }
    void resumedIsUninterrupted();
    void allWeightsAreRefused();
    void everyAdapterRowIsHere();
    void progressEndsAtItsTotal();
    void lossesArePefts();
    void baseIsRemembered();

private:
    void variants() const
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < kVariants.size(); ++i) {
            QTest::newRow(kVariants[i].name) << static_cast<int>(i);
        }
    }
    peft::MethodSettings settingsOf(const Variant& variant) const
    {
        peft::MethodSettings settings;
        settings.kind = variant.method;
        settings.of<peft::LoraSettings>().rank = 4;
        settings.of<peft::LoraSettings>().alpha = 8;
        settings.of<peft::LoraSettings>().dropout = 0;
        variant.change(settings);
        return settings;
    }
    // Attached, and moved by a step.
    std::vector<nn::NamedTensor> attached(const Variant& variant, nn::Decoder& decoder, double dropout = 0) const
    {
        auto settings = settingsOf(variant);
        settings.of<peft::LoraSettings>().dropout = dropout;
        const auto* method = peft::findMethod(variant.method);
        const auto done = method->attach(decoder, settings, {7, m_run.path("model")});
        if (!done) {
            qFatal("%s", done.message().c_str());
        }
        auto leaves = method->trainable(decoder);
        moveAgainst(leaves, gradientsOf(decoder, leaves));
        return leaves;
    }
    Json m_expected;
    support::TinyRun m_run;
};

void TestQlora::opensBitsandbytes_data()
{
    QTest::addColumn<QString>("variant");
    QTest::newRow("nf4") << "nf4";
    QTest::newRow("fp4") << "fp4";
}

void TestQlora::opensBitsandbytes()
{
    QFETCH(const QString, variant);
    const auto decoder = decoderOf(kReference / "quantised" / variant.toStdString());
    const Json& want = m_expected.at(variant.toStdString());
    const auto ids = want.at("ids").get<std::vector<std::int64_t>>();
    const at::Tensor logits = valuesOf(want.at("logits"));
    QVERIFY(decoder->isQuantised());
    QCOMPARE(decoder->groups()[4]->isQuantised(), variant == "nf4"); // fp4 leaves one projection of this group out
    QVERIFY2(largest(logitsOf(*decoder, ids) - logits) <= 1e-4, qPrintable(QString::number(largest(logitsOf(*decoder, ids) - logits))));
    decoder->dequantise();
    QVERIFY(!decoder->isQuantised());
    QVERIFY(largest(logitsOf(*decoder, ids) - logits) <= 1e-4);
    // Numbers go into a plain folder, and that computes the same.
    QTemporaryDir folder;
    const fs::path target = folder.filePath("numbers").toStdString();
    const auto saved = weights::saveModelFolder(*decoder, kReference / "quantised" / variant.toStdString(), target, at::kFloat);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    QVERIFY(!decoderOf(target)->isQuantised());
    QVERIFY(logitsOf(*decoderOf(target), ids).equal(logitsOf(*decoder, ids)));
}

void TestQlora::damageIsSaid_data()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < kDamages.size(); ++i) {
        QTest::newRow(kDamages[i].name) << static_cast<int>(i);
    }
}

void TestQlora::damageIsSaid()
{
    QFETCH(const int, index);
    const Damage& damage = kDamages[static_cast<std::size_t>(index)];
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    Parts parts(kReference / "quantised/nf4");
    damage.change(parts);
    parts.write(path);
    auto model = weights::ModelFolder::open(path);
    std::string sentence = model ? "" : model.message();
    if (model) {
        const auto decoder = weights::loadDecoder(*model, at::kCPU, at::kFloat);
        QVERIFY(!decoder.ok());
        sentence = decoder.message();
    }
    QVERIFY2(sentence.find(damage.sentence) != std::string::npos, sentence.c_str());
    QVERIFY2(sentence.find(path.string()) != std::string::npos, sentence.c_str());
}

// As bitsandbytes did with the same folder: its own codes, each projection by itself.
void TestQlora::quantisesWhileLoading()
{
    const auto mine = decoderOf(kReference / "llama/plain", quant::Quantisation{quant::CodeKind::Nf4, true});
    const auto theirs = decoderOf(kReference / "quantised/nf4");
    for (std::size_t g = 0; g < mine->groups().size(); ++g) {
        const auto& a = mine->groups()[g]->quantised;
        const auto& b = theirs->groups()[g]->quantised;
        QCOMPARE(a.size(), b.size());
        QVERIFY(!a.empty());
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY(a[i].codes.equal(b[i].codes));
            QVERIFY(a[i].nestedAbsmax.equal(b[i].nestedAbsmax));
            QVERIFY(std::abs(a[i].offset - b[i].offset) <= 1e-7f * std::abs(b[i].offset));
            QVERIFY(a[i].absmax.equal(b[i].absmax));
        }
    }
    const auto plain = decoderOf(kReference / "llama/plain", quant::Quantisation{quant::CodeKind::Fp4, false});
    const auto stored = decoderOf(kReference / "quantised/fp4");
    QVERIFY(plain->groups()[0]->quantised[2].absmax.equal(stored->groups()[0]->quantised[2].absmax));
    QVERIFY(plain->groups()[0]->quantised[2].codes.equal(stored->groups()[0]->quantised[2].codes));
}

void TestQlora::storedKindStays()
{
    const auto folder = need(weights::ModelFolder::open(kReference / "quantised/nf4"));
    const auto other = weights::loadDecoder(folder, at::kCPU, at::kFloat, {}, quant::Quantisation{quant::CodeKind::Fp4, true});
    QVERIFY(!other.ok());
    QVERIFY(other.message().find("stored as nf4 already") != std::string::npos);
    QVERIFY(weights::loadDecoder(folder, at::kCPU, at::kFloat, {}, quant::Quantisation{quant::CodeKind::Nf4, false}).ok());
}

void TestQlora::randomWeightsAreTheSame()
{
    const auto config = need(nn::readDecoderConfig(kReference / "llama/plain"));
    nn::Decoder plain(config, at::kCPU, at::kFloat);
    nn::Decoder codes(config, at::kCPU, at::kFloat, quant::Quantisation{});
    plain.initialise(3);
    codes.initialise(3);
    QVERIFY(codes.isQuantised());
    QVERIFY(codes.baseLeaves().size() < plain.baseLeaves().size());
    codes.dequantise();
    const auto all = plain.tensors();
    const auto same = codes.tensors();
    QCOMPARE(all.size(), same.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        QCOMPARE(all[i].name, same[i].name);
        QVERIFY(largest(all[i].tensor - same[i].tensor) <= 0.16 * all[i].tensor.abs().max().item<double>());
    }
}

void TestQlora::methodsWorkOnCodes()
{
    QFETCH(int, index);
    const Variant& variant = kVariants[static_cast<std::size_t>(index)];
    const auto* method = peft::findMethod(variant.method);
    const auto codes = decoderOf(m_run.path("model"), quant::Quantisation{});
    const auto numbers = decoderOf(m_run.path("model"), quant::Quantisation{});
    numbers->dequantise();
    const auto leaves = attached(variant, *codes);
    const auto same = attached(variant, *numbers);
    QVERIFY(codes->isQuantised() && !numbers->isQuantised());
    const auto ours = gradientsOf(*codes, leaves);
    const auto theirs = gradientsOf(*numbers, same);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        QVERIFY2(ours[i].equal(theirs[i]), leaves[i].name.c_str());
    }
    const at::Tensor adapted = logitsOf(*codes, kIds);
    QVERIFY(adapted.equal(logitsOf(*numbers, kIds)));

    const fs::path target = m_run.path("result-" + std::to_string(index));
    const auto saved = method->save(*codes, settingsOf(variant), m_run.path("model"), target);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    const auto again = decoderOf(m_run.path("model"), quant::Quantisation{});
    const auto opened = peft::attachAdapter(*again, target);
    QVERIFY2(opened.ok(), opened.ok() ? "" : opened.message().c_str());
    QVERIFY(logitsOf(*again, kIds).equal(adapted));
    // The adapter is one of the unquantised model as well.
    QVERIFY(peft::attachAdapter(*decoderOf(m_run.path("model")), target).ok());

    const auto merged = peft::mergeAdapters(*codes);
    QCOMPARE(merged.ok(), variant.merges);
    QCOMPARE(codes->isQuantised(), !variant.merges);
    QVERIFY(largest(logitsOf(*codes, kIds) - adapted) < 1e-4);
}

void TestQlora::checkpointingIsExact()
{
    QFETCH(int, index);
    const Variant& variant = kVariants[static_cast<std::size_t>(index)];
    for (const bool quantised : {false, true}) {
        const auto decoder = decoderOf(m_run.path("model"), quantised ? std::optional(quant::Quantisation{}) : std::nullopt);
        const auto leaves = attached(variant, *decoder, 0.3);
        const auto kept = gradientsOf(*decoder, leaves);
        decoder->setActivationCheckpointing(true);
        const auto again = gradientsOf(*decoder, leaves);
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            QVERIFY2(again[i].equal(kept[i]), leaves[i].name.c_str());
        }
    }
}

// As a group is read whose slices are too large together.
void TestQlora::slicesOneByOne()
{
    const auto decoder = decoderOf(m_run.path("model"), quant::Quantisation{});
    const auto leaves = attached(kVariants.front(), *decoder);
    const auto logits = logitsOf(*decoder, kIds);
    const auto together = gradientsOf(*decoder, leaves);
    QVERIFY(!decoder->groups().front()->isReadBySlice());
    decoder->groups().front()->buffer->together = 1; // shared by all
    QVERIFY(decoder->groups().front()->isReadBySlice());
    QVERIFY(largest(logitsOf(*decoder, kIds) - logits) < 1e-5);
    const auto alone = gradientsOf(*decoder, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        QVERIFY2(largest(alone[i] - together[i]) <= 1e-5 * together[i].abs().max().item<double>() + 1e-6, leaves[i].name.c_str());
    }
    decoder->dequantise();
    QVERIFY(largest(logitsOf(*decoder, kIds) - logits) < 1e-5);
}

void TestQlora::resumedIsUninterrupted()
{
    QFETCH(int, index);
    support::TinyRun tiny;
    tiny.config.method = settingsOf(kVariants[static_cast<std::size_t>(index)]);
    tiny.config.method.of<peft::LoraSettings>().dropout = 0.1;
    tiny.config.model.quantization = index % 2 ? "fp4" : "auto";
    tiny.config.model.doubleQuantization = index % 3 != 0;
    if (tiny.config.method.kind != "qlora") {
        tiny.config.model.quantization = "nf4";
    }
    tiny.config.run.activationCheckpointing = true;
    tiny.config.optimizer.paging = "on";
    tiny.config.run.maxSteps = 6;
    support::EventLog log;
    const auto whole = tiny.run("whole", log);
    QVERIFY2(whole.outcome == train::Outcome::Finished, whole.sentence.c_str());
    QCOMPARE(tiny.runUntil("cut", log, 3).outcome, train::Outcome::Stopped);
    const auto resumed = tiny.run("cut", log, true);
    QVERIFY2(resumed.outcome == train::Outcome::Finished, resumed.sentence.c_str());
    // Neither keeping activations nor unpaged state changes a bit.
    tiny.config.run.activationCheckpointing = false;
    tiny.config.optimizer.paging = "off";
    const auto plain = tiny.run("plain", log);
    bool compared = false;
    for (const char* name : {"adapter_model.safetensors", "adapter.safetensors"}) {
        const auto expected = base::readFile(fs::path(whole.adapter) / name);
        for (const auto* other : {&resumed, &plain}) {
            const auto found = base::readFile(fs::path(other->adapter) / name);
            QCOMPARE(expected.ok(), found.ok());
            compared = compared || expected.ok();
            QVERIFY(!expected.ok() || *expected == *found);
        }
    }
    QVERIFY(compared);
}

void TestQlora::allWeightsAreRefused()
{
    const auto decoder = decoderOf(kReference / "quantised/nf4");
    const auto refused = peft::findMethod("full")->attach(*decoder, {}, 1);
    QVERIFY(!refused.ok() && refused.message().find("4 bits") != std::string::npos);
    support::TinyRun tiny;
    support::EventLog log;
    tiny.config.method.kind = "full";
    tiny.config.model.quantization = "nf4";
    QVERIFY(tiny.run("full", log).sentence.find("4 bits") != std::string::npos);
    tiny.config.method.kind = "qlora";
    tiny.config.model.quantization = "none";
    QVERIFY(tiny.run("none", log).sentence.find("QLoRA") != std::string::npos);
}

void TestQlora::everyAdapterRowIsHere()
{
    for (const auto& method : peft::methods()) {
        QVERIFY2(!method.writesAdapter || std::any_of(kVariants.begin(), kVariants.end(), [&](const Variant& variant) {
                     return variant.method == method.id;
                 }),
                 method.id.c_str());
    }
}

void TestQlora::progressEndsAtItsTotal()
{
    for (const char* name : {"quantised/nf4", "quantised/fp4", "llama/plain"}) {
        std::int64_t last = 0;
        std::int64_t all = 0;
        const auto progress = [&](std::int64_t done, std::int64_t total) {
            QVERIFY(done > last);
            last = done;
            all = total;
        };
        const auto folder = need(weights::ModelFolder::open(kReference / name));
        QVERIFY(weights::loadDecoder(folder, at::kCPU, at::kFloat, progress).ok());
        QVERIFY(all > 0);
        QCOMPARE(last, all);
    }
}

void TestQlora::lossesArePefts()
{
    const Json& settings = m_expected.at("settings");
    const Json& want = m_expected.at("qlora");
    const auto decoder = decoderOf(kReference / "quantised/nf4");
    QVERIFY(peft::attachAdapter(*decoder, kReference / "llama/plain/adapter_start").ok());
    for (nn::LinearGroup* group : decoder->groups()) {
        for (nn::LowRank& adapter : group->adapters) {
            adapter.a.requires_grad_(true);
            adapter.b.requires_grad_(true);
        }
    }
    const train::ItemStore store = support::trainingRows();
    const train::BatchPlan plan(store, {settings.at("batch"), settings.at("accumulation"), 1024, "longest", false, 1});
    train::BatchFeed feed(store, plan, {}, {});
    optim::OptimizerSettings optimizerSettings;
    optimizerSettings.paging = "on";
    optim::AdamW optimizer(peft::findMethod("qlora")->trainable(*decoder), optimizerSettings);
    decoder->setActivationCheckpointing(true);
    train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), optimizer, 1);
    for (const Json& row : want.at("steps")) {
        const auto number = row.at("step").get<std::int64_t>();
        const at::Tensor values = step.run(feed.next(), number, row.at("learning_rate"), [] {});
        const double apart = std::abs(values[0].item<double>() - row.at("loss").get<double>());
        QVERIFY2(apart <= 1e-4, qPrintable(QStringLiteral("step %1: loss off by %2").arg(number).arg(apart)));
    }
    const at::Tensor logits = logitsOf(*decoder, want.at("probe").at("ids").get<std::vector<std::int64_t>>());
    QVERIFY(largest(logits - valuesOf(want.at("probe").at("logits"))) < 1e-3);
}

// What answers with a QLoRA reads the rounded base it was trained on.
void TestQlora::baseIsRemembered()
{
    support::TinyRun tiny;
    support::EventLog log;
    tiny.config.method.kind = "qlora";
    tiny.config.run.maxSteps = 2;
    const auto quantised = tiny.run("quantised", log);
    tiny.config.model.doubleQuantization = false;
    const auto single = tiny.run("single", log);
    tiny.config.method.kind = "lora";
    const auto plain = tiny.run("plain", log);
    const auto held = peft::readTrainedOn({quantised.adapter});
    QVERIFY(held.ok() && *held && (*held)->kind == quant::CodeKind::Nf4 && (*held)->nested);
    QVERIFY(!(*peft::readTrainedOn({single.adapter}))->nested);
    QVERIFY(!*peft::readTrainedOn({plain.adapter}));
    QVERIFY(!*peft::readTrainedOn({quantised.adapter, single.adapter}));
    QVERIFY(!*peft::readTrainedOn({quantised.adapter, plain.adapter}));

    const auto session = inference::Session::open({tiny.path("model"), {{quantised.adapter, 1}}, "cpu", "fp32"});
    QVERIFY2(session.ok(), session.ok() ? "" : session.message().c_str());
    const fs::path note = fs::path(quantised.adapter) / "base_quantization.json";
    QVERIFY(base::writeFileAtomically(note, "{\"quantization\":\"int4\"}").ok());
    const auto damaged = inference::Session::open({tiny.path("model"), {{quantised.adapter, 1}}, "cpu", "fp32"});
    QVERIFY(!damaged.ok() && damaged.message().find("base_quantization.json") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestQlora)
#include "tst_qlora.moc"
