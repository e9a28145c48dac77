// SPDX-License-Identifier: GPL-3.0-or-later
// Shoot-out: one row a method with what it cost; one that fails does not stop the others.
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
