// SPDX-License-Identifier: GPL-3.0-or-later
// The result as it was where the held-out loss was lowest: kept, taken over by a resumed run, opened like any result, and
// named at the end.
#include "core/base/files.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/train/results/best_result.h"
#include "core/weights/load.h"
#include "tests/support/file_bytes.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <QTemporaryDir>
#include <QtTest>

#include <limits>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::need;
using support::TinyRun;
using train::BestResult;
using train::Outcome;

namespace {

// The first lowest loss behind the first step, and its step.
std::pair<std::int64_t, double> lowestOf(const EventLog& log)
{
    std::pair<std::int64_t, double> lowest{0, std::numeric_limits<double>::infinity()};
    for (const auto& done : log.all<train::EvalDone>()) {
        if (done.step > 0 && done.set == measures::kHeldOutSet && done.loss && *done.loss < lowest.second) {
            lowest = {done.step, *done.loss};
        }
    }
    return lowest;
}

// Steps so wide that what is held out goes up and down.
void overfit(TinyRun& tiny)
{
    tiny.config.optimizer.learningRate = 0.2;
    tiny.config.schedule.kind = "constant";
    tiny.config.run.epochs = 6;
    tiny.config.run.evalEvery = 1;
}

} // namespace

class TestBestResult : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsTheLowest()
    {
        QTemporaryDir folder;
        const fs::path run = folder.path().toStdString();
        const auto write = [](const char* content) {
            return [content](const fs::path& target) -> Result<void> {
                fs::create_directories(target);
                return base::writeFileAtomically(target / "adapter_config.json", content);
            };
        };
        BestResult best(run);
        QVERIFY(best.isBetter(5) && !best.now());
        need(best.keep(3, 2.5, write("third")));
        QVERIFY(best.isBetter(2.4) && !best.isBetter(2.5));
        // What cannot be written leaves what is there.
        QVERIFY(!best.keep(4, 1, [](const fs::path&) { return Result<void>(Error{"no room"}); }));
        QCOMPARE(best.now()->step, 3);
        QCOMPARE(bytesOf(run / "best/adapter_config.json"), std::string("third"));
        need(best.keep(5, 2, write("fifth")));
        QCOMPARE(bytesOf(run / "best/adapter_config.json"), std::string("fifth"));
        QVERIFY(!fs::exists(run / "best.part"));
        // A later sitting takes it over, unless it begins before it.
        BestResult later(run);
        later.restore(4);
        QVERIFY(!later.now());
        later.restore(5);
        QVERIFY(later.now() && later.now()->heldOut == 2 && fs::path(later.now()->path) == fs::absolute(run / "best"));
        later.isResult(9, 1, run / "adapter");
        QVERIFY(!fs::exists(run / "best") && later.now()->path == (run / "adapter").string());
    }

    void isNamedAtTheEndAndOpens()
    {
        TinyRun tiny;
        overfit(tiny);
        EventLog log;
        const auto ended = tiny.run("run", log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        const auto [step, loss] = lowestOf(log);
        QVERIFY(ended.best.has_value());
        QCOMPARE(ended.best->step, step);
        QCOMPARE(ended.best->heldOut, loss);
        qInfo("lowest after step %lld of %lld", static_cast<long long>(step), static_cast<long long>(ended.step));
        const fs::path kept = ended.best->path;
        QVERIFY(peft::isAdapter(kept));
        QCOMPARE(kept == fs::path(ended.adapter), step == ended.step);
        QCOMPARE(fs::exists(fs::path(tiny.path("run")) / "best"), step != ended.step);
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(tiny.path("model"))), at::kCPU, at::kFloat));
        need(peft::attachAdapter(*decoder, kept));
    }

    // Stopped behind the best step and resumed, the same is kept.
    void resumedKeepsTheSame()
    {
        TinyRun tiny;
        overfit(tiny);
        EventLog log;
        const auto whole = tiny.run("whole", log);
        QCOMPARE(whole.outcome, Outcome::Finished);
        for (const std::int64_t at : {whole.best->step - 1, whole.best->step + 1}) {
            if (at < 1 || at >= whole.step) {
                continue;
            }
            const std::string name = "stopped-" + std::to_string(at);
            EventLog first;
            QCOMPARE(tiny.runUntil(name, first, at).outcome, Outcome::Stopped);
            EventLog second;
            const auto ended = tiny.run(name, second, true);
            QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
            QCOMPARE(ended.best->step, whole.best->step);
            QCOMPARE(ended.best->heldOut, whole.best->heldOut);
            QCOMPARE(bytesOf(fs::path(ended.best->path) / "adapter_model.safetensors"),
                     bytesOf(fs::path(whole.best->path) / "adapter_model.safetensors"));
        }
    }

    void nothingHeldOutNamesNone()
    {
        TinyRun tiny;
        tiny.config.data.heldOutShare = 0;
        EventLog log;
        const auto ended = tiny.run("run", log);
        QCOMPARE(ended.outcome, Outcome::Finished);
        QVERIFY(!ended.best && !fs::exists(fs::path(tiny.path("run")) / "best"));
    }
};

QTEST_GUILESS_MAIN(TestBestResult)
#include "tst_best_result.moc"
