// SPDX-License-Identifier: GPL-3.0-or-later
// A run on another machine as a person sees it, by mouse in the whole window: choose the machine, check it, start, watch, lose the
// connection, close the window, open it again, follow, and have the result here. The other machine is an sshd of the test's own.
#include "tests/support/app_test.h"
#include "tests/support/ssh_server.h"
#include "ui/bridge/run_bridge.h"
#include "ui/charts/chart_panel.h"
#include "ui/dialogs/remote_dialog.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/workspace/run_controller.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

#include <fstream>

using namespace luthier;
using namespace luthier::ui;
namespace fs = std::filesystem;

namespace {

constexpr int kAwaitMs = 300'000;
constexpr int kOpenMs = 20'000;
constexpr int kSteps = 40'000; // it is ended by hand
const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

QString shell(const QString& command)
{
    QProcess process;
    process.start(QStringLiteral("sh"), {QStringLiteral("-c"), command});
    process.waitForFinished(30'000);
    return QString::fromUtf8(process.readAllStandardOutput()).trimmed();
}

} // namespace

class TestFarJourney : public QObject, private support::AppTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        keepAllInFolder();
        if (!support::hasBundledWeights()) {
            QSKIP("the bundled model's weights are not here");
        }
        const std::string problem = m_server.start();
        if (problem.rfind("skip: ", 0) == 0) {
            QSKIP(problem.c_str() + 6);
        }
        QVERIFY2(problem.empty(), problem.c_str());
        qputenv("LUTHIER_SSH", QByteArray::fromStdString(m_server.ssh()));
        open({}, kOpenMs);
        QTRY_VERIFY_WITH_TIMEOUT(page<TunePage>("tune")->isEnabled(), kOpenMs);
    }

    void cleanupTestCase() { m_app.reset(); }

    void choosesAndChecks()
    {
        m_app->window().showPage(QStringLiteral("tune"));
        auto* tune = page<TunePage>("tune");
        setValue(tune, "run.max_steps", std::int64_t{kSteps});
        setValue(tune, "run.epochs", std::int64_t{400});
        setValue(tune, "run.eval_every", std::int64_t{10'000});
        setValue(tune, "run.probe_tokens", std::int64_t{4});
        setValue(tune, "data.max_length", std::int64_t{128});
        setValue(tune, "run.batch_size", std::int64_t{1});
        setValue(tune, "run.gradient_accumulation", std::int64_t{1});
        auto* choice = find<QComboBox>(tune, "placeChoice");
        const int another = choice->findText(QStringLiteral("Another machine\u2026"));
        QVERIFY(another >= 0);
        chooseRow(choice, another);
        QPointer<RemoteDialog> dialog;
        QTRY_VERIFY((dialog = m_app->window().findChild<RemoteDialog*>()) != nullptr && dialog->isVisible());
        write(find<QComboBox>(dialog, "remoteHost")->lineEdit(), QStringLiteral("gone"));
        write(find<QLineEdit>(dialog, "remoteProgram"), kProgram);
        click(find<QPushButton>(dialog, "checkRemote"));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->isChecking(), kAwaitMs);
        QVERIFY(find<QLabel>(dialog, "remoteState")->text().contains(QStringLiteral("gone cannot be reached by ssh")));
        QVERIFY(!find<QPushButton>(dialog, "useRemote")->isEnabled());
        write(find<QComboBox>(dialog, "remoteHost")->lineEdit(), QStringLiteral("box"));
        click(find<QPushButton>(dialog, "checkRemote"));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->isChecking(), kAwaitMs);
        QVERIFY(find<QLabel>(dialog, "remoteState")->text().contains(QStringLiteral("cores")));
        support::savePicture(dialog->grab(), QStringLiteral("far-journey-check"));
        click(find<QPushButton>(dialog, "useRemote"));
        QTRY_VERIFY(dialog == nullptr || !dialog->isVisible());
        QCOMPARE(choice->currentText(), QStringLiteral("box"));
    }

    void startsAndIsWatched()
    {
        auto* tune = page<TunePage>("tune");
        QTRY_VERIFY_WITH_TIMEOUT(!tune->isChecking() && tune->mainAction()->isEnabled(), kAwaitMs);
        click(mainButton("tune")); // the gate
        QTRY_VERIFY(tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible());
        QTRY_VERIFY(mainButton("tune")->isEnabled());
        QTest::qWait(QApplication::doubleClickInterval() * 3 / 2); // sooner it were the second half of a double click
        click(mainButton("tune"));
        QTRY_COMPARE_WITH_TIMEOUT(m_app->window().currentPage(), QStringLiteral("runs"), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(runs()->isBusy() && runs()->runId() != 0, kOpenMs);
        QVERIFY(runs()->isFar());
        QTRY_VERIFY_WITH_TIMEOUT(page<RunsPage>("runs")->charts()->panels().front()->numPoints(0) >= 3, kAwaitMs);
        QVERIFY2(runs()->isBusy(), "the curve must grow while training goes on there");
        support::savePicture(m_app->window().grab(), QStringLiteral("far-journey-live"));
    }

    // What follows the run is killed: it is said, and it catches up.
    void aLostConnection()
    {
        QStringList said;
        const auto connection = connect(runs()->bridge(), &RunBridge::stageChanged, this, [&](const train::StageChanged& stage) { said << QString::fromStdString(stage.stage); });
        const std::int64_t before = runs()->step();
        const QString ssh = shell(QStringLiteral("for p in $(cat /proc/%1/task/*/children); do for q in $p $(cat /proc/$p/task/*/children); do grep -qz '^ssh$\\|/ssh$' /proc/$q/cmdline && echo $q; done; done").arg(QCoreApplication::applicationPid()));
        QVERIFY2(!ssh.isEmpty(), "nothing follows the run");
        shell(QStringLiteral("kill -9 ") + ssh.split(u'\n').join(u' '));
        QTRY_VERIFY_WITH_TIMEOUT(said.filter(QStringLiteral("Connected again")).size() > 0, kAwaitMs);
        const std::int64_t again = runs()->step();
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > again + 1, kAwaitMs);
        disconnect(connection);
        QVERIFY2(said.filter(QStringLiteral("is lost")).size() > 0, qPrintable(said.join(u'|')));
        QVERIFY(runs()->isBusy() && runs()->step() > before);
    }

    // Closing the window leaves the run going.
    void closesAndLeavesIt()
    {
        m_run = runs()->runId();
        const std::string folder = m_app->workspace().project()->folder().string();
        const fs::path here = m_app->workspace().project()->run(m_run)->folder;
        m_there = base::readJson(here / "remote.json")->at("folder").get<std::string>();
        m_app->window().close();
        QPointer<QMessageBox> question;
        QTRY_VERIFY((question = m_app->window().findChild<QMessageBox*>(QStringLiteral("closeQuestion"))) != nullptr && question->isVisible());
        support::savePicture(question->grab(), QStringLiteral("far-journey-close"));
        click(find<QPushButton>(question, "leaveAndClose"));
        QTRY_VERIFY_WITH_TIMEOUT(!m_app->window().isVisible(), kOpenMs);
        m_app.reset();
        const auto lines = [this] { return shell(QStringLiteral("grep -c '\"step\"' '%1/events.jsonl'").arg(QString::fromStdString(m_there))).toInt(); };
        const int left = lines();
        QTRY_VERIFY_WITH_TIMEOUT(lines() > left + 2, kAwaitMs); // it goes on
        open({QString::fromStdString(folder), {}}, kOpenMs);
        m_app->window().showPage(QStringLiteral("runs"));
        auto* watch = page<RunsPage>("runs");
        QTRY_VERIFY_WITH_TIMEOUT(watch->model()->find(m_run) != nullptr, kOpenMs);
        QVERIFY2(watch->model()->find(m_run)->sentence.find("goes on on box") != std::string::npos, watch->model()->find(m_run)->sentence.c_str());
    }

    // Resume tells what came in between; ended, with what it learned kept, the result lies here.
    void followsAndHasTheResult()
    {
        auto* watch = page<RunsPage>("runs");
        auto* table = watch->findChild<QTableView*>(QStringLiteral("runs"));
        QVERIFY(table != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(table->model()->rowCount() > 0, kOpenMs);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, RunsModel::kNameColumn)).center());
        QToolButton* resume = buttonOf("resumeRun");
        QVERIFY(resume != nullptr);
        QTRY_VERIFY(resume->isEnabled());
        click(resume);
        const std::int64_t left = watch->model()->find(m_run)->step;
        QTRY_VERIFY_WITH_TIMEOUT(runs()->isBusy() && runs()->step() > left + 2, kAwaitMs);
        auto* keep = m_app->window().findChild<QAction*>(QStringLiteral("keepRun"));
        QVERIFY(keep != nullptr);
        keep->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        QTRY_COMPARE(watch->model()->find(m_run)->state, std::string("stopped"));
        const auto row = m_app->workspace().project()->run(m_run);
        QVERIFY(row.ok() && row->step > left && fs::exists(row->folder + "/adapter/adapter_model.safetensors"));
        QTRY_COMPARE_WITH_TIMEOUT(watch->charts()->panels().front()->numPoints(0), static_cast<int>(row->step), kOpenMs); // each once
        support::savePicture(m_app->window().grab(), QStringLiteral("far-journey-end"));
    }

private:
    RunController* runs() const { return m_app->workspace().runs(); }
    static void click(QWidget* widget) { QTest::mouseClick(widget, Qt::LeftButton); }
    static void write(QLineEdit* edit, const QString& text)
    {
        QTest::mouseDClick(edit, Qt::LeftButton);
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }
    QToolButton* buttonOf(const char* action) const
    {
        for (auto* button : m_app->window().findChildren<QToolButton*>()) {
            if (button->isVisible() && button->defaultAction() != nullptr && button->defaultAction()->objectName() == QLatin1String(action)) {
                return button;
            }
        }
        return nullptr;
    }

    support::SshServer m_server;
    store::RunId m_run = 0;
    std::string m_there;
};

QTEST_MAIN(TestFarJourney)
#include "tst_far_journey.moc"
