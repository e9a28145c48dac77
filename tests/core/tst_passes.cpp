// SPDX-License-Identifier: GPL-3.0-or-later
// Passes: what they say they read is all that they read, for every method and family; a recorded pass holds it and is played
// only while it is what it was, whatever rows come in between. What runs between a forward and its backward pass changes no
// gradient; adapters off is the base; sets of adapters alternate; dropout follows from its seed.
#include "core/nn/kernels/dropout.h"
#include "core/nn/kernels/kernels.h"
#include "core/objectives/token_log_probs.h"
#include "core/optim/adamw.h"
#include "core/peft/methods/method.h"
#include "core/train/step/evaluator.h"
#include "core/train/step/train_step.h"
#include "tests/support/family_shapes.h"
#include "tests/support/method_variants.h"
#include "tests/support/pass_watch.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace luthier;
using support::kVariants;
using Input = train::StepGraphs::Input;

namespace {

struct Family {
    const char* name;
    void (*change)(nn::DecoderConfig&);
};

// Where what a pass looks up depends on how long its rows are.
const std::vector<Family> kFamilies{
    {"llama", [](nn::DecoderConfig&) {}},
    {"longrope, border at 40",
     [](nn::DecoderConfig& c) {
         c.rope.type = "longrope";
         c.rope.originalMaxPositions = 40;
         c.rope.factor = 4;
         c.rope.shortFactor = {1, 1.1, 1.2};
         c.rope.longFactor = {2, 3, 4};
     }},
    {"dynamic, border at 40",
     [](nn::DecoderConfig& c) {
         c.rope.type = "dynamic";
         c.rope.factor = 2;
         c.maxPositions = 40;
     }},
    {"gemma: caps, windows, two ropes",
     [](nn::DecoderConfig& c) {
         support::asGemma(c);
         c.attentionSoftcap = 2;
         c.embeddingScale = 4;
         c.windows = {4, 0};
         c.hasLocalRope = true;
         c.rope.type = "linear";
         c.rope.factor = 2;
     }},
    {"gpt2", support::asGpt2},
};

// False: a family that the method has nothing for.
bool attach(nn::Decoder& decoder, const support::MethodVariant& variant, double dropout)
{
    peft::MethodSettings settings;
    settings.kind = variant.method;
    settings.of<peft::LoraSettings>().rank = 4;
    settings.of<peft::LoraSettings>().dropout = dropout;
    variant.change(settings);
    settings.of<peft::PromptSettings>().text.clear(); // there is no tokenizer here
    return peft::findMethod(variant.method)->attach(decoder, settings, {7}).ok();
}

std::shared_ptr<nn::Decoder> decoderOf(const Family& family, const support::MethodVariant& variant, double dropout = 0)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 50;
    config.hidden = 24;
    config.intermediate = 24;
    config.layers = 2;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 6;
    config.rotaryDim = 6;
    config.maxPositions = 4000;
    config.initializerRange = 0.3;
    family.change(config);
    const auto* method = peft::findMethod(variant.method);
    auto decoder = std::make_shared<nn::Decoder>(
        config, at::kCPU, at::kFloat,
        method->quantization.empty() ? std::nullopt : std::optional(quant::Quantisation{quant::CodeKind::Nf4, true}));
    decoder->initialise(3);
    return attach(*decoder, variant, dropout) ? decoder : nullptr;
}

train::MicroBatch batchOf(std::int64_t width, std::int64_t seed)
{
    train::TokenStore store;
    std::vector<std::int32_t> ids(static_cast<std::size_t>(width));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ids[i] = static_cast<std::int32_t>((static_cast<std::int64_t>(i) * 7 + seed * 3 + 1) % 50);
    }
    std::vector<std::uint8_t> trained(ids.size(), 1);
    trained[1] = 0;
    store.append(ids, trained);
    const std::vector<std::uint32_t> rows{0};
    return train::makeMicroBatch(train::ItemStore(std::move(store)), rows, {});
}

