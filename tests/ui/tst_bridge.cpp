// SPDX-License-Identifier: GPL-3.0-or-later
// What crosses the border between threads: events in order with the end last, jobs with progress, stale results dropped.
#include "ui/bridge/job.h"
#include "ui/bridge/run_bridge.h"
#include "ui/bridge/write_slot.h"

#include <QSemaphore>
#include <QSignalSpy>
#include <QtTest>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 10'000;

struct Log {
    explicit Log(RunBridge& bridge)
    {
        QObject::connect(&bridge, &RunBridge::started, &bridge, [this](const train::RunStarted&) { lines += QStringLiteral("started"); });
        QObject::connect(&bridge, &RunBridge::stepsDone, &bridge, [this](const std::vector<train::StepDone>& steps) {
            ++batches;
            for (const train::StepDone& step : steps) {
                lines += QStringLiteral("step %1").arg(step.step);
            }
        });
        QObject::connect(&bridge, &RunBridge::evalDone, &bridge,
                         [this](const train::EvalDone& eval) { lines += QStringLiteral("eval %1").arg(eval.step); });
        QObject::connect(&bridge, &RunBridge::ended, &bridge, [this](const train::RunEnded&) { lines += QStringLiteral("ended"); });
    }
    QStringList lines;
    int batches = 0;
};

} // namespace

