// SPDX-License-Identifier: GPL-3.0-or-later
// The table of objectives, and what it asks of the frame: items that stay whole, texts joined without losing a token, heads
// that are trained, saved and resumed.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/optim/adamw.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/heads.h"
#include "core/train/step/step_graphs.h"
#include "core/train/step/train_step.h"
#include "core/train/plan/training_data.h"
#include "core/train/plan/windows.h"
#include "core/weights/safetensors.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::ItemStore;
using train::Outcome;

namespace {

constexpr std::int32_t kEnd = 7;

// Texts of 1 to `longest` tokens, each with the end mark behind it.
ItemStore textsOf(std::int64_t count, std::int64_t longest, bool marked)
{
    base::Random random(11);
    ItemStore texts;
    for (std::int64_t i = 0; i < count; ++i) {
        objectives::Sequence text;
        const auto size = 1 + random.next() % static_cast<std::uint64_t>(longest);
        for (std::uint64_t token = 0; token < size; ++token) {
            text.ids.push_back(static_cast<std::int32_t>(100 + random.next() % 1000));
        }
        if (marked) {
            text.ids.push_back(kEnd);
        }
        text.trained.assign(text.ids.size(), 1);
        train::Item item;
        item.hash = static_cast<std::uint64_t>(i);
        item.place.row = i;
        texts.append(item, std::array{text});
    }
    return texts;
}

// Pairs of lengths 3 + i % 5 and 4 + i % 3; the second half of each sequence is trained. A column "margin" of i / 2.
ItemStore pairsOf(int count)
{
    ItemStore pairs({"margin"});
    for (int i = 0; i < count; ++i) {
        std::array<objectives::Sequence, 2> both;
        for (std::size_t side = 0; side < 2; ++side) {
            both[side].ids.resize(static_cast<std::size_t>(side == 0 ? 3 + i % 5 : 4 + i % 3));
            std::iota(both[side].ids.begin(), both[side].ids.end(), i * 100 + static_cast<int>(side) * 50);
            both[side].trained.assign(both[side].ids.size(), 0);
            std::fill(both[side].trained.begin() + static_cast<std::ptrdiff_t>(both[side].ids.size() / 2),
                      both[side].trained.end(), 1);
        }
        train::Item item;
        item.place.row = i;
        pairs.append(item, both, std::array{static_cast<float>(i) / 2});
    }
    return pairs;
}

// An objective that no table has: the answers, and a score of each row's last token that should be its length / 10.
objectives::LossValue scoredLoss(const objectives::LossInput& input)
{
    const at::Tensor hidden = input.policy().hidden;
    const at::Tensor last = hidden.reshape({-1, hidden.size(-1)}).index_select(0, input.batch.ends).to(at::kFloat);
    const at::Tensor wrong = last.mv(input.heads[0].tensor) + input.heads[1].tensor - input.batch.column("length");
    const at::Tensor squares = wrong.square();
    return {squares.sum(), {squares.detach().sum(), wrong.detach().sum()}};
}

Result<objectives::EncodedItem> scoredRow(const data::Encoder& encoder, const data::Example& example,
                                          const data::EncodingSettings& settings)
{
    auto item = objectives::findObjective("sft")->encode(encoder, example, settings);
    if (item) {
        item->values = {static_cast<float>(item->sequences[0].ids.size()) / 10};
    }
    return item;
}

objectives::Objective scored()
{
    objectives::Objective row = *objectives::findObjective("sft");
    row.id = "scored";
    row.encode = scoredRow;
    row.loss = scoredLoss;
    row.measure = nullptr;
    row.divisor = objectives::Divisor::Items;
    row.perSequence = true;
    row.columns = {"length"};
    row.measures = {"squares", "offset"};
    row.heads = [](const objectives::ObjectiveSettings&, std::int64_t hidden) {
        return std::vector<objectives::Head>{{"score.weight", {hidden}, 0.02}, {"score.bias", {1}, 0}};
    };
    return row;
}

nn::DecoderConfig smallModel()
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 4096;
    config.hidden = 32;
    config.intermediate = 48;
    config.layers = 2;
    config.heads = config.kvHeads = 2;
    config.headDim = 16;
    config.maxPositions = 128;
    return config;
}