// Texts of these lengths one behind the other.
train::MicroBatch packedOf(const std::vector<std::int64_t>& lengths, std::int64_t seed)
{
    train::TokenStore store;
    std::vector<std::uint32_t> rows;
    for (const std::int64_t length : lengths) {
        std::vector<std::int32_t> ids(static_cast<std::size_t>(length));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            ids[i] = static_cast<std::int32_t>((static_cast<std::int64_t>(i * i) + seed * 3 + length) % 50);
        }
        store.append(ids, std::vector<std::uint8_t>(ids.size(), 1));
        rows.push_back(static_cast<std::uint32_t>(rows.size()));
    }
    train::BatchForm form;
    form.packed = true;
    return train::makeMicroBatch(train::ItemStore(std::move(store)), rows, form);
}

train::StepBatches stepOf(const train::MicroBatch& batch)
{
    train::StepBatches step;
    step.batches = {batch};
    step.trained = batch.trained;
    return step;
}

class Plain {
public:
    Plain() { nn::kernels::setFused(false); }
    ~Plain() { nn::kernels::setFused(true); }
};

// Of one decoder: a base, and two sets of adapters of a method, moved away from their start.
struct TwoSets {
    std::shared_ptr<nn::Decoder> decoder;
    std::vector<nn::NamedTensor> leaves; // of the decoder's own set
    std::shared_ptr<const nn::AdapterSet> other;
};

void move(const std::vector<nn::NamedTensor>& leaves, std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    at::manual_seed(seed);
    for (const auto& leaf : leaves) {
        at::Tensor tensor = leaf.tensor;
        tensor.add_(at::randn_like(tensor), 0.05);
    }
}

TwoSets twoSetsOf(const support::MethodVariant& variant)
{
    TwoSets made;
    made.decoder = decoderOf(kFamilies.front(), variant, 0.3);
    const auto* method = peft::findMethod(variant.method);
    move(method->trainable(*made.decoder), 1);
    made.other = std::make_shared<const nn::AdapterSet>(made.decoder->takeAdapters());
    attach(*made.decoder, variant, 0.3);
    made.leaves = method->trainable(*made.decoder);
    move(made.leaves, 2);
    return made;
}

at::Tensor idsOf(std::int64_t rows, std::int64_t tokens)
{
    at::manual_seed(9);
    return at::randint(50, {rows, tokens}, at::kLong);
}

at::Tensor hiddenOf(nn::Decoder& decoder, const at::Tensor& ids, const nn::Pass& pass, nn::KvCache* cache = nullptr)
{
    nn::ForwardInput input;
    input.ids = ids;
    input.cache = cache;
    input.pass = pass;
    return decoder.hidden(input);
}

// As an answer reads: a prompt, then single tokens.
void answer(nn::Decoder& decoder, const nn::Pass& pass)
{
    const at::NoGradGuard noGrad;
    nn::KvCache cache = decoder.makeCache(1, 12, pass);
    hiddenOf(decoder, idsOf(1, 4), pass, &cache);
    for (int i = 0; i < 3; ++i) {
        decoder.logits(hiddenOf(decoder, idsOf(1, 1), pass, &cache), pass);
    }
}

std::vector<at::Tensor> takeGradients(const std::vector<nn::NamedTensor>& leaves)
{
    std::vector<at::Tensor> gradients;
    for (const auto& leaf : leaves) {
        at::Tensor tensor = leaf.tensor;
        gradients.push_back(tensor.grad());
        tensor.mutable_grad().reset();
    }
    return gradients;
}

// Undefined ones too.
bool areEqual(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const at::Tensor& left, const at::Tensor& right) {
        return left.defined() == right.defined() && (!left.defined() || left.equal(right));
    });
}

} // namespace

class TestPasses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyReadIsSaid_data();
    void everyReadIsSaid();
    void recordedIsPlain_data() { combinations(); }
    void recordedIsPlain();
    void tablesStay_data();
    void tablesStay();
    void heldUntilOutdated();
    void whatChangesEachTimeIsNotRecorded();
    void betweenChangesNothing_data();
    void betweenChangesNothing();
    void setsAlternate_data();
    void setsAlternate();
    void kindsHaveRecordingsOfTheirOwn();
    void dropoutFollowsItsSeed();
    void recordedDropoutIsPlain();
    void recordedPackedIsPlain_data();
    void recordedPackedIsPlain();

