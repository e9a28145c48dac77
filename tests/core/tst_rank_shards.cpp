// SPDX-License-Identifier: GPL-3.0-or-later
// A base that ranks hold in parts: losses, answers and results are those of ranks that hold all of it, and of one alone.
#include "core/peft/methods/lora_settings.h"
#include "core/train/control/control_file.h"
#include "tests/support/ranked_run.h"

#include <QtTest>

using namespace luthier;
using namespace luthier::support;

namespace {

QStringList split(int ranks, const char* how = "always")
{
    return ranks > 1 ? QStringList{"--set", QStringLiteral("run.shard=") + how} : QStringList();
}

std::string textsOf(const Said& said)
{
    std::string texts;
    for (const Json& sample : said.events("sample")) {
        texts += sample.dump() + "\n";
    }
    return texts;
}

} // namespace

class TestRankShards : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitIsWhole_data();
    void splitIsWhole();
    void ranksWithoutRows();
    void goesOnAlone();
    void askedInBetween();
    void planned();
    void refused_data();
    void refused();
};

void TestRankShards::splitIsWhole_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("objective");
    QTest::addColumn<QString>("padding");
    QTest::addColumn<bool>("alsoWhole"); // by two, which tst_ranks shows of the others
    QTest::newRow("lora") << "lora" << "sft" << "longest" << true; // with probes and losses of rows
    QTest::newRow("lora, packed") << "lora" << "sft" << "packed" << false;
    QTest::newRow("4-bit codes") << "qlora" << "sft" << "longest" << true;
    QTest::newRow("bottlenecks") << "bottleneck" << "sft" << "longest" << true;
    QTest::newRow("against a reference") << "lora" << "dpo" << "longest" << false; // passes that train nothing between those that do
}

// Of the bundled model, which has more layers than a rank holds at once; probes and losses of rows are passes of rank 0 alone.
void TestRankShards::splitIsWhole()
{
    QFETCH(QString, method);
    QFETCH(QString, objective);
    QFETCH(QString, padding);
    QFETCH(bool, alsoWhole);
    RankedRun run;
    run.config.model.path = LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny";
    run.config.method.kind = method.toStdString();
    run.config.objective.kind = objective.toStdString();
    run.config.data.padding = padding.toStdString();
    run.config.run.gradientAccumulation = 3; // of two ranks one passes twice, the other once
    run.config.data.limit = 16;
    run.config.run.maxSteps = 3;
    run.config.run.evalEvery = 2;
    run.config.run.rowLosses = objective == "sft";
    run.config.run.probePrompts = {"What lies on the bench?"};
    run.config.run.probeTokens = 4;
    if (objective == "dpo") {
        run.makePairs();
    }
    std::map<std::int64_t, double> alone;
    Said whole;
    for (const int ranks : alsoWhole ? std::vector{1, 2, -2} : std::vector{1, -2}) { // below zero: split
        const Said said = runProgram(run.tune("run" + std::to_string(ranks), std::abs(ranks), ranks < 0 ? split(2) : QStringList()));
        QVERIFY2(said.code == 0, said.err.c_str());
        if (ranks == 1) {
            alone = said.losses();
            QVERIFY(alone.size() == 3 && alone.begin()->second != alone.rbegin()->second);
            whole = said;
            continue;
        }
        const std::string difference = differenceOf(alone, said.losses(), 3);
        QVERIFY2(difference.empty(), (std::to_string(ranks) + " ranks: " + difference).c_str());
        const std::string measured = differenceOf(whole.losses("eval"), said.losses("eval"), 2);
        QVERIFY2(measured.empty(), measured.c_str());
        QCOMPARE(textsOf(said), textsOf(whole));
    }
    if (objective == "sft") {
        QVERIFY(base::readFile(run.path("run-2/row_losses.json")).ok());
    }
}

// One row a step for three ranks: two of them only serve what they hold.
void TestRankShards::ranksWithoutRows()
{
    RankedRun run;
    run.config.run.batchSize = 1;
    run.config.run.gradientAccumulation = 1;
    run.config.method.of<peft::LoraSettings>().dropout = 0;
    const std::string difference = differenceFromAlone(run, 3, 4, split(3));
    QVERIFY2(difference.empty(), difference.c_str());
}