std::vector<std::array<double, 3>> numbersOf(const EventLog& log, std::int64_t first)
{
    std::vector<std::array<double, 3>> numbers;
    for (const auto& step : log.all<train::StepDone>()) {
        if (step.step >= first) {
            numbers.push_back({static_cast<double>(step.step), step.loss, step.gradNorm});
        }
    }
    return numbers;
}

} // namespace

class TestObjectives : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRow();
    void windowsLoseNothing_data();
    void windowsLoseNothing();
    void lastWindows();
    void itemsStayWhole();
    void batchesKnowTheirSequences();
    void rowsThatDoNotFit();
    void textFileIsLearnedWhole();
    void textsAreHeldOutWhole();
    void headsAreTrainedAndResumed();
    void preferencesFit();
};

void TestObjectives::everyRow()
{
    std::set<std::string> ids;
    for (const auto& row : objectives::objectives()) {
        QVERIFY2(ids.insert(row.id).second, row.id.c_str());
        QCOMPARE(objectives::findObjective(row.id), &row);
        QVERIFY(!row.label.empty() && !row.help.empty() && !row.needs.empty() && !row.takes.empty());
        QVERIFY(row.encode && row.loss);
        QVERIFY(row.columns.empty() || row.perSequence);
    }
    std::set<std::string> choices;
    for (const auto& part : config::parts()) {
        for (const auto& field : part.fields) {
            if (part.key == "objective" && field.key == "kind") {
                for (const auto& choice : field.choices) {
                    choices.insert(choice.id);
                }
            }
        }
    }
    QVERIFY(choices == ids);
    const auto missing = objectives::needObjective("magic");
    QVERIFY(!missing && missing.message().find("sft, pretrain") != std::string::npos);
}

void TestObjectives::windowsLoseNothing_data()
{
    QTest::addColumn<int>("length");
    QTest::addColumn<bool>("marked");
    for (const int length : {2, 3, 8, 33, 512, 100000}) {
        for (const bool marked : {true, false}) {
            QTest::addRow("%d%s", length, marked ? "" : " without a mark") << length << marked;
        }
    }
}

// Every token of every text is a target once, in order, whatever the length.
void TestObjectives::windowsLoseNothing()
{
    QFETCH(int, length);
    QFETCH(bool, marked);
    const ItemStore texts = textsOf(60, 90, marked);
    std::vector<std::int32_t> wanted;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (const std::int32_t stored : texts.sequences().row(i)) {
            wanted.push_back(train::TokenStore::idOf(stored));
        }
    }
    const ItemStore windows = train::joinedInWindows(texts, length, marked ? std::optional(kEnd) : std::nullopt);
    std::int32_t before = kEnd;
    if (!marked) {
        before = wanted.front(); // nothing stands before it
        wanted.erase(wanted.begin());
    }
    std::vector<std::int32_t> learned;
    std::vector<std::int64_t> ofText(texts.size(), 0);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto tokens = windows.sequences().row(windows.item(i).first);
        QVERIFY(i + 1 == windows.size() ? tokens.size() >= 2 : static_cast<int>(tokens.size()) == length);
        QCOMPARE(train::TokenStore::idOf(tokens[0]), before);
        QVERIFY(!train::TokenStore::isTarget(tokens[0]));
        for (const std::int32_t stored : tokens.subspan(1)) {
            QVERIFY(train::TokenStore::isTarget(stored));
            learned.push_back(stored);
        }
        before = learned.back();
        std::int64_t sum = 0;
        for (const auto& piece : windows.pieces(i)) {
            ofText[static_cast<std::size_t>(piece.place.row)] += piece.trained;
            sum += piece.trained;
        }
        QCOMPARE(sum, windows.numTrained(i));
    }
    QVERIFY(learned == wanted);
    QCOMPARE(train::trainedOf(windows), static_cast<std::int64_t>(wanted.size()));
    for (std::size_t i = marked ? 0 : 1; i < texts.size(); ++i) {
        QCOMPARE(ofText[i], texts.length(i));
    }
}

void TestObjectives::lastWindows()
{
    const ItemStore texts = textsOf(60, 90, true);
    const ItemStore all = train::joinedInWindows(texts, 32, kEnd);
    for (const double share : {0.0001, 0.1, 0.5, 1.0}) {
        ItemStore kept = all;
        const ItemStore taken = train::takeLastWindows(kept, share);
        QVERIFY(!kept.isEmpty() && !taken.isEmpty());
        QCOMPARE(kept.size() + taken.size(), all.size());
        QCOMPARE(train::trainedOf(kept) + train::trainedOf(taken), train::trainedOf(all));
        QCOMPARE(taken.pieces(taken.size() - 1).size(), all.pieces(all.size() - 1).size());
    }
}