private:
    static void combinations()
    {
        QTest::addColumn<int>("family");
        QTest::addColumn<int>("variant");
        for (std::size_t f = 0; f < kFamilies.size(); ++f) {
            for (std::size_t v = 0; v < kVariants.size(); ++v) {
                // Every method on the first; on the others what looks up positions in its own way.
                const std::string name = kVariants[v].name;
                if (f > 0 && name != "lora" && name != "full" && name != "prefix" && name != "prompt") {
                    continue;
                }
                QTest::addRow("%s, %s", kFamilies[f].name, kVariants[v].name) << static_cast<int>(f) << static_cast<int>(v);
            }
        }
    }
};

void TestPasses::everyReadIsSaid_data()
{
    combinations();
}

void TestPasses::everyReadIsSaid()
{
    QFETCH(int, family);
    QFETCH(int, variant);
    const Plain plain;
    for (const bool checkpointing : {false, true}) {
        const auto decoder = decoderOf(kFamilies[static_cast<std::size_t>(family)], kVariants[static_cast<std::size_t>(variant)]);
        if (!decoder) {
            QSKIP("the method has nothing for this family");
        }
        decoder->setActivationCheckpointing(checkpointing);
        for (const std::int64_t width : {12, 60}) {
            nn::ForwardInput input;
            input.ids = at::randint(50, {2, width}, at::kLong);
            input.pass.training = true;
            std::set<const c10::StorageImpl*> said{input.ids.storage().unsafeGetStorageImpl()};
            const at::Tensor targets = at::full({2 * width}, 3, at::kLong);
            said.insert(targets.storage().unsafeGetStorageImpl());
            for (const at::Tensor& tensor : decoder->readsOf(input)) {
                said.insert(tensor.storage().unsafeGetStorageImpl());
            }
            const support::PassWatch watch;
            objectives::tokenLossSum(decoder->hidden(input).flatten(0, 1), decoder->head(), targets).backward();
            const auto read = watch.read();
            QVERIFY(read.size() > 10);
            for (const auto& [address, one] : read) {
                QVERIFY2(said.contains(address), one.by.c_str());
            }
            for (const auto& leaf : peft::findMethod(kVariants[static_cast<std::size_t>(variant)].method)->trainable(*decoder)) {
                QVERIFY2(leaf.tensor.grad().defined(), leaf.name.c_str());
                at::Tensor tensor = leaf.tensor;
                tensor.mutable_grad().reset();
            }
        }
    }
}

// Short rows, one beyond the tables and every border, short ones again, and evaluations of longer rows in between: losses
// and leaves of a run that plays what it recorded, and of one that never records.
void TestPasses::recordedIsPlain()
{
    QFETCH(int, family);
    QFETCH(int, variant);
    const Plain plain;
    const bool isFirst = family == 0; // whose tables begin with 2048 rows; the others' borders are at 40
    const auto learn = [&](const train::WorkRecorder& recorder, bool checkpointing, std::vector<at::Tensor>& values) {
        const auto& chosen = kVariants[static_cast<std::size_t>(variant)];
        const auto decoder = decoderOf(kFamilies[static_cast<std::size_t>(family)], chosen);
        if (!decoder) {
            return false;
        }
        decoder->setActivationCheckpointing(checkpointing);
        optim::OptimizerSettings settings;
        optim::AdamW optimizer(peft::findMethod(chosen.method)->trainable(*decoder), settings);
        train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), optimizer, 42, recorder);
        std::int64_t number = 0;
        const auto train = [&](std::int64_t width) {
            ++number;
            // As a batch is padded where there is a recorder, whether one is used or not.
            values.push_back(step.run(stepOf(train::paddedToRoundSizes(batchOf(width, number))), number, 1e-2, [] {}));
        };
        const auto evaluate = [&](std::int64_t width) {
            const at::NoGradGuard noGrad;
            nn::ForwardInput input;
            input.ids = batchOf(width, 1).ids;
            values.push_back(decoder->hidden(input).abs().sum());
        };
        for (const std::int64_t width : {12, 12, 30, 30, 12, 30, 12}) {
            train(width);
        }
        train(isFirst ? 2100 : 200);
        for (const std::int64_t width : {12, 30, 12, 60, 60, 12, 30, 60}) {
            train(width);
        }
        evaluate(isFirst ? 4200 : 300);
        for (const std::int64_t width : {12, 30, 60, 12, 30, 60}) {
            train(width);
        }
        evaluate(70);
        for (const std::int64_t width : {12, 30, 60}) {
            train(width);
        }
        for (const auto& leaf : optimizer.leaves()) {
            values.push_back(leaf.detach().clone());
        }
        return true;
    };
    // One of both for each variant, and the other for the next.
    for (const bool checkpointing : {(family + variant) % 2 == 0}) {
        const support::WatchedRecorder watched;
        std::vector<at::Tensor> recorded;
        std::vector<at::Tensor> unrecorded;
        if (!learn(watched.recorder(), checkpointing, recorded)) {
            QSKIP("the method has nothing for this family");
        }
        learn({}, checkpointing, unrecorded);
        QVERIFY2(watched.counts->problem.empty(), watched.counts->problem.c_str());
        QVERIFY(watched.counts->recorded >= 3);
        QVERIFY(watched.counts->played > watched.counts->recorded + 5);
        QCOMPARE(recorded.size(), unrecorded.size());
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            QVERIFY2(recorded[i].equal(unrecorded[i]), std::to_string(i).c_str());
        }
    }
}

