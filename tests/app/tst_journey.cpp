// SPDX-License-Identifier: GPL-3.0-or-later
// The promise of the first ten minutes: open, look at the data, tune, watch, compare, with the bundled model; and
// the window answers all the while.
#include "tests/support/app_test.h"
#include "tests/support/heartbeat.h"
#include "ui/charts/chart_panel.h"
#include "ui/models/library/adapter_library.h"
#include "ui/pages/adapters/adapters_page.h"
#include "ui/pages/adapters/adapters_work.h"
#include "ui/pages/chat/chat_card.h"
#include "ui/pages/chat/chat_page.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/workspace/run_controller.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QtTest>

#include <algorithm>
#include <memory>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 300'000; // a busy machine trains slowly
constexpr int kOpenMs = 20'000;
constexpr int kWindowMs = 2'000;
constexpr int kSilenceMs = 50; // promised; a loaded test machine gets kSlack times as long
constexpr int kSlack = 5;
constexpr int kSteps = 12;

} // namespace

class TestJourney : public QObject, private support::AppTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        keepAllInFolder();
        if (!support::hasBundledWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
    }

    void cleanupTestCase()
    {
        qInfo("longest silence of the window: %lld ms", m_longest);
        m_app.reset();
    }

    void opens()
    {
        QElapsedTimer clock;
        clock.start();
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->window().resize(1280, 800);
        m_app->start({});
        QVERIFY(QTest::qWaitForWindowExposed(&m_app->window()));
        qInfo("window after %lld ms", clock.elapsed());
        QVERIFY2(clock.elapsed() < kWindowMs, "the window must show within two seconds");
        m_heart = std::make_unique<support::Heartbeat>();
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, kOpenMs);
        auto* data = page<DataPage>("data");
        m_app->window().showPage(QStringLiteral("data"));
        QTRY_VERIFY_WITH_TIMEOUT(data->document() != nullptr && data->document()->rowCount() > 100, kOpenMs);
        checkHeart("opening");
    }

    void tunesAndIsWatched()
    {
        m_app->window().showPage(QStringLiteral("tune"));
        auto* tune = page<TunePage>("tune");
        setValue(tune, "run.max_steps", std::int64_t{kSteps});
        setValue(tune, "run.eval_every", std::int64_t{kSteps / 2});
        setValue(tune, "run.probe_tokens", std::int64_t{8});
        QTRY_VERIFY_WITH_TIMEOUT(!tune->isChecking() && tune->mainAction()->isEnabled(), kAwaitMs);
        QCOMPARE(tune->verdict().plan.steps, kSteps);
        m_heldOutRows = static_cast<int>(tune->verdict().plan.heldOutRows);
        checkHeart("reading the data");

        tune->mainAction()->trigger(); // the gate
        auto* strip = tune->findChild<QWidget*>(QStringLiteral("gateStrip"));
        QTRY_VERIFY(strip->isVisible());
        tune->mainAction()->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(m_app->window().currentPage(), QStringLiteral("runs"), kAwaitMs); // the largest batch is measured first
        RunController* runs = m_app->workspace().runs();
        QTRY_VERIFY_WITH_TIMEOUT(runs->isBusy() && runs->runId() != 0, kOpenMs);
        auto* watch = page<RunsPage>("runs");
        QTRY_VERIFY_WITH_TIMEOUT(watch->charts()->panels().front()->numPoints(0) >= 2, kAwaitMs);
        QVERIFY2(runs->isBusy(), "the curve must grow while training goes on");
        QTRY_VERIFY_WITH_TIMEOUT(!runs->isBusy(), kAwaitMs);
        QTRY_COMPARE(watch->model()->find(runs->runId())->state, std::string("finished"));
        QCOMPARE(watch->charts()->panels().front()->numPoints(0), kSteps);
        const store::RunRow* row = watch->model()->find(runs->runId());
        QVERIFY(row->measures.heldOutBefore() && row->measures.heldOut());
        QVERIFY2(*row->measures.heldOut() < *row->measures.heldOutBefore(), "a first tune must lower the held-out loss");
        checkHeart("training");
    }

    void staysAfterReopening()
    {
        const auto before = page<RunsPage>("runs")->model()->rowCount();
        const std::string folder = m_app->workspace().project()->folder().string();
        m_app.reset();
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->window().resize(1280, 800);
        m_app->start({QString::fromStdString(folder), {}});
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, kOpenMs);
        auto* watch = page<RunsPage>("runs");
        m_app->window().showPage(QStringLiteral("runs"));
        QTRY_COMPARE(watch->model()->rowCount(), before);
        QTRY_COMPARE(watch->charts()->panels().front()->numPoints(0), kSteps);
    }

    void comparesAndAnswersDiffer()
    {
        page<RunsPage>("runs")->mainAction()->trigger();
        QCOMPARE(m_app->window().currentPage(), QStringLiteral("compare"));
        auto* compare = page<ComparePage>("compare");
        auto* prompt = compare->findChild<QPlainTextEdit*>(QStringLiteral("prompt"));
        QTRY_VERIFY_WITH_TIMEOUT(prompt->isVisible(), kOpenMs);
        // What was split off by share is offered, as many rows as the run said.
        auto* heldOut = compare->findChild<QAbstractItemView*>(QStringLiteral("heldOut"));
        QTRY_VERIFY_WITH_TIMEOUT(heldOut->model()->rowCount() > 0, kOpenMs);
        QCOMPARE(heldOut->model()->rowCount(), m_heldOutRows);
        // Whoever comes from a run finds its first prompt asked.
        QTRY_VERIFY_WITH_TIMEOUT(!compare->contest()->isRunning() && !compare->contest()->answer(CompareContest::kTuned).finish.isEmpty(), kAwaitMs);
        QVERIFY(prompt->toPlainText().simplified().startsWith(heldOut->model()->index(0, 0).data().toString().left(40)));
        prompt->setPlainText(QStringLiteral("Why do we oil the bench?"));
        QTRY_VERIFY(compare->mainAction()->isEnabled());
        compare->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!compare->contest()->isRunning(), kAwaitMs);
        for (const int side : {CompareContest::kBase, CompareContest::kTuned}) {
            QVERIFY2(compare->contest()->answer(side).problem.isEmpty(), qPrintable(compare->contest()->answer(side).problem));
            QVERIFY(!compare->contest()->answer(side).text.isEmpty());
        }
        checkHeart("comparing");
    }

    // From one page to the table of several methods and back to the run of one, without the mouse.
    void triesSeveralByKeyboard()
    {
        QWidget& window = m_app->window();
        QTest::keyClick(&window, Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(m_app->window().currentPage(), QStringLiteral("tune"));
        auto* tune = page<TunePage>("tune");
        auto* table = tune->findChild<QTableView*>(QStringLiteral("shootoutTable"));
        setValue(tune, "run.max_steps", std::int64_t{2});
        QTRY_VERIFY_WITH_TIMEOUT(table->isVisible() && !tune->isChecking() && !tune->shootout()->isReading(), kOpenMs);
        QTRY_VERIFY_WITH_TIMEOUT(table->hasFocus(), kOpenMs);
        const auto isChosen = [&](int row) { return tune->shootout()->table()->lines()[static_cast<std::size_t>(row)].isChosen; };
        QVERIFY(isChosen(0) && isChosen(2)); // LoRA, all weights
        QTest::keyClick(table, Qt::Key_Down);
        QTest::keyClick(table, Qt::Key_Down);
        QTest::keyClick(table, Qt::Key_Space);
        QTest::keyClick(table, Qt::Key_Down);
        QTest::keyClick(table, Qt::Key_Space);
        QVERIFY(!isChosen(2) && isChosen(3)); // IA3 instead
        checkHeart("choosing methods");
        QTest::keyClick(table, Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(tune->shootout()->queue()->isRunning(), kOpenMs);
        QTRY_VERIFY_WITH_TIMEOUT(!tune->shootout()->queue()->isRunning() && !tune->shootout()->isReading(), kAwaitMs);
        QTRY_COMPARE_WITH_TIMEOUT(tune->shootout()->table()->rowCount(), 2, kOpenMs);
        for (const ShootoutLine& line : tune->shootout()->table()->lines()) {
            QTRY_VERIFY2(line.state == ShootoutLine::State::Finished, qPrintable(line.method + line.sentence));
            QVERIFY(line.measured.measures.heldOut() && line.measured.resultBytes > 0);
        }
        checkHeart("trying several methods");
        QTest::keyClick(table, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(m_app->window().currentPage(), QStringLiteral("runs"), kAwaitMs); // the largest batch is measured first
    }

    // From rows to an exported file over every page of the work, by keys alone.
    void aWholeRoundByKeysAlone()
    {
        MainWindow& window = m_app->window();
        QVERIFY(support::activate(window));
        goTo("data");
        auto* data = page<DataPage>("data");
        QTRY_VERIFY_WITH_TIMEOUT(data->document() != nullptr && !data->document()->isChecking(), kOpenMs);
        QVERIFY(tabTo(data->table()->view()));
        press(Qt::Key_Home, Qt::ControlModifier);
        press(Qt::Key_Delete);
        QTRY_COMPARE(data->document()->counts().excluded, 1);
        press(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(data->document()->counts().excluded, 0);

        goTo("tune");
        auto* tune = page<TunePage>("tune");
        press(Qt::Key_Escape); // out of the table of methods, where the page was left
        QTRY_VERIFY(!tune->shootout()->isVisible());
        setValue(tune, "run.max_steps", std::int64_t{2});
        QTRY_VERIFY_WITH_TIMEOUT(!tune->isChecking() && tune->mainAction()->isEnabled(), kAwaitMs);
        press(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible());
        QTRY_VERIFY(tune->mainAction()->isEnabled()); // rows that are just read again hold the start back
        RunController* runs = m_app->workspace().runs();
        QTRY_VERIFY_WITH_TIMEOUT(!runs->isBusy() && !tune->shootout()->queue()->isRunning(), kAwaitMs); // else it would wait in the queue
        const store::RunId before = runs->runId();
        press(Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(window.currentPage(), QStringLiteral("runs"), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(runs->runId() > before && !runs->isBusy(), kAwaitMs);
        press(Qt::Key_Left, Qt::AltModifier); // back to where the round came from
        QCOMPARE(window.currentPage(), QStringLiteral("tune"));

        goTo("compare");
        auto* compare = page<ComparePage>("compare");
        auto* prompt = compare->findChild<QPlainTextEdit*>(QStringLiteral("prompt"));
        QTRY_VERIFY_WITH_TIMEOUT(prompt->isVisible(), kOpenMs);
        QVERIFY(tabTo(prompt));
        press(Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(prompt, QStringLiteral("Who oils the bench?"));
        QTRY_VERIFY(compare->mainAction()->isEnabled());
        press(Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!compare->contest()->isRunning() && !compare->contest()->answer(CompareContest::kTuned).finish.isEmpty(), kAwaitMs);

        goTo("chat");
        auto* chat = page<ChatPage>("chat");
        QVERIFY(tabTo(chat->findChild<QWidget*>(QStringLiteral("chatQuestion"))));
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("Who are you?"));
        press(Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(chat->card()->session()->messages().size() == 2 && !chat->card()->session()->isRunning(), kAwaitMs);

        goTo("adapters");
        auto* adapters = page<AdaptersPage>("adapters");
        QTRY_VERIFY_WITH_TIMEOUT(!adapters->library()->adapters().empty(), kOpenMs);
        QVERIFY(tabTo(adapters->findChild<QWidget*>(QStringLiteral("adaptersList"))));
        press(Qt::Key_Home);
        press(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(adapters->findChild<QDialog*>(QStringLiteral("publishDialog")) != nullptr);
        auto* dialog = adapters->findChild<QDialog*>(QStringLiteral("publishDialog"));
        const QString target = dialog->findChild<QLineEdit*>(QStringLiteral("publishTarget"))->text();
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!adapters->work()->isRunning() && QFileInfo::exists(target), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(adapters->findChild<QComboBox*>(QStringLiteral("adapterExports"))->count() > 0, kOpenMs);
        // What comes next is one line away: the file answers on Chat.
        auto* next = window.findChild<QPushButton*>(QStringLiteral("nextGo"));
        QTRY_VERIFY(next->isVisible());
        QVERIFY(support::activate(window));
        QVERIFY(tabTo(next));
        press(Qt::Key_Space);
        QTRY_COMPARE(window.currentPage(), QStringLiteral("chat"));
        QTRY_COMPARE_WITH_TIMEOUT(chat->card()->session()->partner().model, target, kOpenMs);
    }

private:
    void checkHeart(const char* during)
    {
        const qint64 silence = m_heart->longestSilenceMs();
        qInfo("longest silence while %s: %lld ms", during, silence);
        m_longest = std::max(m_longest, silence);
        QVERIFY2(silence <= kSilenceMs * kSlack, during);
        m_heart->restart();
    }

    std::unique_ptr<support::Heartbeat> m_heart;
    int m_heldOutRows = 0; // that the plan promised
    qint64 m_longest = 0;
};

QTEST_MAIN(TestJourney)
#include "tst_journey.moc"
