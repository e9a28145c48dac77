// SPDX-License-Identifier: GPL-3.0-or-later
// What is learnt when: rows as stored tokens, the held-out split, plans of every padding, micro-batches, the feed.
#include "core/base/hash.h"
#include "core/config/run_config.h"
#include "core/train/step/batch_feed.h"
#include "core/train/plan/batch_plan.h"
#include "core/data/held_out_split.h"
#include "core/nn/decoder.h"
#include "core/objectives/token_log_probs.h"
#include "core/train/step/micro_batch.h"
#include "core/train/step/step_graphs.h"
#include "core/nn/batch/round_size.h"
#include "core/train/run_batches.h"
#include "core/train/trials/card_shapes.h"
#include "core/train/trials/trial_parts.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>

using namespace luthier;
using train::BatchPlan;
using train::BatchSettings;
using train::ItemStore;
using train::TokenStore;

namespace {

// Row i has 3 + (i * 7) % 23 tokens, of which the first two are no targets.
ItemStore storeOf(int rows)
{
    TokenStore store;
    for (int i = 0; i < rows; ++i) {
        std::vector<std::int32_t> ids(static_cast<std::size_t>(3 + (i * 7) % 23));
        std::iota(ids.begin(), ids.end(), i * 100);
        std::vector<std::uint8_t> trained(ids.size(), 1);
        trained[0] = trained[1] = 0;
        store.append(ids, trained);
    }
    return ItemStore(std::move(store));
}

BatchSettings settingsOf(const std::string& padding, std::int64_t batch = 4, std::int64_t accumulation = 2)
{
    return {batch, accumulation, 32, padding, true, 42};
}

// Every `every`-th item is of the first kind and has 30 to 39 tokens, the others 3 to 12.
ItemStore judgedStore(int rows, int every)
{
    ItemStore store(std::vector<std::string>{"desirable"});
    for (int i = 0; i < rows; ++i) {
        const bool isGood = i % every == 0;
        objectives::Sequence sequence;
        sequence.ids.assign(static_cast<std::size_t>((isGood ? 30 : 3) + (i * 7) % 10), i);
        sequence.trained.assign(sequence.ids.size(), 1);
        sequence.trained[0] = 0;
        const float value = isGood ? 1.0F : 0.0F;
        store.append(train::Item{}, std::span(&sequence, 1), std::span(&value, 1));
    }
    return store;
}

std::vector<std::string> paddings()
{
    for (const auto& part : config::parts()) {
        for (const auto& field : part.fields) {
            if (part.key == "data" && field.key == "padding") {
                std::vector<std::string> ids;
                for (const auto& choice : field.choices) {
                    ids.push_back(choice.id);
                }
                return ids;
            }
        }
    }
    return {};
}

std::vector<std::uint64_t> hashes(int count)
{
    std::vector<std::uint64_t> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(base::rowHash("row " + std::to_string(i)));
    }
    return all;
}

std::set<std::uint64_t> heldOf(const std::vector<std::uint64_t>& rows, double share, std::uint64_t seed)
{
    const auto held = data::holdOut(rows, share, seed);
    std::set<std::uint64_t> kept;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (held[i]) {
            kept.insert(rows[i]);
        }
    }
    return kept;
}

} // namespace

class TestBatches : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void storeKeepsTargets();
    void splitIsStable();
    void equalRowsStayTogether();
    void everyPadding_data();
    void everyPadding();
    void cuttingStepsKeepsTheirRows();
    void bucketsSaveWork();
    void kindsMeetInEveryStep_data();
    void kindsMeetInEveryStep();
    void kindsSaveWork();
    void packedFillsItsRoom();
    void stepsAreCounted();
    void microBatches();
    void roundSizes();
    void shapesAreThoseOfTheRun();
    void packedRowsAreCountedAsRecorded();
    void feedGoesOnAnywhere();
};