void TestPasses::tablesStay_data()
{
    QTest::addColumn<QString>("type");
    for (const char* type : {"default", "linear", "llama3", "yarn", "dynamic", "longrope"}) {
        QTest::newRow(type) << type;
    }
}

// Tables for the longest row are made at the start; no order of lengths, on either side of a border, replaces them.
void TestPasses::tablesStay()
{
    QFETCH(QString, type);
    nn::RopeSettings settings;
    settings.type = type.toStdString();
    settings.factor = 4;
    settings.originalMaxPositions = 40;
    settings.shortFactor = {1, 1.1, 1.2};
    settings.longFactor = {2, 3, 4};
    constexpr std::int64_t kLongest = 3000;
    nn::Rope rope(settings, 6, 40, at::kCPU);
    rope.reserve(kLongest);
    const bool changes = type == "dynamic" || type == "longrope";
    const nn::RopeTables shorter = rope.whole(30);
    const nn::RopeTables longer = rope.whole(kLongest);
    QCOMPARE(shorter.cos.is_same(longer.cos), !changes);
    QVERIFY(longer.cos.size(0) >= kLongest);
    for (const std::int64_t length : {std::int64_t{40}, kLongest, std::int64_t{1}, std::int64_t{41}, std::int64_t{2500}, std::int64_t{40}, kLongest}) {
        const bool isBeyond = changes && length > 40;
        if (type == "dynamic" && isBeyond && length != kLongest) {
            QVERIFY(!rope.whole(length).cos.is_same(longer.cos)); // each length has its own
            continue;
        }
        QVERIFY(rope.whole(length).cos.is_same((isBeyond ? longer : shorter).cos) || type == "dynamic");
        // As they are made for that length alone.
        nn::Rope fresh(settings, 6, 40, at::kCPU);
        QVERIFY(rope.rows(0, length).cos.equal(fresh.rows(0, length).cos));
        QVERIFY(rope.rows(0, length).sin.equal(fresh.rows(0, length).sin));
    }
    // Longer ones come in place of these, which whoever holds them keeps; they begin with the same numbers.
    const at::Tensor copy = longer.cos.clone();
    const nn::RopeTables grown = rope.whole(9000);
    QVERIFY(!grown.cos.is_same(longer.cos));
    QVERIFY(longer.cos.equal(copy));
    QVERIFY(type == "dynamic" || grown.cos.narrow(0, 0, kLongest).equal(copy.narrow(0, 0, kLongest)));
}

