// SPDX-License-Identifier: GPL-3.0-or-later
// What is planned is what trains: for recipes of many kinds the plan's rows, splits, steps, batches and trained weights are
// those that the run's events and files then tell. And what a cache keeps is what would be read.
#include "core/peft/methods/full_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/train/step/batch_feed.h"
#include "core/train/plan/held_out_list.h"
#include "core/train/plan/memory_estimate.h"
#include "core/train/plan/method_size.h"
#include "core/train/plan/plan_cache.h"
#include "core/train/plan/run_plan.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

#include <algorithm>

using namespace luthier;
using support::need;

namespace {

struct Case {
    const char* name;
    void (*change)(support::TinyRun& tiny, train::RunRows& rows);
};

// `change` may rewrite the recipe; the rows are made from it first and again where it set none.
const Case kCases[] = {
    {"buckets", [](support::TinyRun&, train::RunRows&) {}},
    {"longest", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.padding = "longest"; }},
    {"packed", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.padding = "packed"; }},
    {"packed, several epochs and a fraction",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.data.padding = "packed";
         tiny.config.run.epochs = 2.5;
     }},
    {"file order",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.data.shuffle = false;
         tiny.config.data.padding = "packed";
         tiny.config.run.epochs = 2;
     }},
    {"a fraction of an epoch", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.run.epochs = 0.3; }},
    {"epochs and a fraction", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.run.epochs = 1.7; }},
    {"max_steps", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.run.maxSteps = 3; }},
    {"max_steps beyond an epoch",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.run.maxSteps = 13;
         tiny.config.run.epochs = 9;
     }},
    {"nothing held out", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.heldOutShare = 0; }},
    {"a third held out", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.heldOutShare = 0.33; }},
    {"another seed", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.run.seed = 7; }},
    {"the first rows", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.limit = 17; }},
    {"rows are cut", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.maxLength = 40; }},
    {"longer than the model reads", [](support::TinyRun& tiny, train::RunRows&) { tiny.config.data.maxLength = 4096; }},
    {"odd batches",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.run.batchSize = 3;
         tiny.config.run.gradientAccumulation = 5;
     }},
    {"DoRA with patterns",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.method.of<peft::LoraSettings>().useDora = true;
         tiny.config.method.of<peft::LoraSettings>().targetModules = {"all-linear"};
         tiny.config.method.of<peft::LoraSettings>().rankPattern = {"down_proj=2"};
         tiny.config.method.of<peft::LoraSettings>().modulesToSave = {"norm"};
     }},
    {"whole weights, a layer frozen",
     [](support::TinyRun& tiny, train::RunRows&) {
         tiny.config.method.kind = "full";
         tiny.config.method.of<peft::FullSettings>().frozenLayers = 1;
         tiny.config.method.of<peft::FullSettings>().freezeEmbeddings = true;
     }},
    {"a held-out file",
     [](support::TinyRun& tiny, train::RunRows&) {
         need(base::writeFileAtomically(tiny.path("held.jsonl"), "{\"instruction\":\"Who?\",\"output\":\"Mira.\"}\n{\"instruction\":7}\n"));
         tiny.config.data.heldOut = {tiny.path("held.jsonl")};
     }},
    {"broken rows and rows with nothing to learn",
     [](support::TinyRun& tiny, train::RunRows&) {
         std::string rows = need(base::readFile(tiny.path("rows.jsonl")));
         rows += "{\"instruction\":7}\nno JSON\n{\"instruction\":\"" + std::string(2000, 'x') + "\",\"output\":\"y\"}\n";
         need(base::writeFileAtomically(tiny.path("rows.jsonl"), rows));
     }},
    {"rows left out and edited",
     [](support::TinyRun& tiny, train::RunRows& rows) {
         rows = train::runRows(tiny.config.data);
         rows.train[0].excluded = {0, 3, 39, 1000};
         rows.train[0].edits = {{5, {{"instruction", "Edited?"}, {"output", "Yes, and longer than it was before, by some words."}}},
                                {6, {{"instruction", 7}}}};
     }},
    {"texts joined in windows",
     [](support::TinyRun& tiny, train::RunRows&) {
         std::string rows;
         for (int i = 0; i < 30; ++i) {
             rows += base::dumpJson(Json{{"text", "Text " + std::to_string(i) + std::string(static_cast<std::size_t>(i * 3), '.')}}) + "\n";
         }
         need(base::writeFileAtomically(tiny.path("texts.jsonl"), rows));
         tiny.config.data.train = {tiny.path("texts.jsonl")};
         tiny.config.data.maxLength = 24;
         tiny.config.objective.kind = "pretrain";
     }},
    {"a CSV with columns of its own",
     [](support::TinyRun& tiny, train::RunRows&) {
         std::string rows = "frage,antwort\n";
         for (int i = 0; i < 30; ++i) {
             rows += "What is " + std::to_string(i) + "?,It is " + std::string(static_cast<std::size_t>(i % 5), 'a') + " plank.\n";
         }
         need(base::writeFileAtomically(tiny.path("rows.csv"), rows));
         tiny.config.data.train = {tiny.path("rows.csv"), tiny.path("rows.jsonl")};
         tiny.config.data.columns = {"prompt=frage", "completion=antwort"};
     }},
};