void TestBatches::storeKeepsTargets()
{
    TokenStore store;
    const std::vector<std::int32_t> ids{5, 0, 9, 7};
    store.append(ids, std::vector<std::uint8_t>{1, 0, 1, 1});
    store.append(store.row(0));
    for (std::size_t row = 0; row < 2; ++row) {
        QCOMPARE(store.length(row), 4);
        QCOMPARE(store.numTrained(row), 2); // the first never counts
        for (std::size_t i = 0; i < ids.size(); ++i) {
            QCOMPARE(TokenStore::idOf(store.row(row)[i]), ids[i]);
            QCOMPARE(TokenStore::isTarget(store.row(row)[i]), i >= 2);
        }
    }
    QCOMPARE(store.numTokens(), 8);
    TokenStore other;
    other.append(ids, std::vector<std::uint8_t>{1, 1, 1, 1});
    other.append(ids, std::vector<std::uint8_t>{1, 0, 1, 1});
    QVERIFY(store.hash() != other.hash());
}

void TestBatches::splitIsStable()
{
    auto rows = hashes(500);
    const auto kept = heldOf(rows, 0.1, 42);
    QCOMPARE(kept.size(), 50u);
    std::reverse(rows.begin(), rows.end());
    QCOMPARE(heldOf(rows, 0.1, 42), kept);
    QVERIFY(heldOf(rows, 0.1, 43) != kept);
    QVERIFY(heldOf(rows, 0, 42).empty());
    // A larger share keeps what a smaller one held out.
    const auto more = heldOf(rows, 0.3, 42);
    QVERIFY(std::includes(more.begin(), more.end(), kept.begin(), kept.end()));
    // A few new rows hardly change it.
    auto grown = hashes(505);
    const auto then = heldOf(grown, 0.1, 42);
    std::vector<std::uint64_t> both;
    std::set_intersection(then.begin(), then.end(), kept.begin(), kept.end(), std::back_inserter(both));
    QVERIFY(both.size() >= 45);
}

void TestBatches::equalRowsStayTogether()
{
    auto rows = hashes(60);
    for (int i = 0; i < 60; ++i) {
        rows.push_back(rows[static_cast<std::size_t>(i)]);
    }
    for (const double share : {0.02, 0.1, 0.25, 0.5}) {
        const auto held = data::holdOut(rows, share, 1);
        for (std::size_t i = 0; i < 60; ++i) {
            QCOMPARE(held[i], held[i + 60]);
        }
    }
    const std::vector<std::uint64_t> same(10, 77);
    const auto held = data::holdOut(same, 0.3, 1);
    QVERIFY(std::none_of(held.begin(), held.end(), [](bool b) { return b; }));
}

void TestBatches::everyPadding_data()
{
    QTest::addColumn<QString>("padding");
    QTest::addColumn<bool>("shuffle");
    for (const auto& padding : paddings()) {
        QTest::addRow("%s", padding.c_str()) << QString::fromStdString(padding) << true;
        QTest::addRow("%s in order", padding.c_str()) << QString::fromStdString(padding) << false;
    }
}

void TestBatches::everyPadding()
{
    QFETCH(QString, padding);
    QFETCH(bool, shuffle);
    for (const int rows : {1, 3, 4, 8, 9, 301}) {
        const ItemStore store = storeOf(rows);
        auto settings = settingsOf(padding.toStdString());
        settings.shuffle = shuffle;
        const BatchPlan plan(store, settings);
        for (const std::int64_t epoch : {0, 1, 7}) {
            const auto first = plan.epoch(epoch);
            const auto again = plan.epoch(epoch);
            QCOMPARE(first.items, again.items);
            QCOMPARE(first.ends, again.ends);
            auto sorted = first.items;
            std::sort(sorted.begin(), sorted.end());
            std::vector<std::uint32_t> all(static_cast<std::size_t>(rows));
            std::iota(all.begin(), all.end(), 0u);
            QCOMPARE(sorted, all); // every row once
            QCOMPARE(first.ends.back(), all.size());
            for (std::size_t i = 0; i < first.numBatches(); ++i) {
                QVERIFY(!first.batch(i).empty());
                QVERIFY(plan.isPacked() || first.batch(i).size() <= 4);
            }
        }
        if (rows > 100) {
            QCOMPARE(plan.epoch(0).items == plan.epoch(1).items, !shuffle);
        }
    }
}