void TestPasses::heldUntilOutdated()
{
    const support::WatchedRecorder watched;
    train::StepGraphs graphs(at::kCPU, watched.recorder());
    at::Tensor table = at::ones({64});
    std::vector<at::Tensor> read;
    const auto run = [&](std::int64_t width) {
        return graphs
            .run({graphs.padded(batchOf(width, 1)), at::ones({}), {}},
                 [&](const Input& input) { return table.narrow(0, 0, input.batch.ids.size(1)).sum() * input.scale; },
                 [&](const Input&) { return std::vector<at::Tensor>{table}; })
            .item<double>();
    };
    for (int i = 0; i < 4; ++i) {
        QCOMPARE(run(16), 16.0);
    }
    QCOMPARE(watched.counts->recorded, 1);
    QCOMPARE(watched.counts->played, 3);
    const c10::weak_intrusive_ptr<c10::StorageImpl> old(table.storage().getWeakStorageImpl());
    table = at::full({128}, 2.0);
    QVERIFY(!old.expired()); // the recording could be played as it is
    QCOMPARE(run(16), 32.0);
    QVERIFY(old.expired());
    QCOMPARE(watched.counts->recorded, 2);
    // The same tensor with other memory behind it, and with another shape.
    table.set_data(at::full({128}, 3.0));
    QCOMPARE(run(16), 48.0);
    QCOMPARE(watched.counts->recorded, 3);
    table.resize_({1 << 20}).fill_(1);
    QCOMPARE(run(16), 16.0);
    QCOMPARE(watched.counts->recorded, 4);
    QCOMPARE(run(16), 16.0);
    QCOMPARE(watched.counts->recorded, 4);
    QVERIFY2(watched.counts->problem.empty(), watched.counts->problem.c_str());
}

void TestPasses::whatChangesEachTimeIsNotRecorded()
{
    const support::WatchedRecorder watched;
    train::StepGraphs graphs(at::kCPU, watched.recorder());
    std::vector<at::Tensor> tables;
    for (int i = 0; i < 20; ++i) {
        tables.push_back(at::full({64}, static_cast<double>(i)));
        const at::Tensor loss
            = graphs.run({graphs.padded(batchOf(16, 1)), at::ones({}), {}},
                         [&](const Input& input) { return tables.back().sum() * input.scale; },
                         [&](const Input&) { return std::vector<at::Tensor>{tables.back()}; });
        QCOMPARE(loss.item<double>(), 64.0 * i);
    }
    QVERIFY(watched.counts->recorded > 1 && watched.counts->recorded < 8);
}

void TestPasses::betweenChangesNothing_data()
{
    QTest::addColumn<int>("variant");
    QTest::addColumn<bool>("checkpointing");
    for (std::size_t v = 0; v < kVariants.size(); ++v) {
        for (const bool checkpointing : {false, true}) {
            QTest::addRow("%s%s", kVariants[v].name, checkpointing ? ", checkpointed" : "") << static_cast<int>(v) << checkpointing;
        }
    }
}

void TestPasses::betweenChangesNothing()
{
    QFETCH(int, variant);
    QFETCH(bool, checkpointing);
    const TwoSets sets = twoSetsOf(kVariants[static_cast<std::size_t>(variant)]);
    nn::Decoder& decoder = *sets.decoder;
    decoder.setActivationCheckpointing(checkpointing);
    const at::Tensor ids = idsOf(2, 14);
    const nn::Pass training{true, true, nullptr, 77};
    const nn::Pass others[] = {{}, {false, true, nn::noAdapters()}, {false, true, sets.other}, {true, true, nullptr, 78}, {true, true, sets.other, 77}};
    const auto gradients = [&](bool between) {
        const at::Tensor loss = hiddenOf(decoder, ids, training).pow(3).sum();
        for (const nn::Pass& other : others) {
            if (!between) {
                break;
            }
            answer(decoder, {false, true, other.adapters});
            const at::NoGradGuard noGrad;
            hiddenOf(decoder, idsOf(3, 40), other);
            at::manual_seed(123); // nor does a generator that somebody used
        }
        if (between) { // the own set taken out and another in its place
            nn::AdapterSet own = decoder.takeAdapters();
            hiddenOf(decoder, ids, {});
            decoder.giveAdapters(nn::AdapterSet(*sets.other));
            hiddenOf(decoder, ids, {true, true, nullptr, 5});
            decoder.takeAdapters();
            loss.backward();
            decoder.giveAdapters(std::move(own));
        } else {
            loss.backward();
        }
        return takeGradients(sets.leaves);
    };
    const auto alone = gradients(false);
    QVERIFY(std::any_of(alone.begin(), alone.end(), [](const at::Tensor& x) { return x.defined() && x.abs().max().item<double>() > 0; }));
    QVERIFY(areEqual(gradients(true), alone));
    QVERIFY(areEqual(gradients(false), alone));
    // Computing layers again changes nothing either.
    decoder.setActivationCheckpointing(!checkpointing);
    QVERIFY(areEqual(gradients(true), alone));
}

