// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the chart table draws, tells its values, exports, and stays quick with many points.
#include "core/base/clock.h"
#include "core/measures/rank_measures.h"
#include "core/train/event_measures.h"
#include "tests/support/page_test.h"
#include "ui/bridge/run_bridge.h"
#include "ui/charts/chart_panel.h"
#include "ui/charts/measure_text.h"
#include "ui/charts/smoothing.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QVBoxLayout>
#include <QCheckBox>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

using namespace luthier;
using namespace luthier::ui;

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

// With what the chart draws, where a step has no member for it: each measure beside the others, which would cover it.
std::vector<train::StepDone> stepsUpTo(std::int64_t count, const ChartSpec& spec)
{
    std::vector<train::StepDone> steps = stepsUpTo(count);
    for (train::StepDone& step : steps) {
        double beside = 0;
        for (const measures::Measure* measure : spec.measures) {
            if (!train::valueOf(step, *measure)) {
                measures::set(step.measures, *measure, 1 + beside + 0.01 * static_cast<double>(step.step % 50));
            }
            beside += 0.1;
        }
    }
    return steps;
}

constexpr int kDrawnMs = 100;

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
        std::set<QString> ids;
        for (const ChartSpec& spec : charts()) {
            QVERIFY(ids.insert(spec.id).second);
            QVERIFY(!spec.title.isEmpty() && !spec.measures.empty());
        }
        QVERIFY(ids.contains(QStringLiteral("loss")));
    }

    // Memory and files are told in powers of ten everywhere in the window.
    void unitsAreTheWindows()
    {
        for (const ChartSpec& chart : charts()) {
            QVERIFY2(!QByteArray(chart.main().unit).contains("iB"), qPrintable(chart.id));
        }
        const auto all = charts();
        const auto memory = std::find_if(all.begin(), all.end(), [](const ChartSpec& chart) { return chart.id == QLatin1String("rankMemory"); });
        QVERIFY(memory != all.end());
        QCOMPARE(ChartPanel(*memory).title(), QStringLiteral("Memory of each process (GB)"));
        QVERIFY(memory->draws(measures::ofRank("rank_memory_gb", 1)));
        QVERIFY(!memory->draws(measures::ofRank("rank_memory", 1))); // earlier projects have it; it has a chart of its own there
    }

    // By keys, one sees which chart they move the cursor of.
    void aFocusedChartShowsIt()
    {
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        auto* first = new ChartPanel(charts().front());
        auto* second = new ChartPanel(charts()[1]);
        layout->addWidget(first);
        layout->addWidget(second);
        window.resize(500, 600);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        first->setFocus(Qt::TabFocusReason);
        const QImage with = first->grab().toImage();
        second->setFocus(Qt::TabFocusReason);
        const QImage without = first->grab().toImage();
        QVERIFY(with != without);
        QVERIFY(contrast(with.pixelColor(1, with.height() / 2), without.pixelColor(1, with.height() / 2)) >= 3);
    }

    // Every measure is drawn by one chart at most, and the chart that it names is there.
    void measuresFindTheirChart()
    {
        for (const measures::Measure& measure : measures::table()) {
            int drawn = 0;
            for (const ChartSpec& spec : charts()) {
                drawn += spec.draws(measure);
            }
            const bool hasChart = measure.drawing != measures::Drawing::None && measure.chart[0] != '\0';
            QCOMPARE(drawn, hasChart ? 1 : 0);
            QVERIFY(!measureHelp(measure).isEmpty());
        }
    }

    // The legend takes room of its own under the curves, with as many runs as there may be, and none in a small chart.
    void theLegendCoversNoCurve()
    {
        const ChartSpec spec = charts().front();
        ChartPanel panel(spec);
        panel.resize(600, 400);
        panel.show();
        QVERIFY(panel.legendRect().isEmpty());
        QTRY_VERIFY(panel.curvesRect().height() > 200);
        const int whole = panel.curvesRect().height();
        for (int run = 0; run < ChartPanel::kMaxRuns; ++run) {
            panel.setRunName(run, QStringLiteral("run number %1").arg(run));
            panel.append(run, stepsUpTo(50, spec));
            QTest::qWait(kDrawnMs);
            QVERIFY(!panel.legendRect().intersects(panel.curvesRect()));
            QCOMPARE(panel.legendRect().isEmpty(), run == 0); // one run needs none
        }
        QVERIFY(panel.legendRect().top() > panel.curvesRect().bottom());
        QVERIFY(panel.curvesRect().height() > whole / 2);
        panel.resize(200, 140);
        QTRY_VERIFY(panel.legendRect().isEmpty());
        panel.resize(600, 400);
        QTest::qWait(kDrawnMs);
        QVERIFY(!panel.legendRect().isEmpty() && !panel.legendRect().intersects(panel.curvesRect()));
        support::savePicture(panel.grab(), QStringLiteral("chart-legend"));
        panel.clear();
        QTRY_VERIFY(panel.curvesRect().height() > whole - 4);
    }

    void everyChartDraws_data()
    {
        QTest::addColumn<int>("place");
        for (std::size_t i = 0; i < charts().size(); ++i) {
            QTest::newRow(qPrintable(charts()[i].id)) << static_cast<int>(i);
        }
    }

    void everyChartDraws()
    {
        QFETCH(int, place);
        const ChartSpec spec = charts()[static_cast<std::size_t>(place)];
        ChartPanel panel(spec);
        panel.resize(600, 400);
        panel.show();
        const int before = inkOf(panel, seriesColor(0));
        panel.append(0, stepsUpTo(100, spec));
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
        QCOMPARE(csv[1].split(u',')[1].toDouble(), *train::valueOf(stepsUpTo(1, spec)[0], spec.main()));
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

    // Of each run what it had at that step, and nothing where it had none; steps of either run are reached.
    void theCursorTellsOnlyWhatWasMeasured()
    {
        ChartPanel panel(charts().front());
        panel.append(0, stepsUpTo(5));
        panel.setRunName(0, QStringLiteral("short"));
        panel.append(1, stepsUpTo(20));
        panel.setRunName(1, QStringLiteral("long"));
        QTest::keyClick(&panel, Qt::Key_End);
        QVERIFY2(panel.cursorText().contains(QStringLiteral("short")) && panel.cursorText().contains(QStringLiteral("long")),
                 qPrintable(panel.cursorText()));
        panel.resize(600, 400);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        auto* plot = panel.findChild<QWidget*>(QStringLiteral("lossPlot"));
        QTest::mouseMove(plot, QPoint(plot->width() - 20, plot->height() / 2));
        QTRY_VERIFY2(panel.cursorText().startsWith(QStringLiteral("step 20")), qPrintable(panel.cursorText()));
        QVERIFY2(!panel.cursorText().contains(QStringLiteral("short")), qPrintable(panel.cursorText()));
        QSignalSpy asked(&panel, &ChartPanel::stepWanted);
        panel.askForStep();
        QCOMPARE(asked.front().at(0).toLongLong(), 20);
        QCOMPARE(asked.front().at(1).toInt(), 1); // of the run that had it
    }

    // The crosshair goes with the pointer; one that the keys moved stays. The menu opens over the curves.
    void thePointerLeavesNothingBehind()
    {
        ChartPanel panel(charts().front());
        panel.resize(600, 400);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        panel.append(0, stepsUpTo(20));
        auto* plot = panel.findChild<QWidget*>(QStringLiteral("lossPlot"));
        QTest::mouseMove(plot, plot->rect().center());
        QTRY_VERIFY(!panel.cursorText().isEmpty());
        QEvent leave(QEvent::Leave);
        QApplication::sendEvent(plot, &leave);
        QVERIFY(panel.cursorText().isEmpty());
        QTest::keyClick(&panel, Qt::Key_Home);
        QApplication::sendEvent(plot, &leave);
        QVERIFY(!panel.cursorText().isEmpty());
        QContextMenuEvent wanted(QContextMenuEvent::Mouse, plot->rect().center(), plot->mapToGlobal(plot->rect().center()));
        QApplication::sendEvent(plot, &wanted);
        QTRY_VERIFY(QApplication::activePopupWidget() != nullptr);
        QVERIFY(QApplication::activePopupWidget()->actions().size() >= 4);
        QApplication::activePopupWidget()->close();
    }

    // What was measured before the run's end says at which step: a run that was stopped has no result that stands from step 0.
    void anEarlyMeasureSaysItsStep()
    {
        const measures::Measure& loss = measures::measureOf("loss");
        const measures::Summary before{&loss, "held_out", 0, 5.25, 0, 5.25};
        QVERIFY2(changeText(&before, 8).endsWith(QStringLiteral("at step 0")), qPrintable(changeText(&before, 8)));
        QVERIFY(!changeText(&before, 0).contains(QStringLiteral("step"))); // nothing was trained, or it goes on
        const measures::Summary half{&loss, "held_out", 0, 5.25, 4, 4.5};
        QVERIFY2(changeText(&half, 8).endsWith(QStringLiteral("at step 4")) && changeText(&half, 8).contains(QStringLiteral("5.25")), qPrintable(changeText(&half, 8)));
        QVERIFY(!changeText(&half, 4).contains(QStringLiteral("step")));
    }

    // A part is never taken for the whole run: it is said which steps are in view, to readers of the screen, too, and how to come back.
    void aZoomedChartSaysSo()
    {
        ChartPanel panel(charts().front());
        panel.resize(600, 400);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        panel.append(0, stepsUpTo(20));
        auto* all = panel.findChild<QToolButton*>(QStringLiteral("lossShowAll"));
        auto* plot = panel.findChild<QWidget*>(QStringLiteral("lossPlot"));
        QVERIFY(!panel.isZoomed() && !all->isVisible() && panel.accessibleDescription().isEmpty());
        const auto isTold = [&] { return panel.isZoomed() && all->isVisible() && all->text().contains(QStringLiteral("of 20")) && panel.accessibleDescription().startsWith(QStringLiteral("Steps ")); };
        const auto isBack = [&] { return !panel.isZoomed() && !all->isVisible() && !panel.accessibleDescription().contains(QStringLiteral("Steps ")); };
        panel.setFocus();
        QTest::keyClick(&panel, Qt::Key_Plus);
        QVERIFY2(isTold(), qPrintable(all->text()));
        QTest::keyClick(&panel, Qt::Key_Home);
        QVERIFY(panel.accessibleDescription().startsWith(QStringLiteral("Steps ")) && panel.accessibleDescription().contains(panel.cursorText()));
        QTest::keyClick(&panel, Qt::Key_0);
        QVERIFY(isBack());
        const QPointF middle = plot->rect().center();
        QWheelEvent wheel(middle, plot->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(plot, &wheel);
        QTRY_VERIFY(isTold());
        QTest::mouseClick(all, Qt::LeftButton);
        QVERIFY(isBack());
        QTest::keyClick(&panel, Qt::Key_Plus);
        QTest::mouseDClick(plot, Qt::LeftButton, {}, plot->rect().center());
        QVERIFY(isBack());
        QTest::keyClick(&panel, Qt::Key_Plus);
        QTest::keyClick(&panel, Qt::Key_Minus); // out to all of it is no part
        QVERIFY(isBack());
        QTest::mouseMove(plot, plot->rect().center() + QPoint(3, 3)); // nor is a pointer that passes
        QVERIFY(isBack());
        QTest::keyClick(&panel, Qt::Key_Plus);
        panel.clear(); // another run's curves begin whole
        QVERIFY(isBack());
    }

    // A peak of what does not scatter is where it was, and as high.
    void onlyLossesAreSmoothed()
    {
        for (const char* id : {"learning_rate", "grad_norm", "tokens_per_second"}) {
            QVERIFY2(measures::measureOf(id).drawing == measures::Drawing::Exact, id);
        }
        ChartPanel panel(chartOf(measures::measureOf("learning_rate")));
        panel.setSmoothing(0.9);
        panel.append(0, stepsUpTo(20));
        QTest::keyClick(&panel, Qt::Key_End);
        QVERIFY2(!panel.cursorText().contains(QStringLiteral("smoothed")), qPrintable(panel.cursorText()));
    }

    // The run in progress grows wherever it lies.
    void theSecondRunGrows()
    {
        RunsCharts all;
        RunHistory history;
        history.steps = stepsUpTo(5);
        all.setRun(0, 0, QStringLiteral("finished"), history);
        all.setRun(1, 0, QStringLiteral("running"), history);
        RunHistory more;
        more.steps = {stepAt(6), stepAt(7)};
        all.append(1, more);
        QCOMPARE(all.panels().front()->numPoints(0), 5);
        QCOMPARE(all.panels().front()->numPoints(1), 7);
    }

    // So that the window answers while the past of a long run is shown; what comes meanwhile stands behind it.
    void aLongRunComesFrameByFrame()
    {
        constexpr int kSteps = 45'000;
        RunsCharts all;
        RunHistory history;
        history.steps = stepsUpTo(kSteps);
        history.evals = {{0, "held_out", 4, 1, {}}};
        all.setRun(0, 0, QString(), std::move(history));
        const ChartPanel& loss = *all.panels().front();
        QVERIFY(all.isFilling() && loss.numPoints(0) < kSteps);
        RunHistory more;
        more.steps = {stepAt(kSteps + 1)};
        all.append(0, more);
        QTRY_VERIFY(!all.isFilling());
        QCOMPARE(loss.numPoints(0), kSteps + 1);
        history.steps = stepsUpTo(kSteps);
        all.setRun(0, 0, QString(), std::move(history));
        all.clear(); // another run was chosen
        QVERIFY(!all.isFilling());
        QTest::qWait(50);
        QVERIFY(loss.isEmpty());
    }

    // Of one run or of two, by the processor's time of this thread: 53 ms where a line is one path with joins or dashes.
    void aLongCurveIsDrawnInNoTime()
    {
        constexpr double kMost = 0.025;
        ChartPanel panel(charts().front());
        panel.resize(600, 400);
        panel.setSmoothing(0.8);
        panel.show();
        for (const int run : {0, 1}) {
            std::vector<train::StepDone> steps = stepsUpTo(60'000);
            for (train::StepDone& step : steps) {
                step.loss = 2 + 0.2 * run + 0.2 * std::sin(static_cast<double>(step.step) * 12.9898);
            }
            panel.append(run, steps);
            double best = 1;
            for (int i = 0; i < 5; ++i) {
                panel.append(run, std::vector{stepAt(60'001 + i)});
                const double begin = base::threadSeconds();
                panel.drawNow();
                best = std::min(best, base::threadSeconds() - begin);
            }
            QVERIFY2(best > 0 && best < kMost, qPrintable(QStringLiteral("run %1: %2 ms").arg(run).arg(1e3 * best)));
        }
    }

    // A second set has dots and a column of its own and leaves those of the held-out rows as they are.
    void aSecondSetStandsApart()
    {
        ChartPanel panel(charts().front());
        panel.resize(600, 400);
        panel.show();
        panel.append(0, stepsUpTo(4));
        const std::vector<train::EvalDone> evals{{0, "held_out", 4, 1, {}}, {0, "general", 9, 1, {}}, {4, "held_out", 2, 1, {}}, {4, "general", 8, 1, {}}};
        panel.appendEvals(0, evals);
        const QStringList csv = panel.csv().trimmed().split(u'\n');
        QCOMPARE(csv[0], QStringLiteral("step,\"loss\",\"held_out\",\"general\""));
        QCOMPARE(csv[1], QStringLiteral("0,,4,9"));
        QCOMPARE(csv[2].section(u',', 2), QStringLiteral(","));
        QCOMPARE(csv[5].section(u',', 2), QStringLiteral("2,8"));
        QCOMPARE(panel.numPoints(0), 4);
        QTest::keyClick(&panel, Qt::Key_End);
        QVERIFY2(panel.cursorText().contains(QStringLiteral("held-out 2, general 8")), qPrintable(panel.cursorText()));
        QTRY_VERIFY(inkOf(panel, seriesColor(1)) > 8 && inkOf(panel, seriesColor(4)) > 8);
        panel.clear();
        QVERIFY(panel.isEmpty());
    }

    // The switch above the charts and the one in the chart's menu are of one thing.
    void theLogarithmIsOne()
    {
        RunsCharts charts;
        ChartPanel* loss = charts.panels().front();
        auto* box = charts.findChild<QCheckBox*>(QStringLiteral("logarithmic"));
        auto* action = loss->findChild<QAction*>(QStringLiteral("loss.log"));
        QVERIFY(box != nullptr && action != nullptr);
        box->setChecked(true);
        QVERIFY(loss->isLogarithmic() && action->isChecked());
        action->trigger();
        QVERIFY(!loss->isLogarithmic() && !box->isChecked());
        action->trigger();
        QVERIFY(loss->isLogarithmic() && box->isChecked());
    }

    // A measure that no table knows is drawn, told and exported by its id: of evaluations alone, of steps alone, or both.
    void anUnknownMeasureHasAChartOfItsOwn()
    {
        const measures::Measure& made = measures::measureOf("made_accuracy");
        const ChartSpec spec = chartOf(made);
        QCOMPARE(spec.id, QStringLiteral("made_accuracy"));
        QVERIFY(!spec.isAlways && &chartOf(measures::measureOf("loss")).main() == &measures::measureOf("loss"));
        ChartPanel panel(spec);
        const std::vector<train::EvalDone> evals{{0, "answers", std::nullopt, 0, {{&made, 0.25}}}, {9, "answers", std::nullopt, 0, {{&made, 0.5}}}};
        panel.appendEvals(0, evals);
        QCOMPARE(panel.numPoints(0), 2);
        QCOMPARE(panel.csv(), QStringLiteral("step,\"answers\"\n0,0.25\n9,0.5\n"));
        QTest::keyClick(&panel, Qt::Key_Home);
        QCOMPARE(panel.cursorText(), QStringLiteral("step 0, answers 0.25"));
        QTest::keyClick(&panel, Qt::Key_Right);
        QCOMPARE(panel.cursorText(), QStringLiteral("step 9, answers 0.5"));
        std::vector<train::StepDone> steps = stepsUpTo(3);
        steps[1].measures = {{&made, 0.75}};
        panel.append(0, steps);
        QCOMPARE(panel.csv(), QStringLiteral("step,\"made_accuracy\",\"answers\"\n0,,0.25\n2,0.75,\n9,,0.5\n"));
        ChartPanel loss(charts().front());
        loss.append(0, steps);
        QVERIFY(!loss.csv().contains(QStringLiteral("made")));
    }

    // The charts of a run: one more from the first value of what no chart of the table draws, gone with the run.
    void aRunsChartsFollowWhatItMeasures()
    {
        RunsCharts all;
        all.resize(900, 600);
        all.show();
        RunHistory history;
        history.steps = stepsUpTo(5);
        history.evals = {{0, "held_out", 4, 1, {}}};
        history.warnings = {{3, "careful"}};
        all.setRun(0, 0, QString(), history);
        QVERIFY(all.findChild<ChartPanel*>(QStringLiteral("made_accuracyChart")) == nullptr);
        RunHistory more;
        more.evals = {{5, "general", 5, 1, {{&measures::measureOf("made_accuracy"), 0.5}}}};
        all.append(0, more);
        auto* made = all.findChild<ChartPanel*>(QStringLiteral("made_accuracyChart"));
        QVERIFY(made != nullptr && made->isVisible());
        QCOMPARE(made->title(), QStringLiteral("Made_accuracy"));
        QVERIFY(all.panels().front()->csv().contains(QStringLiteral("general")));
        all.clear();
        QVERIFY(!made->isVisible() && all.panels().front()->isVisible());
        all.setRun(0, 0, QString(), more);
        QVERIFY(made->isVisible());
        QCOMPARE(all.findChildren<ChartPanel*>(QStringLiteral("made_accuracyChart")).size(), 1);
    }

    // The store may have one set of a step and not the other yet.
    void historyGoesOnWhereTheStoreEnds()
    {
        RunHistory stored;
        stored.steps = stepsUpTo(4);
        stored.evals = {{0, "held_out", 4, 1, {}}, {0, "general", 9, 1, {}}, {4, "held_out", 2, 1, {}}};
        stored.samples = {{4, "Why?", "So."}};
        RunHistory live;
        live.steps = {stepAt(4), stepAt(5)};
        live.evals = {{4, "held_out", 2, 1, {}}, {4, "general", 8, 1, {}}, {5, "held_out", 1, 1, {}}};
        live.samples = {{4, "Why?", "So."}, {4, "How?", "Thus."}};
        stored.continueWith(live);
        QCOMPARE(stored.steps.size(), std::size_t{5});
        QCOMPARE(stored.evals.size(), std::size_t{5});
        QCOMPARE(stored.evals[3].set, std::string("general"));
        QCOMPARE(stored.evals[4].step, 5);
        QCOMPARE(stored.samples.size(), std::size_t{2});
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