// The rows of a step do not depend on how it is cut into micro-batches.
void TestBatches::cuttingStepsKeepsTheirRows()
{
    const ItemStore store = storeOf(101);
    for (const char* padding : {"longest", "length_buckets"}) {
        std::vector<std::vector<std::set<std::uint32_t>>> steps;
        for (const auto& [batch, accumulation] : {std::pair{8, 1}, {1, 8}, {4, 2}}) {
            const BatchPlan plan(store, settingsOf(padding, batch, accumulation));
            const auto epoch = plan.epoch(3);
            std::vector<std::set<std::uint32_t>> rows(static_cast<std::size_t>(plan.stepsOf(epoch)));
            for (std::size_t i = 0; i < epoch.numBatches(); ++i) {
                const auto batchRows = epoch.batch(i);
                rows[i / static_cast<std::size_t>(accumulation)].insert(batchRows.begin(), batchRows.end());
            }
            steps.push_back(rows);
        }
        QVERIFY(steps[0] == steps[1] && steps[0] == steps[2]);
        QCOMPARE(steps[0].size(), 13u);
    }
}

void TestBatches::bucketsSaveWork()
{
    const ItemStore store = storeOf(1000);
    const auto padded = [&](const char* padding) {
        const BatchPlan plan(store, settingsOf(padding));
        const auto epoch = plan.epoch(0);
        std::int64_t places = 0;
        for (std::size_t i = 0; i < epoch.numBatches(); ++i) {
            std::int64_t longest = 0;
            for (const auto row : epoch.batch(i)) {
                longest = std::max(longest, store.length(row));
            }
            places += longest * static_cast<std::int64_t>(epoch.batch(i).size());
        }
        return places;
    };
    QVERIFY(static_cast<double>(padded("length_buckets")) < 1.05 * static_cast<double>(store.sequences().numTokens()));
    QVERIFY(static_cast<double>(padded("longest")) > 1.2 * static_cast<double>(store.sequences().numTokens()));
}

void TestBatches::kindsMeetInEveryStep_data()
{
    QTest::addColumn<QString>("padding");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("every");
    for (const char* padding : {"longest", "length_buckets"}) {
        for (const auto& [rows, every] : {std::pair{400, 2}, {397, 2}, {411, 8}, {129, 3}, {1000, 5}}) {
            QTest::addRow("%s, %d rows, every %d.", padding, rows, every) << QString::fromLatin1(padding) << rows << every;
        }
    }
}

// Whatever their lengths are: good answers are long here and bad ones short. And which items make a step depends on no cut.
void TestBatches::kindsMeetInEveryStep()
{
    QFETCH(QString, padding);
    QFETCH(int, rows);
    QFETCH(int, every);
    const ItemStore store = judgedStore(rows, every);
    const auto isGood = *store.find("desirable");
    std::vector<std::vector<std::uint32_t>> steps;
    for (const auto& [batch, accumulation] : {std::pair{4, 2}, {8, 1}, {1, 8}}) {
        BatchSettings settings = settingsOf(padding.toStdString(), batch, accumulation);
        settings.meets = "desirable";
        for (std::int64_t number = 0; number < 3; ++number) {
            const auto epoch = BatchPlan(store, settings).epoch(number);
            for (std::size_t begin = 0; begin + 8 <= epoch.items.size(); begin += 8) {
                const auto good = std::count_if(epoch.items.begin() + static_cast<std::ptrdiff_t>(begin), epoch.items.begin() + static_cast<std::ptrdiff_t>(begin + 8),
                                                [&](std::uint32_t item) { return isGood[item] > 0; });
                QVERIFY2(good > 0 && good < 8, qPrintable(QStringLiteral("step %1 of epoch %2: %3 good").arg(begin / 8).arg(number).arg(good)));
                QVERIFY(std::abs(static_cast<double>(good) - 8.0 / every) <= 1);
            }
            const std::set<std::uint32_t> seen(epoch.items.begin(), epoch.items.end());
            QCOMPARE(seen.size(), static_cast<std::size_t>(rows));
        }
        steps.push_back(BatchPlan(store, settings).epoch(1).items);
        settings.shuffle = false; // in the order of the file, then, and nothing else
        const auto asTheyLie = BatchPlan(store, settings).epoch(1).items;
        QVERIFY(settings.padding != "longest" || std::is_sorted(asTheyLie.begin(), asTheyLie.end()));
    }
    QVERIFY(steps[0] == steps[1] && steps[1] == steps[2]);
}