void TestPasses::setsAlternate_data()
{
    betweenChangesNothing_data();
}

// Policy, reference and another set inside one step, and one loss over all three: each computes what it does alone.
void TestPasses::setsAlternate()
{
    QFETCH(int, variant);
    QFETCH(bool, checkpointing);
    const auto& chosen = kVariants[static_cast<std::size_t>(variant)];
    const TwoSets sets = twoSetsOf(chosen);
    nn::Decoder& decoder = *sets.decoder;
    decoder.setActivationCheckpointing(checkpointing);
    const at::Tensor ids = idsOf(2, 14);
    const nn::Pass own{true, true, nullptr, 77};
    const nn::Pass base{true, true, nn::noAdapters(), 77};
    const nn::Pass other{true, true, sets.other, 78};

    // What the base computes where nothing was ever attached. A method without adapters trains the base itself.
    const bool isAdapter = peft::findMethod(chosen.method)->writesAdapter;
    at::Tensor plain;
    at::Tensor plainLogits;
    {
        nn::AdapterSet taken = decoder.takeAdapters();
        const at::NoGradGuard noGrad;
        plain = hiddenOf(decoder, ids, {}).clone();
        plainLogits = decoder.logits(plain).clone();
        decoder.giveAdapters(std::move(taken));
    }
    const auto leavesOfBoth = [&] {
        auto leaves = sets.leaves;
        nn::AdapterSet taken = decoder.takeAdapters();
        decoder.giveAdapters(nn::AdapterSet(*sets.other));
        const auto others = peft::findMethod(chosen.method)->trainable(decoder);
        leaves.insert(leaves.end(), others.begin(), others.end());
        decoder.giveAdapters(std::move(taken));
        return leaves;
    }();
    const auto gradientsOf = [&](const nn::Pass& pass) {
        hiddenOf(decoder, ids, pass).pow(3).sum().backward();
        return takeGradients(leavesOfBoth);
    };
    const auto ofOwn = gradientsOf(own);
    const auto ofOther = gradientsOf(other);

    const at::Tensor first = hiddenOf(decoder, ids, own);
    const at::Tensor reference = hiddenOf(decoder, ids, base);
    const at::Tensor second = hiddenOf(decoder, ids, other);
    QVERIFY(reference.equal(plain));
    QVERIFY(decoder.logits(reference, base).equal(plainLogits));
    QCOMPARE(reference.requires_grad(), !isAdapter);
    QVERIFY(!isAdapter || (!first.equal(plain) && !second.equal(plain) && !first.equal(second)));
    first.pow(3).sum().backward();
    const auto ofFirst = takeGradients(leavesOfBoth);
    second.pow(3).sum().backward();
    QVERIFY(areEqual(ofFirst, ofOwn));
    QVERIFY(areEqual(takeGradients(leavesOfBoth), ofOther));
    if (isAdapter) { // a set's pass reaches its own leaves alone
        for (std::size_t i = 0; i < leavesOfBoth.size(); ++i) {
            if (leavesOfBoth[i].name.starts_with("lm_head")) {
                continue; // hidden states do not reach the head
            }
            QCOMPARE(ofOwn[i].defined(), i < sets.leaves.size());
            QCOMPARE(ofOther[i].defined(), i >= sets.leaves.size());
        }
    }
}