void TestObjectives::itemsStayWhole()
{
    const ItemStore pairs = pairsOf(37);
    for (const char* padding : {"longest", "length_buckets", "packed"}) {
        const train::BatchPlan plan(pairs, {4, 2, 8, padding, true, 42});
        std::multiset<float> seen;
        train::BatchFeed feed(pairs, plan, {}, {.perSequence = true});
        const auto epoch = plan.epoch(0);
        for (std::int64_t step = 0; step < plan.stepsOf(epoch); ++step) {
            const auto batches = feed.next();
            std::int64_t items = 0;
            for (const auto& batch : batches.batches) {
                QCOMPARE(batch.ends.size(0), 2 * batch.items);
                QCOMPARE(batch.segments.empty(), !plan.isPacked());
                QVERIFY(!plan.isPacked() || batch.tokens <= 4 * 8 * 2);
                const auto flat = batch.ids.flatten();
                const at::Tensor margins = batch.column("margin");
                for (std::int64_t i = 0; i < batch.items; ++i) {
                    const auto first = flat[batch.ends[2 * i]].item<std::int64_t>() / 100;
                    QCOMPARE(flat[batch.ends[2 * i + 1]].item<std::int64_t>() / 100, first); // both sides of one pair
                    QCOMPARE(margins[i].item<float>(), static_cast<float>(first) / 2);
                    seen.insert(margins[i].item<float>());
                }
                items += batch.items;
            }
            QCOMPARE(batches.items, items);
        }
        QCOMPARE(seen.size(), std::size_t{37});
        QCOMPARE(std::set<float>(seen.begin(), seen.end()).size(), std::size_t{37});
    }
}

void TestObjectives::batchesKnowTheirSequences()
{
    const ItemStore pairs = pairsOf(3);
    const std::vector<std::uint32_t> items{2, 0};
    for (const bool packed : {false, true}) {
        const auto batch = train::makeMicroBatch(pairs, items, {.packed = packed, .perSequence = true});
        for (const auto& form : {batch, train::paddedToRoundSizes(batch)}) {
            const at::Tensor counted = objectives::sumBySequence(form.targets.ne(-100).to(at::kFloat), form);
            QVERIFY(counted.equal(at::tensor({3.0F, 3.0F, 2.0F, 2.0F})));
            const at::Tensor last = form.ids.flatten().index_select(0, form.ends);
            QVERIFY(last.equal(at::tensor({204, 255, 2, 53}, at::kLong)));
        }
    }
    const auto plain = train::makeMicroBatch(pairs, items, {});
    QVERIFY(!plain.owners.defined() && plain.columns.empty());
}

void TestObjectives::rowsThatDoNotFit()
{
    TinyRun tiny;
    tiny.config.objective.kind = "pretrain";
    EventLog log;
    const auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("row 1: the objective pretrain learns from plain texts, and this row is a conversation")
                 != std::string::npos,
             ended.sentence.c_str());
    QVERIFY(base::writeFileAtomically(tiny.path("half.jsonl"), base::dumpJson(Json{{"prompt", "What is a saw?"}, {"chosen", "A tool."}, {"rejected", nullptr}}) + "\n"));
    tiny.config.data.train = {tiny.path("half.jsonl")};
    tiny.config.objective.kind = "dpo";
    const auto half = tiny.run("half", log);
    QVERIFY2(half.sentence.ends_with("and this row is a conversation: it has \"chosen\" and no \"rejected\""), half.sentence.c_str());
}

