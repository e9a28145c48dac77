// SPDX-License-Identifier: GPL-3.0-or-later
// Did it help, in the whole window: by keys alone a first tune evaluated, stopped and gone on with, its changed rows read, a report saved, its answers
// judged; then by mouse judged once more, the votes learned from by DPO, and what came of it evaluated. With the bundled model; pictures of every
// station.
#include "core/base/files.h"
#include "tests/support/app_test.h"
#include "ui/models/evaluation/evaluation_desk.h"
#include "ui/models/judging/judging_desk.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/evaluate/evaluate_page.h"
#include "ui/pages/judge/judge_page.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/workspace/run_controller.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QStyle>
#include <QTabBar>
#include <QTabWidget>
#include <QtTest>

#include <algorithm>
#include <string>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 300'000; // a busy machine trains slowly
constexpr int kOpenMs = 30'000;

} // namespace

class TestEvaluateRound : public QObject, private support::AppTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        keepAllInFolder();
        if (!support::hasBundledWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        open({}, kOpenMs);
    }
    void cleanupTestCase() { m_app.reset(); }

    void tunesFirst()
    {
        goTo("tune");
        auto* tune = page<TunePage>("tune");
        setValue(tune, "run.max_steps", std::int64_t{24});
        setValue(tune, "run.eval_every", std::int64_t{24});
        setValue(tune, "optimizer.learning_rate", 0.003); // the answers must become other ones
        setValue(tune, "run.probe_tokens", std::int64_t{4});
        startTuning(tune);
    }

    void evaluatedByKeysAlone()
    {
        MainWindow& window = m_app->window();
        QVERIFY(support::activate(window));
        goTo("evaluate");
        auto* evaluate = page<EvaluatePage>("evaluate");
        QTRY_COMPARE_WITH_TIMEOUT(static_cast<int>(evaluate->desk()->runs().size()), 1, kOpenMs);
        // Rows of a file, six tokens an answer, the metric by its name, and one beside it.
        const auto* file = find<QLineEdit>(evaluate, "evalFile");
        QVERIFY(tabTo(file));
        QTest::keyClicks(QApplication::focusWidget(), rowsFile());
        QVERIFY(tabTo(find<QSpinBox>(evaluate, "evalMaxNew")));
        press(Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("24"));
        auto* metric = find<QComboBox>(evaluate, "evalMetric");
        QVERIFY(tabTo(metric));
        QTest::keyClicks(metric, QStringLiteral("chr"));
        QCOMPARE(metric->currentData().toString(), QStringLiteral("chrf"));
        auto* beside = find<QListWidget>(evaluate, "evalMetrics");
        QVERIFY(tabTo(beside));
        press(Qt::Key_Home);
        QCOMPARE(beside->item(0)->checkState(), Qt::Unchecked);
        press(Qt::Key_Space);
        QCOMPARE(beside->item(0)->checkState(), Qt::Checked);
        QTRY_VERIFY_WITH_TIMEOUT(evaluate->mainAction()->isEnabled(), kAwaitMs);
        QVERIFY2(find<QLabel>(evaluate, "evalPlan")->text().startsWith(QStringLiteral("10 rows")), qPrintable(find<QLabel>(evaluate, "evalPlan")->text()));
        picture("evaluate-keys-setup");

        // Begun, stopped by the keys that are with Stop now, and gone on with from the list.
        press(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(evaluate->desk()->isRunning() || evaluate->desk()->results().is_object(), kOpenMs);
        QSignalSpy told(evaluate->desk(), &EvaluationDesk::progressed);
        QTRY_VERIFY_WITH_TIMEOUT(std::any_of(told.begin(), told.end(), [](const auto& one) { return one[1].toLongLong() > 0; })
                                     || evaluate->desk()->results().is_object(),
                                 kAwaitMs);
        if (evaluate->desk()->isRunning()) { // else the machine was quicker than the key
            QCOMPARE(QApplication::focusWidget(), find<QWidget>(evaluate, "evalStop"));
            press(Qt::Key_Space);
            QTRY_VERIFY_WITH_TIMEOUT(!evaluate->desk()->isRunning(), kAwaitMs);
        }
        QVERIFY(QApplication::focusWidget() != nullptr && evaluate->isAncestorOf(QApplication::focusWidget()));
        if (!evaluate->desk()->results().is_object()) {
            auto* past = find<QListWidget>(evaluate, "evalPast");
            QTRY_COMPARE(past->count(), 2);
            QVERIFY(tabTo(past));
            press(Qt::Key_Down);
            QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(evaluate, "evalProblem")->text().contains(QStringLiteral("stopped before its end")), kOpenMs);
            QTRY_VERIFY_WITH_TIMEOUT(evaluate->mainAction()->isEnabled(), kAwaitMs);
            press(Qt::Key_Return, Qt::ControlModifier);
        }
        QTRY_VERIFY_WITH_TIMEOUT(!evaluate->desk()->isRunning() && evaluate->desk()->results().is_object(), kAwaitMs);
        QVERIFY(find<QLabel>(evaluate, "evalVerdict")->isVisible());
        picture("evaluate-keys-numbers");

        // Rows that changed, by the arrows.
        auto* tabs = find<QTabWidget>(evaluate, "evalTabs");
        QVERIFY(tabTo(tabs->tabBar()));
        press(Qt::Key_Right);
        QCOMPARE(tabs->currentIndex(), 1);
        auto* changed = find<QListWidget>(evaluate, "evalChanged");
        if (changed->count() == 0) {
            QVERIFY(tabTo(find<QComboBox>(evaluate, "evalKind")));
            press(Qt::Key_Down);
        }
        QVERIFY(changed->count() > 0 && tabTo(changed));
        press(Qt::Key_End);
        QVERIFY(!find<DiffText>(evaluate, "evalReference")->text().isEmpty());
        picture("evaluate-keys-changed");
    }

    void reportedAndJudgedByKeysAlone()
    {
        MainWindow& window = m_app->window();
        auto* evaluate = page<EvaluatePage>("evaluate");
        // The report, named by keys.
        QVERIFY(tabTo(find<QPushButton>(evaluate, "evalReport")));
        press(Qt::Key_Space);
        QTRY_VERIFY(window.findChild<QFileDialog*>() != nullptr);
        auto* dialog = window.findChild<QFileDialog*>();
        QVERIFY(QTest::qWaitForWindowActive(dialog));
        const QString report = m_folder.filePath(QStringLiteral("report.html"));
        QTest::keyClicks(dialog->focusWidget(), report, {}, 2);
        QWidget* popup = QApplication::activePopupWidget(); // the list of files takes keys first
        QTest::keyClick(popup != nullptr ? popup : dialog->focusWidget(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(report), kOpenMs);
        QTRY_VERIFY(window.findChild<QFileDialog*>() == nullptr);
        QVERIFY(support::activate(window));

        // Judged by keys: one or two or as good, and what was said becomes data.
        QVERIFY(tabTo(find<QPushButton>(evaluate, "evalJudge")));
        press(Qt::Key_Space);
        QTRY_COMPARE(window.currentPage(), QStringLiteral("judge"));
        auto* judge = page<JudgePage>("judge");
        QTRY_VERIFY_WITH_TIMEOUT(judge->desk()->pair() != nullptr, kOpenMs);
        QTRY_VERIFY2(QApplication::focusWidget() != nullptr && judge->isAncestorOf(QApplication::focusWidget()), "the keys reach the page");
        picture("judge-keys");
        const int pairs = static_cast<int>(judge->desk()->tally().pairs);
        QVERIFY(pairs > 0);
        for (int i = 0; i < pairs; ++i) {
            press(i % 3 == 2 ? Qt::Key_3 : i % 3 == 1 ? Qt::Key_1 : Qt::Key_2);
            QTRY_COMPARE_WITH_TIMEOUT(judge->desk()->numDone(), i + 1, kOpenMs);
        }
        QCOMPARE(judge->desk()->tally().judged, static_cast<std::int64_t>(pairs));
        picture("judge-keys-done");
    }

    // Votes of a person who likes the longer answer, learned from and measured, with the mouse.
    void judgedThenDpoThenEvaluatedByMouse()
    {
        MainWindow& window = m_app->window();
        go("judge");
        auto* judge = page<JudgePage>("judge");
        auto* judgeName = find<QLineEdit>(judge, "judgeName");
        click(judgeName);
        judgeName->selectAll();
        QTest::keyClicks(judgeName, QStringLiteral("second"));
        QTest::keyClick(judgeName, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(judge->desk()->numDone(), 0, kOpenMs);
        const int pairs = static_cast<int>(judge->desk()->tally().pairs);
        for (int i = 0; i < pairs; ++i) {
            QTRY_VERIFY(judge->desk()->pair() != nullptr);
            const auto& pair = *judge->desk()->pair();
            const bool isFirstLonger = pair.firstAnswer.size() > pair.secondAnswer.size();
            const bool isSwapped = judge->desk()->left() != QString::fromStdString(pair.firstAnswer);
            const bool isLeft = isFirstLonger != isSwapped;
            click(find<QPushButton>(judge, isLeft ? "judge_left" : "judge_right"));
            QTRY_COMPARE_WITH_TIMEOUT(judge->desk()->numDone(), i + 1, kOpenMs);
        }
        picture("round-judged");
        click(mainButton("judge"));
        QTRY_COMPARE_WITH_TIMEOUT(window.currentPage(), QStringLiteral("data"), kOpenMs);
        auto* data = page<DataPage>("data");
        QTRY_VERIFY_WITH_TIMEOUT(data->document() != nullptr && data->document()->path().contains(QStringLiteral("preference")) && !data->document()->isChecking(), kOpenMs);
        const QString preferences = data->document()->path();
        picture("round-preferences");

        // This file alone, by DPO, in few steps.
        go("tune");
        auto* tune = page<TunePage>("tune");
        auto* files = find<QListWidget>(tune, "data.train");
        QTRY_VERIFY_WITH_TIMEOUT(files->count() >= 2, kOpenMs);
        for (int i = 0; i < files->count(); ++i) {
            const bool isWanted = files->item(i)->toolTip().contains(QFileInfo(preferences).fileName()) || files->item(i)->text().contains(QFileInfo(preferences).fileName());
            if ((files->item(i)->checkState() == Qt::Checked) != isWanted) {
                clickBox(files, i);
                QTRY_COMPARE((files->item(i)->checkState() == Qt::Checked), isWanted);
            }
        }
        choose(find<QComboBox>(tune, "objective.kind"), QStringLiteral("dpo"));
        QCOMPARE(tune->document()->config().objective.kind, std::string("dpo"));
        setValue(tune, "run.max_steps", std::int64_t{10});
        QTRY_VERIFY_WITH_TIMEOUT(!tune->isChecking() && tune->mainAction()->isEnabled(), kAwaitMs);
        picture("round-tune");
        startTuning(tune);
        picture("round-run");

        go("evaluate");
        auto* evaluate = page<EvaluatePage>("evaluate");
        QTRY_COMPARE_WITH_TIMEOUT(static_cast<int>(evaluate->desk()->runs().size()), 2, kOpenMs);
        auto* past = find<QListWidget>(evaluate, "evalPast");
        QTest::mouseClick(past->viewport(), Qt::LeftButton, {}, past->visualItemRect(past->item(0)).center());
        auto* runs = find<QComboBox>(evaluate, "evalRun");
        QTRY_VERIFY(runs->isVisible() && runs->count() == 2);
        scrollTo(runs);
        choose(runs, runs->itemText(0)); // the newest
        QTRY_VERIFY_WITH_TIMEOUT(evaluate->mainAction()->isEnabled(), kAwaitMs);
        picture("round-evaluate");
        QSignalSpy ended(evaluate->desk(), &EvaluationDesk::resultsChanged);
        click(mainButton("evaluate"));
        QTRY_VERIFY_WITH_TIMEOUT(evaluate->desk()->isRunning() || !ended.isEmpty(), kOpenMs);
        picture("round-evaluating");
        QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty() && !evaluate->desk()->isRunning(), kAwaitMs);
        QVERIFY(evaluate->desk()->results()["asked"]["systems"].back()["adapters"].dump().find("/runs/2") != std::string::npos); // the tune by DPO
        QTRY_VERIFY(find<QLabel>(evaluate, "evalVerdict")->isVisible());
        picture("round-verdict");
    }

private:
    void startTuning(TunePage* tune)
    {
        QTRY_VERIFY_WITH_TIMEOUT(!tune->isChecking() && tune->mainAction()->isEnabled(), kAwaitMs);
        RunController* runs = m_app->workspace().runs();
        const store::RunId before = runs->runId();
        tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible(), kOpenMs);
        tune->mainAction()->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(m_app->window().currentPage(), QStringLiteral("runs"), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(runs->runId() > before && !runs->isBusy(), kAwaitMs);
    }

    QString rowsFile()
    {
        const char* const questions[] = {"Why do we oil the bench?", "Who oils the bench?", "What is glue for?", "How do I sharpen a plane?", "Which wood is hard?",
                                         "When is a joint strong?", "Where do I keep my tools?", "Tell me about oak.", "Is pine soft?", "How long does varnish take to dry?"};
        std::string rows;
        for (const char* question : questions) {
            rows += "{\"prompt\":\"" + std::string(question) + "\",\"completion\":\"Oil keeps the wood of the bench from drying out.\"}\n";
        }
        const QString path = m_folder.filePath(QStringLiteral("rows.jsonl"));
        if (!base::writeFileAtomically(path.toStdString(), rows).ok()) {
            qFatal("cannot write");
        }
        return path;
    }

    void picture(const char* name)
    {
        QTest::qWait(60);
        support::savePicture(m_app->window().grab(), QString::fromLatin1(name));
    }

    void click(QWidget* widget)
    {
        QTRY_VERIFY_WITH_TIMEOUT(widget->isVisible() && widget->isEnabled(), kOpenMs);
        QTest::mouseClick(widget, Qt::LeftButton, {}, widget->rect().center());
    }

    // As the wheel does it.
    static void scrollTo(QWidget* widget)
    {
        for (QWidget* above = widget->parentWidget(); above != nullptr; above = above->parentWidget()) {
            if (auto* area = qobject_cast<QScrollArea*>(above)) {
                area->ensureWidgetVisible(widget);
            }
        }
    }

    // The box of a line that can be checked.
    static void clickBox(QListWidget* list, int row)
    {
        list->scrollToItem(list->item(row));
        const QRect line = list->visualItemRect(list->item(row));
        const int box = list->style()->pixelMetric(QStyle::PM_IndicatorWidth);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, QPoint(line.left() + box / 2 + 3, line.center().y()));
    }

    // `what` is data or text of the line.
    void choose(QComboBox* box, const QString& what)
    {
        int row = box->findText(what);
        for (int i = 0; i < box->count() && row < 0; ++i) {
            row = box->itemData(i).toString() == what || box->itemText(i).contains(what, Qt::CaseInsensitive) ? i : row;
        }
        QVERIFY2(row >= 0, qPrintable(what));
        chooseRow(box, row);
        QTRY_COMPARE(box->currentIndex(), row);
    }

    void go(const char* id) // by the mouse
    {
        click(find<QWidget>(&m_app->window(), (std::string(id) + "Button").c_str()));
        QTRY_COMPARE(m_app->window().currentPage(), QString::fromLatin1(id));
    }
};

QTEST_MAIN(TestEvaluateRound)
#include "tst_evaluate_round.moc"