void TestPasses::kindsHaveRecordingsOfTheirOwn()
{
    const Plain plain;
    const TwoSets sets = twoSetsOf(kVariants.front());
    const support::WatchedRecorder watched;
    train::StepGraphs graphs(at::kCPU, watched.recorder());
    const auto forward = [&](const Input& input) {
        nn::ForwardInput made;
        made.ids = input.batch.ids;
        made.pass = input.pass;
        return made;
    };
    const auto run = [&](const nn::Pass& pass) {
        const at::NoGradGuard noGrad;
        return graphs
            .run({graphs.padded(batchOf(16, 1)), at::ones({}), pass},
                 [&](const Input& input) { return sets.decoder->hidden(forward(input)).abs().sum() * input.scale; },
                 [&](const Input& input) { return sets.decoder->readsOf(forward(input)); })
            .clone();
    };
    const nn::Pass kinds[] = {{}, {false, true, nn::noAdapters()}, {false, true, sets.other}, {true, true, nullptr, 7}};
    std::vector<at::Tensor> first;
    for (int round = 0; round < 4; ++round) {
        for (const nn::Pass& kind : kinds) {
            first.push_back(run(kind));
        }
    }
    for (std::size_t i = 0; i < first.size(); ++i) {
        QVERIFY(first[i].equal(first[i % 4]));
        QVERIFY(i < 1 || i > 3 || !first[i].equal(first[i - 1]));
    }
    QCOMPARE(watched.counts->recorded, 4);
    QVERIFY2(watched.counts->problem.empty(), watched.counts->problem.c_str());
    // A recording drops what the seed of the moment says.
    QVERIFY(!run({true, true, nullptr, 8}).equal(first[3]));
    QVERIFY(run({true, true, nullptr, 7}).equal(first[3]));
    QCOMPARE(watched.counts->recorded, 4);
}

void TestPasses::dropoutFollowsItsSeed()
{
    using nn::kernels::DropoutDraw;
    const at::Tensor x = at::ones({37, 53});
    for (const double p : {0.0, 0.05, 0.5, 1.0}) {
        const at::Tensor kept = nn::kernels::keptOf({5, {}, 3}, x, p);
        QVERIFY(kept.sizes().equals(x.sizes()));
        QVERIFY(kept.equal(nn::kernels::keptOf({5, {}, 3}, x, p)));
        QVERIFY(kept.equal(nn::kernels::plainKept({5, {}, 3}, x, p)));
        QVERIFY(kept.equal(nn::kernels::keptOf({99, at::full({}, 5, at::kLong), 3}, x, p)));
        QVERIFY(kept.equal(nn::kernels::plainKept({99, at::full({}, 5, at::kLong), 3}, x, p)));
        const double share = kept.to(at::kDouble).mean().item<double>();
        QVERIFY2(std::abs(share - (1 - p)) < 0.03, std::to_string(share).c_str());
        const bool draws = p > 0 && p < 1;
        QCOMPARE(!kept.equal(nn::kernels::keptOf({6, {}, 3}, x, p)), draws);
        QCOMPARE(!kept.equal(nn::kernels::keptOf({5, {}, 4}, x, p)), draws);
    }
    // Seeds and places beyond 32 bits count whole.
    const std::uint64_t wide = (std::uint64_t{0x9234567890abcdef});
    const at::Tensor kept = nn::kernels::keptOf({wide, {}, wide}, x, 0.5);
    QVERIFY(kept.equal(nn::kernels::plainKept({wide, {}, wide}, x, 0.5)));
    QVERIFY(!kept.equal(nn::kernels::keptOf({wide & 0xffffffff, {}, wide}, x, 0.5)));
    QVERIFY(!kept.equal(nn::kernels::keptOf({wide, {}, wide & 0xffffffff}, x, 0.5)));
    // Philox4x32-10's published answers (Random123, kat_vectors): counter and key of zeros.
    const auto words = [](const DropoutDraw& draw) {
        std::vector<std::int64_t> halves(8);
        for (int bit = 15; bit >= 0; --bit) { // each half by bisection: kept where it reaches the limit
            for (std::size_t i = 0; i < halves.size(); ++i) {
                const std::int64_t asked = halves[i] + (std::int64_t{1} << bit);
                const at::Tensor mask = nn::kernels::keptOf(draw, at::ones({8}), static_cast<double>(asked) / 65536);
                halves[i] = mask[static_cast<std::int64_t>(i)].item<bool>() ? asked : halves[i];
            }
        }
        std::vector<std::uint32_t> all;
        for (std::size_t i = 0; i < 8; i += 2) {
            all.push_back(static_cast<std::uint32_t>(halves[i] | halves[i + 1] << 16));
        }
        return all;
    };
    QCOMPARE(words({0, {}, 0}), (std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

// Steps with dropout, played and not: the same losses and leaves, with several micro-batches a step.
void TestPasses::recordedDropoutIsPlain()
{
    const Plain plain;
    for (const bool checkpointing : {false, true}) {
        const auto learn = [&](const train::WorkRecorder& recorder) {
            const auto decoder = decoderOf(kFamilies.front(), kVariants.front(), 0.3);
            decoder->setActivationCheckpointing(checkpointing);
            optim::AdamW optimizer(peft::findMethod("lora")->trainable(*decoder), optim::OptimizerSettings());
            train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), optimizer, 42, recorder);
            std::vector<at::Tensor> values;
            for (std::int64_t number = 1; number < 8; ++number) {
                train::StepBatches batches;
                for (const std::int64_t width : {12, 20, 12}) {
                    batches.batches.push_back(train::paddedToRoundSizes(batchOf(width, 1)));
                    batches.trained += batches.batches.back().trained;
                }
                values.push_back(step.run(batches, number, 0, [] {})); // nothing learnt: only dropout differs
            }
            return values;
        };
        const support::WatchedRecorder watched;
        const auto recorded = learn(watched.recorder());
        const auto unrecorded = learn({});
        QVERIFY2(watched.counts->problem.empty(), watched.counts->problem.c_str());
        QVERIFY(watched.counts->played > 8);
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            QVERIFY(recorded[i].equal(unrecorded[i]));
            QVERIFY(i == 0 || !recorded[i].equal(recorded[i - 1]));
        }
    }
}