// Items of one kind, or of none, are planned as they were before there were kinds; those of two still share steps with others as long.
void TestBatches::kindsSaveWork()
{
    for (const std::string& padding : paddings()) {
        BatchSettings settings = settingsOf(padding);
        const ItemStore plain = storeOf(203);
        const auto before = BatchPlan(plain, settings).epoch(2);
        settings.meets = "desirable";
        QVERIFY(BatchPlan(plain, settings).epoch(2).items == before.items);
    }
    const ItemStore store = judgedStore(1000, 2);
    const auto isGood = *store.find("desirable");
    const auto apart = [&](const char* padding) { // how far the lengths of each kind are apart in a step, summed
        BatchSettings settings = settingsOf(padding, 1, 8);
        settings.meets = "desirable";
        const auto epoch = BatchPlan(store, settings).epoch(0);
        std::int64_t sum = 0;
        for (std::size_t begin = 0; begin + 8 <= epoch.items.size(); begin += 8) {
            for (const bool good : {true, false}) {
                std::set<std::int64_t> lengths;
                for (std::size_t i = begin; i < begin + 8; ++i) {
                    if ((isGood[epoch.items[i]] > 0) == good) {
                        lengths.insert(store.longest(epoch.items[i]));
                    }
                }
                sum += *lengths.rbegin() - *lengths.begin();
            }
        }
        return sum;
    };
    QVERIFY2(4 * apart("length_buckets") < apart("longest"), qPrintable(QStringLiteral("%1 and %2").arg(apart("length_buckets")).arg(apart("longest"))));
}

void TestBatches::packedFillsItsRoom()
{
    const ItemStore store = storeOf(300);
    const BatchPlan plan(store, settingsOf("packed"));
    const auto epoch = plan.epoch(0);
    for (std::size_t i = 0; i < epoch.numBatches(); ++i) {
        std::int64_t tokens = 0;
        for (const auto row : epoch.batch(i)) {
            tokens += store.length(row);
        }
        QVERIFY(tokens <= 4 * 32);
        QVERIFY(i + 1 == epoch.numBatches() || tokens > 4 * 32 - 26); // the next row did not fit
    }
}

void TestBatches::stepsAreCounted()
{
    const ItemStore store = storeOf(21); // 6 batches of 4, 3 steps of 2
    const BatchPlan plan(store, settingsOf("longest"));
    QCOMPARE(plan.totalSteps(1, 0), 3);
    QCOMPARE(plan.totalSteps(3, 0), 9);
    QCOMPARE(plan.totalSteps(0.5, 0), 2);
    QCOMPARE(plan.totalSteps(2.01, 0), 7);
    QCOMPARE(plan.totalSteps(100, 5), 5);
    QCOMPARE(plan.totalSteps(1, 50), 3);
    const ItemStore many = storeOf(300);
    const BatchPlan packed(many, settingsOf("packed"));
    std::int64_t sum = 0;
    for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
        sum += packed.stepsOf(packed.epoch(epoch));
    }
    QCOMPARE(packed.totalSteps(4, 0), sum);
}