// A checkpoint does not know how the base was held.
void TestRankShards::goesOnAlone()
{
    RankedRun run;
    run.config.run.maxSteps = 6;
    run.config.run.checkpointEvery = 3;
    const Said whole = runProgram(run.tune("whole", 1));
    const Said parts = runProgram(run.tune("parts", 2, split(2)));
    QVERIFY2(whole.code == 0 && parts.code == 0, parts.err.c_str());
    const Said rest = runProgram(run.resume("parts", 1) + QStringList{"--step", "3"});
    QVERIFY2(rest.code == 0, rest.err.c_str());
    auto expected = whole.losses();
    expected.erase(expected.begin(), expected.find(4));
    const std::string difference = differenceOf(expected, rest.losses(), 3);
    QVERIFY2(difference.empty(), difference.c_str());
}

// Rank 0 answers a held run's prompt; the others serve what they hold.
void TestRankShards::askedInBetween()
{
    RankedRun run;
    run.config.run.maxSteps = 4000;
    run.config.run.epochs = 2000;
    QProcess process;
    prepare(process, run.tune("out", 2, split(2)));
    process.start();
    std::string out;
    QVERIFY(waitForStep(process, out, 2));
    QVERIFY(train::askRun(run.path("out"), {{{"do", "hold"}}, {{"do", "try"}, {"prompt", "What lies on the bench?"}}}).ok());
    QElapsedTimer clock;
    for (clock.start(); out.find("\"event\":\"sample\"") == std::string::npos && clock.elapsed() < 60'000;) {
        process.waitForReadyRead(100);
        out += process.readAllStandardOutput().toStdString();
    }
    QVERIFY(out.find("\"event\":\"sample\"") != std::string::npos);
    QVERIFY(train::askRun(run.path("out"), {{{"do", "stop"}}}).ok());
    Said said = finish(process);
    said.out = out + said.out;
    QCOMPARE(said.code, 130);
    QCOMPARE(said.events("end").front()["outcome"].get<std::string>(), "stopped");
}

// What each rank would need, and that whole copies are preferred where they fit.
void TestRankShards::planned()
{
    RankedRun run;
    run.config.model.path = LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny";
    const Said said = runProgram({"plan", run.recipe(), "--json", "--ranks", "4", "--device", "cpu"});
    QVERIFY2(said.code == 0, said.err.c_str());
    const auto plan = base::parseJson(said.out);
    QVERIFY(plan.ok());
    const Json& ranks = plan->at("ranks");
    QCOMPARE(ranks.at("choice").get<std::string>(), "whole");
    QCOMPARE(ranks.at("needs").size(), std::size_t{4});
    for (const Json& need : ranks.at("needs")) {
        const auto whole = need.at("whole").at("weights").get<std::int64_t>();
        const auto split = need.at("split").at("weights").get<std::int64_t>();
        QCOMPARE(whole, plan->at("memory").at("weights").get<std::int64_t>());
        // Of eight layers two lie there whole, and of all a quarter; the rest of the model stays.
        nn::Decoder counted(*nn::readDecoderConfig(run.config.model.path), at::kMeta, at::kFloat);
        std::int64_t projections = 0;
        for (const nn::LinearGroup* group : counted.groups()) {
            projections += static_cast<std::int64_t>(group->weight.nbytes());
        }
        QCOMPARE(split, whole - projections + projections / 4 + projections / 4);
    }
}

void TestRankShards::refused_data()
{
    QTest::addColumn<QStringList>("settings");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("all weights by whole matrices") << QStringList{"--set", "method.kind=full", "--set", "optimizer.kind=muon"} << "ranks cannot split its state";
    QTest::newRow("DoRA") << QStringList{"--set", "method.use_dora=true"} << "use_dora";
    QTest::newRow("a start of the weights") << QStringList{"--set", "method.init_lora_weights=pissa"} << "init_lora_weights";
}

void TestRankShards::refused()
{
    QFETCH(QStringList, settings);
    QFETCH(QString, sentence);
    RankedRun run;
    QElapsedTimer clock;
    clock.start();
    const Said said = runProgram(run.tune("run", 2, split(2) + settings));
    QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
    QVERIFY(said.code == 1);
    QVERIFY2(said.err.find(sentence.toStdString()) != std::string::npos, said.err.c_str());
}

QTEST_GUILESS_MAIN(TestRankShards)
#include "tst_rank_shards.moc"
