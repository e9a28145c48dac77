// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the chart table draws, tells its values, exports, and stays quick with many points.
#include "ui/bridge/run_bridge.h"
#include "ui/charts/chart_panel.h"
#include "ui/charts/smoothing.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>
#include <set>
#include <thread>

using namespace luthier;
using namespace luthier::ui;

Q_DECLARE_METATYPE(const luthier::ui::ChartSpec*)

namespace {

train::StepDone stepAt(std::int64_t step)
{
    train::StepDone done;
    done.step = step;
    done.loss = 3.0 / static_cast<double>(step) + 1;
    done.learningRate = 1e-4 / static_cast<double>(step);
    done.gradNorm = 1 + 0.1 * static_cast<double>(step % 7);
    done.tokensPerSecond = 1000 + static_cast<double>(step);
    return done;
}

std::vector<train::StepDone> stepsUpTo(std::int64_t count)
{
    std::vector<train::StepDone> steps;
    for (std::int64_t step = 1; step <= count; ++step) {
        steps.push_back(stepAt(step));
    }
    return steps;
}

// How many pixels have about the colour.
int inkOf(QWidget& widget, const QColor& ink)
{
    const QImage image = widget.grab().toImage();
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const QColor at(image.pixel(x, y));
            count += std::abs(at.red() - ink.red()) + std::abs(at.green() - ink.green()) + std::abs(at.blue() - ink.blue()) < 40;
        }
    }
    return count;
}

} // namespace

