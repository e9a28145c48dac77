// SPDX-License-Identifier: GPL-3.0-or-later
// A run in the window: held, asked for an answer by its present weights, given another rate, let go on, and parked, so that it can be
// resumed. The machine is kept awake while it works.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/peft/methods/lora_settings.h"
#include "core/report/event_logs.h"
#include "ui/bridge/job.h"
#include "ui/dialogs/held_run_dialog.h"
#include "ui/pages/runs/runs_files.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <memory>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 120'000;
using State = RunController::State;

} // namespace

class TestHeldRun : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void askedChangedAndParked()
    {
        QTemporaryDir folder;
        qputenv("LUTHIER_SETTINGS", folder.filePath(QStringLiteral("settings.ini")).toUtf8());
        std::string rows;
        for (int i = 0; i < 40; ++i) {
            rows += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"completion", "A saw."}}) + "\n";
        }
        const std::string data = folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
        QVERIFY(base::writeFileAtomically(data, rows).ok());
        config::RunConfig config;
        config.model.path = LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny";
        config.model.device = "cpu";
        config.data.train = {data};
        config.run.epochs = 10000;
        config.run.maxSteps = 100000;
        config.run.evalEvery = 100000;
        config.run.checkpointEvery = 100000;
        config.run.threads = 1;
        config.run.probeTokens = 8;
        Workspace workspace;
        workspace.openProject(folder.filePath(QStringLiteral("project")));
        QTRY_VERIFY_WITH_TIMEOUT(workspace.project() != nullptr, kAwaitMs);
        RunsFiles files(workspace, [] { return store::RunId(0); });
        for (const char* id : {"logTensorBoard", "logJsonLines"}) { // as the menu of Runs has them
            auto* action = files.findChild<QAction*>(QLatin1String(id));
            QVERIFY(action != nullptr && action->isCheckable() && !action->isChecked());
            action->trigger();
        }
        QTRY_VERIFY_WITH_TIMEOUT(report::liveLogs(*workspace.project())->tensorBoard && report::liveLogs(*workspace.project())->jsonLines, kAwaitMs);
        RunController* runs = workspace.runs();
        runs->start(config);
        QTRY_VERIFY_WITH_TIMEOUT(runs->state() == State::Running && runs->step() > 0, kAwaitMs);
        QVERIFY(runs->sleepGuard().isWanted());
        QSignalSpy stages(runs->bridge(), &RunBridge::stageChanged);
        runs->setHeld(true);
        QTRY_VERIFY_WITH_TIMEOUT(runs->stage() == QLatin1String("held"), kAwaitMs);
        QVERIFY(!runs->sleepGuard().isWanted());

        QPointer<HeldRunDialog> dialog = new HeldRunDialog(runs);
        dialog->show();
        auto* prompt = dialog->findChild<QLineEdit*>(QStringLiteral("heldPrompt"));
        auto* rate = dialog->findChild<QLineEdit*>(QStringLiteral("heldRate"));
        for (QWidget* named : {static_cast<QWidget*>(prompt), static_cast<QWidget*>(rate)}) {
            QVERIFY(!named->accessibleName().isEmpty() && !named->toolTip().isEmpty());
        }
        QTest::keyClicks(prompt, QStringLiteral("What lies on bench 3?"));
        QTest::keyClick(prompt, Qt::Key_Return);
        auto* answers = dialog->findChild<QPlainTextEdit*>(QStringLiteral("heldAnswers"));
        QTRY_VERIFY_WITH_TIMEOUT(answers->toPlainText().contains(QStringLiteral("bench 3?")), kAwaitMs);
        QVERIFY(dialog != nullptr && runs->state() == State::Held);

        const std::int64_t held = runs->step();
        auto* now = dialog->findChild<QLabel*>(QStringLiteral("heldRateNow")); // beside what it is to become
        QVERIFY(runs->learningRate() >= 0); // 0 while it warms up
        QVERIFY(now->isVisible() && now->text().contains(QLocale().toString(runs->learningRate(), 'g', 3)) && now->text().contains(QString::number(held)));
        QTest::keyClicks(rate, QStringLiteral("much"));
        QTest::keyClick(rate, Qt::Key_Return);
        const auto says = [&](const QString& part) {
            const auto labels = dialog->findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) { return label->text().contains(part); });
        };
        QVERIFY(says(QStringLiteral("above 0")));
        rate->selectAll();
        QTest::keyClicks(rate, QStringLiteral("0,00001")); // as typed where decimals have a comma
        QTest::keyClick(rate, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(says(QStringLiteral("1e-05")), kAwaitMs);
        QCOMPARE(runs->step(), held);

        // What the doctor says stands in its place at once, in the store or not yet.
        RunsPage page(workspace);
        page.show();
        page.chooseRun(runs->runId());
        const auto doctorSays = [&](const QString& part) {
            const auto labels = page.findChildren<QLabel*>(QStringLiteral("finding"));
            return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) { return label->text().contains(part); });
        };
        QTRY_VERIFY_WITH_TIMEOUT(doctorSays(QStringLiteral("Nothing was found")), kAwaitMs);
        Q_EMIT runs->bridge()->warned({.step = held, .sentence = "The loss stands still.", .cause = "stands_still"});
        QElapsedTimer clock;
        clock.start();
        QTRY_VERIFY_WITH_TIMEOUT(doctorSays(QStringLiteral("stands still")), kAwaitMs);
        qInfo("the doctor's page had it after %lld ms", clock.elapsed());
        QVERIFY(clock.elapsed() < 1000);

        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("goOn")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(dialog == nullptr && runs->step() > held + 1, kAwaitMs);
        QCOMPARE(runs->state(), State::Running);
        runs->park();
        QTRY_COMPARE_WITH_TIMEOUT(runs->state(), State::Idle, kAwaitMs);
        QVERIFY(!runs->sleepGuard().isWanted());
        const auto row = workspace.project()->run(runs->runId());
        QVERIFY(row.ok());
        QCOMPARE(row->state, std::string("parked"));
        QVERIFY(row->result.empty());
        bool hasSample = false;
        double last = 0;
        const auto events = workspace.project()->events(row->id);
        QVERIFY(events.ok());
        for (const train::Event& event : *events) {
            const auto* sample = std::get_if<train::SampleDone>(&event);
            hasSample = hasSample || (sample && sample->prompt == "What lies on bench 3?");
            const auto* step = std::get_if<train::StepDone>(&event);
            last = step ? step->learningRate : last;
        }
        QVERIFY(hasSample); // kept with the run
        const QDir logs(QString::fromStdString(row->folder) + QStringLiteral("/logs"));
        QCOMPARE(logs.entryList({QStringLiteral("events.out.tfevents.*")}, QDir::Files).size(), 1);
        QFile lines(logs.filePath(QStringLiteral("events.jsonl")));
        QVERIFY(lines.open(QIODevice::ReadOnly));
        std::int64_t logged = 0;
        for (const QByteArray& line : lines.readAll().split('\n')) {
            const auto event = base::parseJson(line.toStdString());
            logged = event && event->is_object() && event->value("event", std::string()) == "step" ? std::max(logged, event->at("step").get<std::int64_t>()) : logged;
        }
        QCOMPARE(logged, row->step); // every step, while it trained
        QVERIFY(last > 0 && last <= 1e-5);

        runs->resume(row->id);
        QTRY_VERIFY_WITH_TIMEOUT(runs->state() == State::Running && runs->step() > row->step, kAwaitMs);
        runs->stopAndKeep();
        QTRY_COMPARE_WITH_TIMEOUT(runs->state(), State::Idle, kAwaitMs);
        const auto kept = workspace.project()->run(row->id);
        QCOMPARE(kept->state, std::string("stopped"));
        QVERIFY(!kept->result.empty());
        waitForJobs();
    }
};

QTEST_MAIN(TestHeldRun)
#include "tst_held_run.moc"