// What a card meets in a run, counted before it begins: as walking over all of its epochs finds it.
void TestBatches::shapesAreThoseOfTheRun()
{
    support::TinyRun tiny;
    tiny.config.run.batchSize = 3;
    tiny.config.run.gradientAccumulation = 2;
    tiny.config.run.epochs = 4;
    tiny.config.data.padding = "longest";
    train::StopControl control;
    const auto trial = support::need(train::makeTrial(tiny.config, train::runRows(tiny.config.data), control));
    train::RunParts& parts = *trial.parts;
    const auto recorder = [](const auto&, const auto*) { return std::unique_ptr<train::RecordedWork>(); }; // there to pad for
    const train::TrainStep step(train::lossOf(trial.config, parts), *parts.optimizer, 1, recorder);
    train::CardShapes shapes(parts, step);
    std::set<std::pair<std::int64_t, std::int64_t>> plans;
    std::map<std::vector<std::int64_t>, int> counts;
    for (std::int64_t number = 0; number < 4; ++number) {
        const auto epoch = parts.plan->epoch(number);
        for (std::size_t i = 0; i < epoch.numBatches(); ++i) {
            const auto batch = train::paddedToRoundSizes(train::makeMicroBatch(parts.data.train, epoch.batch(i), train::formOf(parts)));
            const auto sizes = batch.ids.sizes();
            QCOMPARE(nn::roundSize(sizes[1]), sizes[1]);
            plans.emplace(sizes[1], sizes[0]);
            ++counts[{sizes[0], sizes[1], batch.places.numel()}];
        }
    }
    QVERIFY(plans.size() > 1);
    QCOMPARE(shapes.numNewPlans(), static_cast<std::int64_t>(plans.size()));
    const auto first = shapes.plannedFirst(100);
    QCOMPARE(first.size(), plans.size());
    auto wanted = plans.begin();
    for (std::size_t i = 0; i < first.size(); ++i, ++wanted) { // smallest first
        train::StepBatches one;
        one.add(first[i]);
        QCOMPARE(first[i].ids.size(1), wanted->first);
        QCOMPARE(first[i].ids.size(0), wanted->second);
        const int times = counts.at({wanted->second, wanted->first, first[i].places.numel()});
        QCOMPARE(shapes.timesOf(one), times < 2 ? 1.0 : static_cast<double>(times));
        shapes.meet(one);
        QCOMPARE(shapes.numNewPlans(), static_cast<std::int64_t>(plans.size() - i - 1));
    }
}

// Packed rows of one length, but of so many texts that they are recorded apart, count apart; no plan is made for them.
void TestBatches::packedRowsAreCountedAsRecorded()
{
    support::TinyRun tiny;
    tiny.config.run.batchSize = 2;
    tiny.config.run.gradientAccumulation = 1;
    tiny.config.run.epochs = 4;
    tiny.config.data.padding = "packed";
    train::StopControl control;
    const auto trial = support::need(train::makeTrial(tiny.config, train::runRows(tiny.config.data), control));
    train::RunParts& parts = *trial.parts;
    const auto recorder = [](const auto&, const auto*) { return std::unique_ptr<train::RecordedWork>(); }; // there to pad for
    const train::TrainStep step(train::lossOf(trial.config, parts), *parts.optimizer, 1, recorder);
    const train::CardShapes shapes(parts, step);
    QCOMPARE(shapes.numNewPlans(), 0);
    using Sizes = std::array<std::int64_t, 4>;
    std::vector<std::pair<Sizes, train::MicroBatch>> all;
    for (std::int64_t number = 0; number < 4; ++number) {
        const auto epoch = parts.plan->epoch(number);
        for (std::size_t i = 0; i < epoch.numBatches(); ++i) {
            auto batch = train::packedToRoundSizes(train::makeMicroBatch(parts.data.train, epoch.batch(i), train::formOf(parts)));
            QVERIFY(batch.packing.exists());
            const Sizes sizes{batch.ids.numel(), batch.places.defined() ? batch.places.numel() : -1, batch.packing.borders.numel(), batch.packing.longest};
            all.emplace_back(sizes, std::move(batch));
        }
    }
    for (const auto& [sizes, batch] : all) {
        const auto times = std::count_if(all.begin(), all.end(), [&sizes = sizes](const auto& other) { return other.first == sizes; });
        train::StepBatches one;
        one.add(batch);
        QCOMPARE(shapes.timesOf(one), static_cast<double>(times));
    }
    const auto shapeOfTexts = [](std::size_t count, std::int64_t length) {
        train::MicroBatch batch;
        batch.segments.assign(count, length);
        batch.ids = at::zeros({1, static_cast<std::int64_t>(count) * length}, at::kLong);
        return train::recordedShape(train::packedToRoundSizes(batch));
    };
    QVERIFY(shapeOfTexts(16, 16) == shapeOfTexts(32, 8)); // of as many segments, empty ones counted
    QVERIFY(shapeOfTexts(32, 8) != shapeOfTexts(64, 4));
}