class TestCharts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_theme = std::make_unique<Theme>(*qApp);
        m_theme->setChoice(Theme::Choice::Light);
    }
    void cleanupTestCase() { m_theme.reset(); }

    void namesAreDifferent()
    {
        std::set<std::string> ids;
        for (const ChartSpec& spec : charts()) {
            QVERIFY(ids.insert(spec.id).second);
        }
        QVERIFY(ids.contains("loss"));
    }

    void everyChartDraws_data()
    {
        QTest::addColumn<const ChartSpec*>("spec");
        for (const ChartSpec& spec : charts()) {
            QTest::newRow(spec.id) << &spec;
        }
    }

    void everyChartDraws()
    {
        QFETCH(const ChartSpec*, spec);
        ChartPanel panel(*spec);
        panel.resize(600, 400);
        panel.show();
        const int before = inkOf(panel, seriesColor(0));
        panel.append(0, stepsUpTo(100));
        QCOMPARE(panel.numPoints(0), 100);
        QTRY_VERIFY(inkOf(panel, seriesColor(0)) > before + 200);
        QVERIFY(!panel.accessibleName().isEmpty());

        panel.moveCursor(1);
        QVERIFY2(panel.cursorText().contains(QStringLiteral("step 1,")), qPrintable(panel.cursorText()));
        QTest::keyClick(&panel, Qt::Key_End);
        QVERIFY2(panel.cursorText().contains(QStringLiteral("step 100,")), qPrintable(panel.cursorText()));
        QTest::keyClick(&panel, Qt::Key_Left);
        QVERIFY2(panel.cursorText().contains(QStringLiteral("step 99,")), qPrintable(panel.cursorText()));

        const QStringList csv = panel.csv().trimmed().split(u'\n');
        QCOMPARE(csv.size(), 101);
        QCOMPARE(csv[1].split(u',')[1].toDouble(), spec->value(stepAt(1)));
        QVERIFY(QImage::fromData(panel.png()).width() >= 600);

        panel.setLogarithmic(true);
        panel.setSmoothing(0.9);
        QTRY_VERIFY(inkOf(panel, seriesColor(0)) > before + 200);
        panel.clear();
        QCOMPARE(panel.numPoints(0), 0);
        QVERIFY(panel.cursorText().isEmpty());
    }

    void heldOutStandsOnTheSamePlotAndTheSecondRunIsNamed()
    {
        ChartPanel panel(charts().front());
        panel.append(0, stepsUpTo(20));
        const std::vector evals{train::EvalDone{.step = 0, .loss = 4}, train::EvalDone{.step = 20, .loss = 2}};
        panel.appendEvals(0, evals);
        panel.setRunName(1, QStringLiteral("older \"one\""));
        panel.append(1, stepsUpTo(5));
        const QStringList csv = panel.csv().trimmed().split(u'\n');
        QCOMPARE(csv.size(), 22); // header, step 0 of the evaluation, 20 steps
        QVERIFY(csv[0].contains(QStringLiteral("held_out")) && csv[0].contains(QStringLiteral("older \"\"one\"\"")));
        QCOMPARE(csv[1], QStringLiteral("0,,4,"));
        QTest::keyClick(&panel, Qt::Key_End);
        QVERIFY(panel.cursorText().contains(QStringLiteral("held-out 2")));
    }

    // By click, by Enter at the cursor and by the menu; a drag and a double click ask for nothing.
    void aPointAsksForItsStep()
    {
        ChartPanel panel(charts().front());
        panel.resize(500, 300);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        panel.append(0, stepsUpTo(20));
        QSignalSpy asked(&panel, &ChartPanel::stepWanted);
        QTest::keyClick(&panel, Qt::Key_Return);
        QCOMPARE(asked.size(), 0); // no cursor yet
        QTest::keyClick(&panel, Qt::Key_Home);
        QTest::keyClick(&panel, Qt::Key_Right);
        QTest::keyClick(&panel, Qt::Key_Return);
        QCOMPARE(asked.takeFirst().front().toLongLong(), 2);
        panel.findChild<QAction*>(QStringLiteral("loss.rows"))->trigger();
        QCOMPARE(asked.takeFirst().front().toLongLong(), 2);

        auto* plot = panel.findChild<QWidget*>(QStringLiteral("lossPlot"));
        const QPoint middle = plot->rect().center();
        QTest::mouseClick(plot, Qt::LeftButton, {}, middle);
        QTRY_COMPARE(asked.size(), 1);
        const qint64 step = asked.takeFirst().front().toLongLong();
        QVERIFY(step > 5 && step < 15);
        QVERIFY(panel.cursorText().startsWith(QStringLiteral("step %1,").arg(step)));
        QTest::mouseClick(plot, Qt::LeftButton, {}, middle);
        QTest::mouseDClick(plot, Qt::LeftButton, {}, middle);
        QTest::mousePress(plot, Qt::LeftButton, {}, middle);
        QTest::mouseMove(plot, middle + QPoint(60, 0));
        QTest::mouseRelease(plot, Qt::LeftButton, {}, middle + QPoint(60, 0));
        QTest::qWait(QApplication::doubleClickInterval() + 100);
        QCOMPARE(asked.size(), 0);
    }

    void brokenStepsLeaveAGap()
    {
        ChartPanel panel(charts().front());
        panel.setSmoothing(0.9);
        std::vector<train::StepDone> steps = stepsUpTo(3);
        steps[1].loss = std::nan("");
        panel.append(0, steps);
        panel.append(0, std::vector{stepAt(4)});
        QCOMPARE(panel.numPoints(0), 4);
        Smoothing smoothing(0.9);
        QCOMPARE(smoothing.next(2), 2.0);
        QVERIFY(std::isnan(smoothing.next(std::nan(""))));
        QCOMPARE(smoothing.next(2), 2.0);
    }

    void manyPointsThroughTheBridgeAreQuick()
    {
        constexpr int kPoints = 200'000;
        constexpr int kLimitMs = 5'000; // 0.1 s is usual; the test machine may be busy
        ChartPanel panel(charts().front());
        panel.resize(800, 400);
        panel.show();
        RunBridge bridge;
        bool ended = false;
        connect(&bridge, &RunBridge::stepsDone, &panel,
                [&panel](const std::vector<train::StepDone>& steps) { panel.append(0, steps); });
        connect(&bridge, &RunBridge::ended, &panel, [&ended] { ended = true; });
        QElapsedTimer clock;
        clock.start();
        std::jthread trainer([&bridge] {
            for (int step = 1; step <= kPoints; ++step) {
                bridge.onEvent(stepAt(step));
            }
            bridge.onEvent(train::RunEnded{});
        });
        QTRY_VERIFY_WITH_TIMEOUT(ended, kLimitMs);
        QCOMPARE(panel.numPoints(0), kPoints);
        qInfo("%d points in %lld ms", kPoints, clock.elapsed());
    }

private:
    std::unique_ptr<Theme> m_theme;
};

QTEST_MAIN(TestCharts)
#include "tst_charts.moc"