class TestBridge : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void orderIsKeptAndTheEndComesLast()
    {
        constexpr int kSteps = 20'000;
        RunBridge bridge;
        Log log(bridge);
        QStringList expected{QStringLiteral("started")};
        for (int step = 1; step <= kSteps; ++step) {
            expected += QStringLiteral("step %1").arg(step);
            if (step % 1000 == 0) {
                expected += QStringLiteral("eval %1").arg(step);
            }
        }
        expected += QStringLiteral("ended");
        std::jthread trainer([&bridge] {
            bridge.onEvent(train::RunStarted{});
            for (int step = 1; step <= kSteps; ++step) {
                bridge.onEvent(train::StepDone{.step = step});
                if (step % 1000 == 0) {
                    bridge.onEvent(train::EvalDone{.step = step, .loss = {}});
                }
            }
            bridge.onEvent(train::RunEnded{});
        });
        QTRY_VERIFY_WITH_TIMEOUT(!log.lines.isEmpty() && log.lines.back() == QStringLiteral("ended"), kAwaitMs);
        QCOMPARE(log.lines, expected);
        QVERIFY2(log.batches <= 200, qPrintable(QString::number(log.batches)));
    }

    void nothingArrivesInsideOnEvent()
    {
        RunBridge bridge;
        Log log(bridge);
        bridge.onEvent(train::StepDone{.step = 1});
        QVERIFY(log.lines.isEmpty());
        QTRY_COMPARE(log.lines, QStringList{QStringLiteral("step 1")});
    }

    void jobsBringTheirResultToTheGuiThread()
    {
        QThread* worker = nullptr;
        QThread* receiver = nullptr;
        int result = 0;
        startJob(this, [&worker] { worker = QThread::currentThread(); return 42; },
                 [&](int value) { receiver = QThread::currentThread(); result = value; });
        QCOMPARE(result, 0);
        QTRY_COMPARE(result, 42);
        QVERIFY(worker != nullptr && worker != QThread::currentThread());
        QCOMPARE(receiver, QThread::currentThread());
    }

    void aDeadContextIsToldNothing()
    {
        bool told = false;
        QSemaphore mayEnd;
        auto context = std::make_unique<QObject>();
        startJob(context.get(), [&mayEnd] { mayEnd.acquire(); return 1; }, [&told](int) { told = true; });
        context.reset();
        mayEnd.release();
        waitForJobs();
        bool later = false;
        startJob(this, [] { return 1; }, [&later](int) { later = true; });
        QTRY_VERIFY(later); // jobs are told in the order in which they end
        QVERIFY(!told);
    }

    void aNewStartDropsTheOldResult()
    {
        JobSlot slot;
        QSemaphore mayEnd;
        QList<int> told;
        bool wasCancelled = false;
        slot.start(this, [&](const JobControl& control) { mayEnd.acquire(); wasCancelled = control.cancel.isCancelled(); return 1; },
                   [&told](int value) { told += value; });
        slot.start(this, [] { return 2; }, [&told](int value) { told += value; });
        QVERIFY(slot.isRunning());
        QTRY_COMPARE(told, QList<int>{2});
        mayEnd.release();
        waitForJobs();
        QTest::qWait(0);
        QCOMPARE(told, QList<int>{2});
        QVERIFY(wasCancelled && !slot.isRunning());
    }

    // Of what is asked for while a write is under way the last is written, behind it, as it was when it was asked for.
    void ofWritesTheLastOneStays()
    {
        WriteSlot slot;
        QSemaphore mayEnd;
        QList<int> written;
        int done = 0;
        for (int value = 1; value <= 3; ++value) {
            slot.start(this, [&, value] { mayEnd.acquire(); written += value; return Result<void>(); }, [&done](const Result<void>&) { ++done; });
        }
        QVERIFY(slot.isWriting());
        mayEnd.release(3);
        QTRY_COMPARE(done, 2);
        QCOMPARE(written, QList<int>({1, 3}));
        QVERIFY(!slot.isWriting());
    }

    // A window that closes loses nothing: what waits is written before the slot is gone, and the write under way, even one that has not
    // begun, does not come behind it.
    void aSlotThatEndsWritesWhatWaits()
    {
        QSemaphore mayEnd;
        QSemaphore isWriting;
        QList<int> written;
        auto slot = std::make_unique<WriteSlot>();
        slot->start(this, [&] { isWriting.release(); mayEnd.acquire(); written += 1; return Result<void>(); }, [](const Result<void>&) {});
        slot->start(this, [&] { written += 2; return Result<void>(); }, [](const Result<void>&) {});
        isWriting.acquire();
        mayEnd.release();
        slot.reset();
        QCOMPARE(written, QList<int>({1, 2}));

        QSemaphore isFull; // no thread is left for the write
        std::atomic<int> begun = 0;
        const int threads = std::max(8, QThread::idealThreadCount());
        for (int i = 0; i < threads; ++i) {
            startJob(this, [&] { ++begun; isFull.acquire(); }, [] {});
        }
        QTRY_COMPARE(begun.load(), threads);
        written.clear();
        slot = std::make_unique<WriteSlot>();
        slot->start(this, [&] { written += 1; return Result<void>(); }, [](const Result<void>&) {});
        slot->start(this, [&] { written += 2; return Result<void>(); }, [](const Result<void>&) {});
        slot.reset();
        QCOMPARE(written, QList<int>({2}));
        isFull.release(threads);
        waitForJobs();
        QCOMPARE(written, QList<int>({2}));
    }

    // Who reads what the slot writes comes behind all of it.
    void whatIsReadComesBehindTheWrites()
    {
        QSemaphore mayEnd;
        QStringList heard;
        WriteSlot slot;
        slot.whenWritten([&heard] { heard += QStringLiteral("at once"); });
        for (int value = 1; value <= 2; ++value) {
            slot.start(this, [&] { mayEnd.acquire(); return Result<void>(); }, [&heard, value](const Result<void>&) { heard += QString::number(value); });
        }
        slot.whenWritten([&heard] { heard += QStringLiteral("dropped"); });
        slot.whenWritten([&heard] { heard += QStringLiteral("read"); });
        mayEnd.release(2);
        QTRY_VERIFY(!slot.isWriting());
        QCOMPARE(heard, QStringList({QStringLiteral("at once"), QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("read")}));
    }

    void aSlotThatIsGoneIsToldNothing()
    {
        bool told = false;
        QSemaphore mayEnd;
        {
            JobSlot slot;
            slot.start(this, [&mayEnd] { mayEnd.acquire(); return 1; }, [&told](int) { told = true; });
        }
        mayEnd.release();
        waitForJobs();
        QTest::qWait(0);
        QVERIFY(!told);
    }

    void progressIsBatched()
    {
        JobSlot slot;
        int count = 0;
        std::int64_t last = 0;
        bool ended = false;
        QSemaphore mayEnd;
        slot.start(
            this,
            [&mayEnd](const JobControl& control) {
                for (int i = 1; i <= 100'000; ++i) {
                    control.progress(i, 100'000);
                }
                mayEnd.acquire();
                return 0;
            },
            [&ended](int) { ended = true; }, [&](std::int64_t done, std::int64_t) { ++count; last = done; });
        QTRY_COMPARE(last, 100'000);
        mayEnd.release();
        QTRY_VERIFY(ended);
        QVERIFY2(count < 100, qPrintable(QString::number(count)));
    }

    // What was told last would come a frame later: behind the result, or behind the start that took its place.
    void progressIsNotHeardBehindTheResult()
    {
        JobSlot slot;
        QStringList heard;
        const auto work = [](const JobControl& control) {
            control.progress(1, 1);
            return 0;
        };
        slot.start(this, work, [&heard](int) { heard += QStringLiteral("result"); },
                   [&heard](std::int64_t, std::int64_t) { heard += QStringLiteral("progress"); });
        QTRY_VERIFY(heard.contains(QStringLiteral("result")));
        QTest::qWait(100); // three frames
        QCOMPARE(heard.last(), QStringLiteral("result"));

        QSemaphore told;
        slot.start(
            this,
            [&told](const JobControl& control) {
                control.progress(1, 1);
                told.release();
                return 0;
            },
            [&heard](int) { heard += QStringLiteral("cancelled result"); }, [&heard](std::int64_t, std::int64_t) { heard += QStringLiteral("cancelled progress"); });
        told.acquire();
        slot.cancel();
        QTest::qWait(100);
        QCOMPARE(heard.last(), QStringLiteral("result"));
    }
};

QTEST_MAIN(TestBridge)
#include "tst_bridge.moc"