// One file of 120 KB at length 512: nothing is cut off.
void TestObjectives::textFileIsLearnedWhole()
{
    TinyRun tiny;
    std::string text;
    for (int i = 0; text.size() < 120000; ++i) {
        text += "On bench " + std::to_string(i) + " lie " + std::to_string(i * i % 97) + " planes and a saw.\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("book.txt"), text).ok());
    tiny.config.data.train = {tiny.path("book.txt")};
    tiny.config.data.maxLength = 512;
    tiny.config.objective.kind = "pretrain";
    tiny.config.run.rowLosses = true;
    const auto encoder = data::Encoder::load(tiny.config.model.path);
    QVERIFY(encoder.ok());
    const auto all = static_cast<std::int64_t>(encoder->tokenizer->ids(text).size()) + 1; // and the end mark
    QVERIFY(all > 512 * 50);
    for (const double share : {0.0, 0.1}) {
        tiny.config.data.heldOutShare = share;
        EventLog log;
        const auto ended = tiny.run("run" + std::to_string(share), log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        std::int64_t trained = 0;
        for (const auto& step : log.all<train::StepDone>()) {
            trained += step.trainedTokens;
        }
        const auto evals = log.all<train::EvalDone>();
        const auto held = evals.empty() ? 0 : evals[0].tokens;
        QCOMPARE(trained + held, all);
        QVERIFY(share == 0 ? held == 0 : held > all / 20 && held < all / 5);
        QCOMPARE(log.warningWith("are held out").empty(), share == 0);
        QCOMPARE(log.all<train::RunStarted>()[0].truncatedRows, 0);
        QVERIFY(log.all<train::StepDone>().back().loss < log.all<train::StepDone>().front().loss);
    }
}

void TestObjectives::textsAreHeldOutWhole()
{
    TinyRun tiny;
    std::string rows;
    for (int i = 0; i < 60; ++i) {
        rows += base::dumpJson(Json{{"text", "Text " + std::to_string(i) + std::string(static_cast<std::size_t>(i), '.')}}) + "\n";
    }
    rows += base::dumpJson(Json{{"text", ""}}) + "\n";
    QVERIFY(base::writeFileAtomically(tiny.path("texts.jsonl"), rows).ok());
    tiny.config.data.train = {tiny.path("texts.jsonl")};
    tiny.config.objective.kind = "pretrain";
    const auto encoder = data::Encoder::load(tiny.config.model.path);
    QVERIFY(encoder.ok());
    train::EncodeSettings encode;
    encode.encoding.maxLength = 16;
    encode.vocab = std::int64_t{1} << 30;
    const train::RunRows files = train::runRows(tiny.config.data);
    const auto data = train::prepareData({tiny.config, files, *encoder, encode});
    QVERIFY2(data.ok(), data.ok() ? "" : data.message().c_str());
    QCOMPARE(data->heldOutHashes.size(), std::size_t{6});
    QCOMPARE(data->skipped, 1);
    QCOMPARE(data->warnings.size(), std::size_t{1}); // the format says what is wrong with an empty text
    QVERIFY2(data->warnings[0].find("First: row 61: ") != std::string::npos, data->warnings[0].c_str());
    std::int64_t all = 0;
    for (int i = 0; i < 60; ++i) {
        const auto text = "Text " + std::to_string(i) + std::string(static_cast<std::size_t>(i), '.');
        all += static_cast<std::int64_t>(encoder->tokenizer->ids(text).size()) + 1;
    }
    QCOMPARE(train::trainedOf(data->train) + train::trainedOf(data->heldOut), all);
    std::set<std::int64_t> trainRows;
    for (std::size_t i = 0; i < data->train.size(); ++i) {
        for (const auto& piece : data->train.pieces(i)) {
            trainRows.insert(piece.place.row);
        }
    }
    QCOMPARE(trainRows.size(), std::size_t{54});
    for (std::size_t i = 0; i < data->heldOut.size(); ++i) {
        for (const auto& piece : data->heldOut.pieces(i)) {
            QVERIFY(!trainRows.contains(piece.place.row));
        }
    }
}

// Stopped and resumed is uninterrupted, to the bit, heads included; and they are in the gradient's norm.
void TestObjectives::headsAreTrainedAndResumed()
{
    const objectives::Objective row = scored();
    TinyRun tiny;
    tiny.objective = &row;
    tiny.config.run.epochs = 2;
    tiny.config.method.of<peft::LoraSettings>().dropout = 0.2;
    EventLog whole;
    const auto uninterrupted = tiny.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
    const auto adapterWeights = 2 * (4 * (16 + 16) + 4 * (16 + 8));
    QCOMPARE(whole.all<train::RunStarted>()[0].trainableParameters, adapterWeights + 16 + 1);

    EventLog first;
    QCOMPARE(tiny.runUntil("cut", first, 7).outcome, Outcome::Stopped);
    auto stored = weights::SafetensorsFile::open(tiny.path("cut/checkpoints/step-7/weights.safetensors"));
    auto state = weights::SafetensorsFile::open(tiny.path("cut/checkpoints/step-7/optimizer.safetensors"));
    QVERIFY(stored.ok() && state.ok());
    const auto& names = (*stored)->tensors();
    for (const char* name : {"objective.score.weight", "objective.score.bias"}) {
        QVERIFY(std::any_of(names.begin(), names.end(), [&](const auto& info) { return info.name == name; }));
        const auto moment = std::string("exp_avg_sq.") + name; // the optimizer's own, so clipped with the rest
        const auto& moments = (*state)->tensors();
        QVERIFY(std::any_of(moments.begin(), moments.end(), [&](const auto& info) { return info.name == moment; }));
    }
    EventLog second;
    const auto resumed = tiny.run("cut", second, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    const auto expected = numbersOf(whole, 8);
    QVERIFY(expected.size() >= 5 && numbersOf(second, 0) == expected);
    for (const char* file : {"/adapter_model.safetensors", "/heads.safetensors"}) {
        QVERIFY(!bytesOf(uninterrupted.adapter + file).empty());
        QVERIFY(bytesOf(resumed.adapter + file) == bytesOf(uninterrupted.adapter + file));
    }
    auto start = train::makeHeads(row.heads({}, 16), static_cast<std::uint64_t>(tiny.config.run.seed), at::kCPU);
    auto ended = train::makeHeads(row.heads({}, 16), 1, at::kCPU);
    QVERIFY(train::readHeads(ended, uninterrupted.adapter).ok());
    for (std::size_t i = 0; i < 2; ++i) {
        QVERIFY((ended[i].tensor - start[i].tensor).abs().max().item<double>() > 1e-3);
    }
    QVERIFY(whole.all<train::StepDone>().back().loss < whole.all<train::StepDone>()[1].loss);
    QVERIFY(whole.all<train::EvalDone>().back().loss < whole.all<train::EvalDone>().front().loss);
}

// At the start policy and reference are one, so each pair costs ln 2; steps raise the chosen answer, and how pairs are laid
// out or cut into micro-batches changes nothing.
void TestObjectives::preferencesFit()
{
    const objectives::Objective& row = *objectives::findObjective("dpo");
    const ItemStore pairs = pairsOf(12);
    nn::Decoder decoder(smallModel(), at::kCPU, at::kFloat);
    decoder.initialise(3);
    const peft::Method* lora = peft::findMethod("lora");
    QVERIFY(lora->attach(decoder, {}, 1).ok());
    optim::AdamW optimizer(lora->trainable(decoder), {});
    const train::BatchLoss loss(decoder, row);
    train::TrainStep step(loss, optimizer, 1);
    std::vector<std::uint32_t> all(pairs.size());
    std::iota(all.begin(), all.end(), 0u);
    const train::BatchForm form{.perSequence = true};
    const auto stepOf = [&](std::size_t size) {
        train::StepBatches batches;
        for (std::size_t first = 0; first < all.size(); first += size) {
            batches.add(train::makeMicroBatch(pairs, std::span(all).subspan(first, std::min(size, all.size() - first)), form));
        }
        return batches;
    };
    const at::Tensor start = step.run(stepOf(12), 1, 0, [] {}); // a rate of 0 changes nothing
    QVERIFY(std::abs(start[0].item<double>() - std::log(2.0)) < 1e-6);
    QCOMPARE(start[2].item<double>(), 0.0);
    for (int i = 0; i < 20; ++i) {
        step.run(stepOf(5), i + 2, 1e-2, [] {});
    }
    const auto whole = loss.measured(train::makeMicroBatch(pairs, all, form));
    const double ended = whole.sum.item<double>() / 12;
    QVERIFY2(ended < std::log(2.0) - 0.05, qPrintable(QString::number(ended)));
    QVERIFY(whole.measures[1].item<double>() > 6);
    const auto packed = loss.measured(train::makeMicroBatch(pairs, all, {.packed = true, .perSequence = true}));
    QVERIFY(std::abs(packed.sum.item<double>() - whole.sum.item<double>()) < 1e-4);
    double cut = 0;
    for (const auto& batch : stepOf(5).batches) {
        cut += loss.measured(batch).sum.item<double>();
    }
    QVERIFY(std::abs(cut - whole.sum.item<double>()) < 1e-4);
}

QTEST_APPLESS_MAIN(TestObjectives)
#include "tst_objectives.moc"
