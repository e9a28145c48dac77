// SPDX-License-Identifier: GPL-3.0-or-later
// Shoot-out: one row a method with what it cost; one that fails does not stop the others.
#include "core/peft/method.h"
#include "core/train/method_size.h"
#include "core/train/shootout.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

using namespace luthier;

class TestShootout : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneTable()
    {
        support::TinyRun tiny;
        tiny.config.method.ia3Modules = {"absent"}; // that one must fail by itself
        train::StopControl control;
        std::vector<std::string> told;
        const auto rows = train::shootout(tiny.config, {"lora", "ia3", "full"}, tiny.path("out"), control, nullptr,
                                          [&](const train::ShootoutRow& row) { told.push_back(row.method); });
        QVERIFY2(rows.ok(), rows.ok() ? "" : rows.message().c_str());
        QCOMPARE(rows->size(), std::size_t(3));
        QCOMPARE(told, std::vector<std::string>({"lora", "ia3", "full"}));
        const auto& lora = (*rows)[0];
        const auto& ia3 = (*rows)[1];
        const auto& full = (*rows)[2];
        QVERIFY(ia3.ended.outcome == train::Outcome::Failed && !ia3.ended.sentence.empty());
        for (const auto* row : {&lora, &full}) {
            QVERIFY2(row->ended.outcome == train::Outcome::Finished, row->ended.sentence.c_str());
            QVERIFY(row->lastHeldOut && row->firstHeldOut && *row->lastHeldOut < *row->firstHeldOut);
            QVERIFY(row->peakMemoryBytes > 0 && row->resultBytes > 0 && row->ended.seconds > 0);
        }
        QCOMPARE(*lora.firstHeldOut, *full.firstHeldOut); // the same base on the same rows
        QVERIFY(lora.trainedShare() > 0 && lora.trainedShare() < 0.5);
        QCOMPARE(full.trainedShare(), 1.0);
        QVERIFY(lora.resultBytes < full.resultBytes);
        QCOMPARE(lora.learningRate, tiny.config.optimizer.learningRate);
        QVERIFY(full.learningRate != lora.learningRate);

        const QStringList lines = QString::fromStdString(train::toCsv(*rows)).split(u'\n');
        QCOMPARE(lines.size(), 5); // names, three rows, nothing
        QVERIFY(lines[0].startsWith(QStringLiteral("method,outcome,sentence,held_out_before,held_out,")));
        QVERIFY(lines[1].startsWith(QStringLiteral("lora,finished,,")));
        QVERIFY2(lines[2].startsWith(QStringLiteral("ia3,failed,") + QString::fromStdString(ia3.ended.sentence)), qPrintable(lines[2]));
        train::ShootoutRow quoted;
        quoted.ended.sentence = "a \"b\", c";
        QVERIFY(train::toCsv({quoted}).find(",failed,\"a \"\"b\"\", c\",") != std::string::npos);
        const Json json = train::toJson(lora);
        QCOMPARE(json.at("held_out").get<double>(), *lora.lastHeldOut);
        QCOMPARE(lines[3].split(u',')[4].toDouble(), *full.lastHeldOut);
    }

    // Counted before anything is loaded, and what the run then says.
    void sizesAreTheRuns()
    {
        support::TinyRun tiny;
        tiny.config.run.maxSteps = 1;
        train::StopControl control;
        std::vector<std::string> all;
        for (const peft::Method& method : peft::methods()) {
            all.push_back(method.id);
        }
        const auto rows = train::shootout(tiny.config, all, tiny.path("out"), control, nullptr, {});
        QVERIFY(rows.ok());
        for (const train::ShootoutRow& row : *rows) {
            QVERIFY2(row.ended.outcome == train::Outcome::Finished, row.ended.sentence.c_str());
            const auto size = train::methodSize(*train::withMethod(tiny.config, row.method));
            QVERIFY2(size.ok(), size.ok() ? "" : size.message().c_str());
            QCOMPARE(size->trainedParameters, row.trainedParameters);
            QCOMPARE(size->totalParameters, row.totalParameters);
            QVERIFY(size->leastMemoryBytes > 0 && size->leastMemoryBytes < row.peakMemoryBytes);
        }
        const auto held = [&](const char* method) { return train::methodSize(*train::withMethod(tiny.config, method))->leastMemoryBytes; };
        QVERIFY(held("qlora") < held("lora") && held("lora") < held("full"));
        tiny.config.method.targetModules = {"absent"};
        const auto refused = train::methodSize(tiny.config);
        QVERIFY(!refused && refused.message().find("absent") != std::string::npos);
    }

    void unknownMethodsAndStops()
    {
        support::TinyRun tiny;
        train::StopControl control;
        const auto none = train::shootout(tiny.config, {"lora", "magic"}, tiny.path("out"), control, nullptr, {});
        QVERIFY(!none && none.message().find("\"magic\" is no method; there are lora") == 0);
        QVERIFY(!std::filesystem::exists(tiny.path("out")));
        const auto stopped = train::shootout(tiny.config, {"lora", "full"}, tiny.path("stopped"), control, nullptr,
                                             [&](const train::ShootoutRow&) { control.requestStop(); });
        QVERIFY(stopped.ok());
        QCOMPARE(stopped->size(), std::size_t(1));
    }
};

QTEST_APPLESS_MAIN(TestShootout)
#include "tst_shootout.moc"