// Padded for a card that records: other sizes, the same loss and gradients.
void TestBatches::roundSizes()
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 512;
    config.hidden = 32;
    config.intermediate = 48;
    config.layers = 2;
    config.heads = config.kvHeads = 2;
    config.headDim = 16;
    config.maxPositions = 64;
    nn::Decoder decoder(config, at::kCPU, at::kFloat);
    decoder.initialise(3);
    decoder.setBaseTrainable(true);
    const auto lossOf = [&](const train::MicroBatch& batch, std::vector<at::Tensor>& gradients) {
        const at::Tensor hidden = train::pickTargets(decoder.hidden({batch.ids, batch.segments, nullptr}), batch);
        const at::Tensor loss = objectives::tokenLossSum(hidden, decoder.head(), batch.targets) * 0.1;
        loss.backward();
        for (auto& leaf : decoder.baseLeaves()) {
            gradients.push_back(leaf.tensor.grad());
            leaf.tensor.mutable_grad().reset();
        }
        return loss.item<double>();
    };
    const ItemStore store = storeOf(3); // lengths 3, 10, 17
    const std::vector<std::uint32_t> rows{1, 0, 2};
    const auto batch = train::makeMicroBatch(store, rows, {});
    const auto round = train::paddedToRoundSizes(batch);
    QVERIFY(round.ids.sizes().equals({3, 32}));
    QCOMPARE(batch.places.numel(), 24);
    QCOMPARE(round.places.numel(), 32);
    QCOMPARE(round.targets.numel(), 32);
    QCOMPARE(round.trained, batch.trained);
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> same;
    const double loss = lossOf(batch, gradients);
    QVERIFY(loss > 1 && std::abs(lossOf(round, same) - loss) < 1e-5 * loss);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        QVERIFY((gradients[i] - same[i]).abs().max().item<double>() < 1e-5);
    }
    const auto packed = train::makeMicroBatch(store, rows, {.packed = true});
    QVERIFY(train::paddedToRoundSizes(packed).ids.sizes().equals(packed.ids.sizes()));
}

void TestBatches::microBatches()
{
    const ItemStore store = storeOf(3); // lengths 3, 10, 17
    const std::vector<std::uint32_t> rows{1, 0};
    const auto padded = train::makeMicroBatch(store, rows, {});
    QVERIFY(padded.ids.sizes().equals({2, 10}) && padded.segments.empty());
    QCOMPARE(padded.tokens, 13);
    QCOMPARE(padded.trained, 9);
    QCOMPARE(padded.targets.size(0), 9);
    QCOMPARE(padded.places.size(0), 9);
    const auto packed = train::makeMicroBatch(store, rows, {.packed = true});
    QVERIFY(packed.ids.sizes().equals({1, 13}));
    QCOMPARE(packed.segments, (std::vector<std::int64_t>{10, 3}));
    for (const auto* batch : {&padded, &packed}) {
        const auto flat = batch->ids.flatten();
        for (std::int64_t i = 0; i < batch->trained; ++i) {
            // Ids of a row count upwards: the target follows what stands at its place.
            const auto place = batch->places[i].item<std::int64_t>();
            QCOMPARE(batch->targets[i].item<std::int64_t>(), flat[place].item<std::int64_t>() + 1);
        }
    }
}

void TestBatches::feedGoesOnAnywhere()
{
    const ItemStore store = storeOf(45);
    for (const auto& padding : paddings()) {
        const BatchPlan plan(store, settingsOf(padding));
        std::vector<train::BatchCursor> cursors{{}};
        std::vector<at::Tensor> first;
        train::BatchFeed feed(store, plan, {}, {});
        for (int i = 0; i < 15; ++i) {
            auto step = feed.next();
            first.push_back(step.batches[0].ids);
            cursors.push_back(step.after);
        }
        for (std::size_t from = 0; from < 12; ++from) {
            train::BatchFeed later(store, plan, cursors[from], {});
            for (std::size_t i = from; i < from + 3; ++i) {
                auto step = later.next();
                QVERIFY(step.batches[0].ids.equal(first[i]));
                QVERIFY(step.after == cursors[i + 1]);
            }
        }
    }
}

QTEST_APPLESS_MAIN(TestBatches)
#include "tst_batches.moc"