void TestPasses::recordedPackedIsPlain_data()
{
    QTest::addColumn<int>("family");
    for (std::size_t family = 0; family < kFamilies.size(); ++family) {
        QTest::newRow(kFamilies[family].name) << static_cast<int>(family);
    }
}

// Packed rows of other texts each time: steps that play what was recorded over one of them, steps that do not, to the bit, and steps over
// the rows as they are, which have no texts behind the last.
void TestPasses::recordedPackedIsPlain()
{
    QFETCH(int, family);
    const Plain plain;
    if (!decoderOf(kFamilies[static_cast<std::size_t>(family)], kVariants.front())) {
        QSKIP("the method has nothing for this family");
    }
    const auto learn = [&](const train::WorkRecorder& recorder, bool pads) {
        const auto decoder = decoderOf(kFamilies[static_cast<std::size_t>(family)], kVariants.front());
        optim::AdamW optimizer(peft::findMethod("lora")->trainable(*decoder), optim::OptimizerSettings());
        train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), optimizer, 42, recorder);
        std::vector<at::Tensor> values;
        const std::vector<std::vector<std::int64_t>> all{{12, 30, 7}, {25, 24}, {9, 40, 2, 30}, {49}, {33, 2, 12}, {64, 64}, {12, 30, 7}, {100}};
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto batch = packedOf(all[i], static_cast<std::int64_t>(i));
            values.push_back(step.run(stepOf(pads ? train::packedToRoundSizes(batch) : batch), static_cast<std::int64_t>(i) + 1, 1e-2, [] {}));
        }
        for (const auto& leaf : optimizer.leaves()) {
            values.push_back(leaf.detach().clone());
        }
        return values;
    };
    const support::WatchedRecorder watched;
    const auto recorded = learn(watched.recorder(), false); // it pads by itself
    const auto padded = learn({}, true);
    const auto alone = learn({}, false);
    QVERIFY2(watched.counts->problem.empty(), watched.counts->problem.c_str());
    QVERIFY(watched.counts->recorded >= 1);
    QVERIFY(watched.counts->played >= 5);
    QCOMPARE(recorded.size(), alone.size());
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        QVERIFY2(recorded[i].equal(padded[i]), std::to_string(i).c_str());
        QVERIFY2(recorded[i].allclose(alone[i], 1e-4, 1e-5), std::to_string(i).c_str());
    }
}

QTEST_MAIN(TestPasses)
#include "tst_passes.moc"