struct Planned {
    train::RunRows rows;
    train::RunPlan plan;
};

Planned planOf(support::TinyRun& tiny, const Case& each)
{
    train::RunRows rows;
    each.change(tiny, rows);
    rows = rows.train.empty() ? train::runRows(tiny.config.data) : rows;
    return {rows, need(train::planRun(tiny.config, rows, {2}))};
}

// All micro-batches of the planned run, as the run is fed.
std::vector<train::StepBatches> stepsOf(const train::RowPlan& plan)
{
    const train::BatchPlan batches(plan.data.train, plan.batches);
    train::BatchFeed feed(plan.data.train, batches, {}, {batches.isPacked()});
    std::vector<train::StepBatches> steps;
    for (std::int64_t step = 0; step < plan.steps; ++step) {
        steps.push_back(feed.next());
    }
    return steps;
}

} // namespace

class TestRunPlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void trainsAsPlanned_data()
    {
        QTest::addColumn<int>("at");
        for (std::size_t i = 0; i < std::size(kCases); ++i) {
            QTest::newRow(kCases[i].name) << static_cast<int>(i);
        }
    }

    void trainsAsPlanned()
    {
        QFETCH(int, at);
        support::TinyRun tiny;
        const auto [rows, plan] = planOf(tiny, kCases[at]);
        support::EventLog log;
        train::StopControl control;
        const auto ended = train::run(tiny.config, {tiny.path("run"), rows}, control, log);
        QVERIFY2(ended.outcome == train::Outcome::Finished, ended.sentence.c_str());

        const train::RunStarted started = log.all<train::RunStarted>().at(0);
        const train::TrainingData& data = plan.rows.data;
        QCOMPARE(started.totalSteps, plan.rows.steps);
        QCOMPARE(started.trainRows, static_cast<std::int64_t>(data.train.size()));
        QCOMPARE(started.heldOutRows, static_cast<std::int64_t>(data.heldOut.size()));
        QCOMPARE(started.skippedRows, data.skipped);
        QCOMPARE(started.skippedRows, data.broken + data.nothingToLearn);
        QCOMPARE(started.truncatedRows, data.truncated);
        QVERIFY2(plan.size.has_value(), plan.sizeProblem.c_str());
        QCOMPARE(started.trainableParameters, plan.size->trainedParameters);
        QCOMPARE(started.totalParameters, plan.size->totalParameters);
        for (const std::string& warning : plan.rows.warnings) {
            QVERIFY2(!log.warningWith(warning).empty(), warning.c_str());
        }

        // Step by step the tokens of the planned batches.
        const auto steps = log.all<train::StepDone>();
        const auto planned = stepsOf(plan.rows);
        QCOMPARE(steps.size(), planned.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            QCOMPARE(steps[i].tokens, planned[i].tokens);
            QCOMPARE(steps[i].trainedTokens, planned[i].trained);
        }
        if (tiny.config.data.heldOut.empty() && !data.heldOut.isEmpty()) {
            const auto list = need(train::readHeldOutList(tiny.path("run")));
            QVERIFY((list == std::unordered_set<std::uint64_t>(data.heldOutHashes.begin(), data.heldOutHashes.end())));
        }
    }

    void largestBatchesAreThoseFed_data() { trainsAsPlanned_data(); }

    void largestBatchesAreThoseFed()
    {
        QFETCH(int, at);
        support::TinyRun tiny;
        const auto [rows, plan] = planOf(tiny, kCases[at]);
        std::int64_t most = 0;
        std::int64_t step = 0;
        std::int64_t length = 0;
        std::int64_t number = 0;
        for (const auto& each : stepsOf(plan.rows)) {
            ++number;
            for (const auto& batch : each.batches) {
                const std::int64_t tokens = batch.ids.numel();
                if (std::pair(tokens, batch.ids.size(1)) > std::pair(most, length)) {
                    most = tokens;
                    length = batch.ids.size(1);
                    step = number;
                }
            }
        }
        QVERIFY(!plan.largest.empty());
        QCOMPARE(plan.largest.front().tokens, most);
        QCOMPARE(plan.largest.front().length, length);
        QCOMPARE(plan.largest.front().step, step);
        QVERIFY(std::is_sorted(plan.largest.begin(), plan.largest.end(), [](const auto& a, const auto& b) { return a.tokens > b.tokens; }));
        QVERIFY(plan.rows.longestRow() <= plan.rows.maxLength);
    }

    void whatLiesBeforeTheFirstTrainedKeepsNothing_data()
    {
        using Part = train::FirstTrained::Part;
        QTest::addColumn<QStringList>("settings");
        QTest::addColumn<int>("layer");
        QTest::addColumn<int>("part");
        const auto row = [](const char* name, const QStringList& settings, int layer, Part part) { QTest::newRow(name) << settings << layer << static_cast<int>(part); };
        row("LoRA", {QStringLiteral("method.kind=lora")}, 0, Part::Attention);
        row("prompt", {QStringLiteral("method.kind=prompt")}, 0, Part::Attention);
        row("bottlenecks behind the MLP", {QStringLiteral("method.kind=bottleneck")}, 0, Part::Behind);
        row("bottlenecks behind attention, too", {QStringLiteral("method.kind=bottleneck"), QStringLiteral("method.bottleneck_places=houlsby")}, 0, Part::Mlp);
        row("LoRA of the MLP alone", {QStringLiteral("method.kind=lora"), QStringLiteral("method.target_modules=down_proj")}, 0, Part::Mlp);
        row("all weights", {QStringLiteral("method.kind=full")}, 0, Part::Attention);
        row("a frozen layer over trained embeddings", {QStringLiteral("method.kind=full"), QStringLiteral("method.frozen_layers=1")}, 0, Part::Attention);
        row("a frozen layer and embeddings", {QStringLiteral("method.kind=full"), QStringLiteral("method.frozen_layers=1"), QStringLiteral("method.freeze_embeddings=true")}, 1, Part::Attention);
    }

    void whatLiesBeforeTheFirstTrainedKeepsNothing()
    {
        QFETCH(QStringList, settings);
        QFETCH(int, layer);
        QFETCH(int, part);
        support::TinyRun tiny;
        for (const QString& setting : settings) {
            QVERIFY(config::setByKey(tiny.config, setting.section(u'=', 0, 0).toStdString(), setting.section(u'=', 1).toStdString()));
        }
        const auto size = need(train::methodSize(tiny.config));
        QCOMPARE(size.first.layer, std::int64_t{layer});
        QCOMPARE(static_cast<int>(size.first.part), part);
        QCOMPARE(size.bottleneckNumbers > 0, tiny.config.method.kind == "bottleneck");
    }

    void aFrozenLayerKeepsNoActivations()
    {
        support::TinyRun tiny;
        QVERIFY(config::setByKey(tiny.config, "method.kind", "full"));
        QVERIFY(config::setByKey(tiny.config, "method.freeze_embeddings", "true"));
        const auto plan = need(train::planRun(tiny.config, train::runRows(tiny.config.data), {}));
        const train::BatchShape& largest = plan.largest.front();
        const auto activations = [&] { return need(train::estimateMemory(tiny.config, plan.model.config, largest, false)).parts.activations; };
        const std::int64_t all = activations();
        QVERIFY(config::setByKey(tiny.config, "method.frozen_layers", "1"));
        const std::int64_t ends = 2 * largest.tokens * plan.model.config.hidden * static_cast<std::int64_t>(sizeof(float)); // of the last layer
        QCOMPARE((all - activations()) * plan.model.config.layers, all - ends);
    }

    void lengthsAreClampedAsTheModelIs()
    {
        support::TinyRun tiny;
        tiny.config.data.maxLength = 1 << 16;
        const auto plan = need(train::planRun(tiny.config, train::runRows(tiny.config.data), {}));
        QCOMPARE(plan.rows.maxLength, plan.model.config.maxPositions);
        QCOMPARE(plan.rows.batches.maxLength, plan.model.config.maxPositions); // the room of packed rows, too
        QVERIFY(plan.rows.warnings.front().find("reads at most") != std::string::npos);
    }

    void onlyWhatAChangeTouchesIsReadAgain()
    {
        support::TinyRun tiny;
        train::RunRows rows = train::runRows(tiny.config.data);
        train::PlanCache cache;
        const train::PlanControl cached{2, {}, {}, &cache};
        const auto same = [&] {
            const auto kept = need(train::planRun(tiny.config, rows, cached));
            const auto fresh = need(train::planRun(tiny.config, rows, {2}));
            return kept.rows.data.train.hash() == fresh.rows.data.train.hash() && kept.rows.data.heldOut.hash() == fresh.rows.data.heldOut.hash()
                   && kept.rows.steps == fresh.rows.steps && kept.largest == fresh.largest && kept.rows.warnings == fresh.rows.warnings
                   && kept.rows.data.excluded == fresh.rows.data.excluded;
        };
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 1);
        tiny.config.run.epochs = 2; // none of these touches a row's tokens
        QVERIFY(same());
        tiny.config.run.batchSize = 5;
        tiny.config.data.padding = "packed";
        QVERIFY(same());
        tiny.config.run.seed = 3;
        tiny.config.data.heldOutShare = 0.3;
        QVERIFY(same());
        tiny.config.method.kind = "ia3";
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 1);
        tiny.config.data.maxLength = 30;
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 2);
        tiny.config.data.maxLength = 96; // both are there still
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 2);
        rows.train[0].edits = {{2, {{"instruction", "Edited?"}, {"output", "Yes."}}}};
        QVERIFY(same());
        rows.train[0].excluded = {4};
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 4);
        // Of the same size and read a moment ago.
        std::string text = need(base::readFile(tiny.path("rows.jsonl")));
        text.replace(text.find("planes"), 6, "chisel");
        need(base::writeFileAtomically(tiny.path("rows.jsonl"), text));
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 5);
        cache.clear();
        QVERIFY(same());
        QCOMPARE(cache.numReads(), 6);
    }

    void aSmallCacheForgets()
    {
        support::TinyRun tiny;
        train::PlanCache cache(1);
        for (int i = 0; i < 2; ++i) {
            need(train::planRun(tiny.config, train::runRows(tiny.config.data), {2, {}, {}, &cache}));
        }
        QCOMPARE(cache.numReads(), 2);
    }

    void endsWhenItIsAsked()
    {
        support::TinyRun tiny;
        const auto plan = train::planRun(tiny.config, train::runRows(tiny.config.data), {2, {}, [] { return true; }});
        QVERIFY(!plan.ok());
        QCOMPARE(plan.message(), std::string("cancelled"));
    }

    void saysWhyThereIsNone()
    {
        support::TinyRun tiny;
        tiny.config.method.of<peft::LoraSettings>().targetModules = {"no_such_proj"};
        const auto rows = train::runRows(tiny.config.data);
        const auto wrong = need(train::planRun(tiny.config, rows, {2}));
        QVERIFY(!wrong.size && wrong.sizeProblem.find("no_such_proj") != std::string::npos);
        QVERIFY(wrong.rows.steps > 0); // the rows are counted all the same
        auto none = rows;
        for (int row = 0; row < support::TinyRun::kRows; ++row) {
            none.train[0].excluded.insert(row);
        }
        const auto empty = train::planRun(tiny.config, none, {2});
        QVERIFY(!empty.ok() && empty.message().find("40 rows are left out") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestRunPlan)
#include "tst_run_plan.moc"
