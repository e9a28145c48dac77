// SPDX-License-Identifier: GPL-3.0-or-later
// Where a run works, from the window: in several processes of this machine and on another machine, here this one behind an sshd of
// the test's own. What comes back are the events, the edits' effect and the results of a run in the window itself.
#include "tests/support/page_test.h"
#include "tests/support/ssh_server.h"
#include "tests/support/tiny_run.h"

#include "core/measures/rank_measures.h"
#include "core/train/event_measures.h"
#include "ui/dialogs/remote_dialog.h"
#include "ui/pages/tune/tune_place.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

#include <cmath>
#include <map>

using namespace luthier;
using namespace luthier::ui;
namespace fs = std::filesystem;

namespace {

constexpr int kAwaitMs = 120'000;
const std::string kProgram = LUTHIER_BIN_DIR "/luthier";

std::map<std::int64_t, double> lossesOf(store::Project& project, store::RunId id, std::map<std::int64_t, int>* told = nullptr)
{
    std::map<std::int64_t, double> losses;
    const auto events = project.events(id);
    for (const train::Event& event : events ? *events : std::vector<train::Event>()) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            losses[step->step] = step->loss;
            if (told) {
                ++(*told)[step->step];
            }
        }
    }
    return losses;
}

} // namespace

class TestPlaces : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("LUTHIER_PROGRAM", kProgram.c_str());
        qputenv("LUTHIER_RESOURCES", LUTHIER_SOURCE_DIR "/resources");
        m_problem = m_server.start();
        qputenv("LUTHIER_SSH", QByteArray::fromStdString(m_server.ssh()));
    }

    void init()
    {
        m_tiny = std::make_unique<support::TinyRun>();
        m_tiny->config.run.gradientAccumulation = 4;
        m_tiny->config.run.batchSize = 1;
        m_tiny->config.model.dtype = "fp32";
        qputenv("LUTHIER_SETTINGS", m_tiny->folder.filePath(QStringLiteral("settings.ini")).toUtf8());
        m_workspace = std::make_unique<Workspace>();
        auto project = store::Project::open(m_tiny->path("project"));
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        m_workspace->setProject(*project);
        // What only the project knows: neither the ranks nor another machine may train on these.
        QVERIFY((*project)->setExcluded(m_tiny->path("rows.jsonl"), {1, 2, 3, 4, 5}, true).ok());
    }

    void cleanup()
    {
        m_workspace.reset();
        waitForJobs();
    }

    void severalProcesses()
    {
        const auto alone = train({});
        QVERIFY(alone.size() >= 5);
        away::RunPlace place;
        place.devices = "cpu:2";
        same(train(place), alone);
        const auto events = project().events(runs()->runId());
        QVERIFY(events.ok());
        bool areTold = false;
        for (const train::Event& event : *events) {
            if (const auto* step = std::get_if<train::StepDone>(&event)) {
                for (const measures::Measure& kind : measures::rankTable()) {
                    if (kind.id == "rank_memory") {
                        continue; // earlier versions wrote it; rank_memory_gb stands for it
                    }
                    for (int rank = 0; rank < 2; ++rank) {
                        QVERIFY(train::valueOf(*step, measures::ofRank(kind, rank)).has_value());
                    }
                    QVERIFY(!train::valueOf(*step, measures::ofRank(kind, 2)));
                }
                areTold = true;
            }
            if (const auto* started = std::get_if<train::RunStarted>(&event)) {
                QCOMPARE(started->ranks, std::int64_t{2});
            }
        }
        QVERIFY(areTold);
        const auto row = project().run(runs()->runId());
        QVERIFY(row.ok() && fs::exists(row->result));
        QCOMPARE(row->state, std::string("finished"));
        QVERIFY(!fs::exists(row->folder + ".asked"));
    }

    // Held, asked, let go, stopped; and it goes on in as many processes.
    void processesAreSteered()
    {
        m_tiny->config.run.epochs = 400;
        away::RunPlace place;
        place.devices = "cpu:2";
        QVERIFY(start(place));
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() >= 2, kAwaitMs);
        QSignalSpy samples(runs()->bridge(), &RunBridge::sampleDone);
        runs()->setHeld(true);
        runs()->tryPrompt(QStringLiteral("What lies on bench 3?"));
        QTRY_VERIFY_WITH_TIMEOUT(!samples.isEmpty(), kAwaitMs);
        const std::int64_t held = runs()->step();
        QTest::qWait(1500);
        QVERIFY(runs()->step() <= held + 1); // one that was under way
        QCOMPARE(runs()->state(), RunController::State::Held);
        runs()->setHeld(false);
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > held + 2, kAwaitMs);
        runs()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        const auto row = project().run(runs()->runId());
        QVERIFY(row.ok());
        QCOMPARE(row->state, std::string("stopped"));
        const std::int64_t stopped = row->step;
        runs()->resume(row->id);
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > stopped + 1, kAwaitMs);
        runs()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        std::int64_t ranks = 0;
        const auto events = project().events(row->id);
        QVERIFY(events.ok());
        for (const train::Event& event : *events) {
            if (const auto* started = std::get_if<train::RunStarted>(&event)) {
                ranks = started->ranks;
            }
        }
        QCOMPARE(ranks, std::int64_t{2});
    }

    void whatCannotStartIsSaid()
    {
        QSignalSpy failed(runs(), &RunController::failed);
        away::RunPlace place;
        place.devices = "cuda:98,cuda:99";
        QVERIFY(start(place));
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        QVERIFY(!failed.isEmpty());
        QVERIFY2(failed.last()[0].toString().contains(QStringLiteral("cuda:98")), qPrintable(failed.last()[0].toString()));
    }

    void anotherMachine()
    {
        if (!m_problem.empty()) {
            QSKIP(m_problem.c_str());
        }
        const auto alone = train({});
        same(train(box()), alone);
        const auto row = project().run(runs()->runId());
        QVERIFY(row.ok());
        QCOMPARE(row->state, std::string("finished"));
        QVERIFY(fs::exists(row->folder + "/adapter/adapter_model.safetensors"));
        QCOMPARE(row->result, row->folder + "/adapter");
    }

    // The window is closed, the run goes on, and following it again tells everything once; stopped, it goes on there.
    void leftAndFollowedAgain()
    {
        if (!m_problem.empty()) {
            QSKIP(m_problem.c_str());
        }
        m_tiny->config.run.epochs = 300;
        QVERIFY(start(box()));
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() >= 3, kAwaitMs);
        QVERIFY(runs()->isFar());
        const store::RunId id = runs()->runId();
        const std::string folder = project().run(id)->folder;
        cleanup(); // as the window's end
        m_workspace = std::make_unique<Workspace>();
        m_workspace->setProject(*store::Project::open(m_tiny->path("project")));
        const auto left = project().run(id);
        QVERIFY2(left->sentence.find("goes on on box") != std::string::npos, left->sentence.c_str());
        const std::int64_t seen = left->step;
        QTest::qWait(1000);
        runs()->resume(id);
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > seen + 5, kAwaitMs);
        runs()->leave();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        runs()->resume(id);
        const std::int64_t again = project().run(id)->step;
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > again + 1, kAwaitMs);
        runs()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        const auto stopped = project().run(id);
        QCOMPARE(stopped->state, std::string("stopped"));
        std::map<std::int64_t, int> told;
        lossesOf(project(), id, &told);
        QCOMPARE(told.rbegin()->first, stopped->step);
        QCOMPARE(static_cast<std::int64_t>(told.size()), stopped->step);
        for (const auto& [step, times] : told) {
            QVERIFY2(times == 1, std::to_string(step).c_str());
        }
        runs()->resume(id); // it has ended there, and goes on there
        QTRY_VERIFY_WITH_TIMEOUT(runs()->step() > stopped->step + 1, kAwaitMs);
        runs()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!runs()->isBusy(), kAwaitMs);
        QVERIFY(project().run(id)->step > stopped->step);
    }

    void lookingAtAMachine_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("said");
        QTest::addColumn<bool>("good");
        m_server.write("older", "#!/bin/sh\necho '{\"version\":\"0.0.1\"}'\n");
        fs::permissions(m_server.path("older"), fs::perms::owner_all);
        const QString program = QString::fromStdString(kProgram);
        QTest::newRow("good") << "box" << program << "cores" << true;
        QTest::newRow("gone") << "gone" << program << "gone cannot be reached by ssh" << false;
        QTest::newRow("stranger") << "stranger" << program << "is not known to ssh here yet" << false;
        QTest::newRow("older") << "box" << QString::fromStdString(m_server.path("older")) << "install the same version on both" << false;
        QTest::newRow("no luthier") << "box" << "no-such-program" << "there is no program no-such-program" << false;
    }

    void lookingAtAMachine()
    {
        if (!m_problem.empty()) {
            QSKIP(m_problem.c_str());
        }
        QFETCH(QString, host);
        QFETCH(QString, program);
        QFETCH(QString, said);
        QFETCH(bool, good);
        auto* dialog = new RemoteDialog({});
        dialog->show();
        QVERIFY(!find<QPushButton>(dialog, "useRemote")->isEnabled());
        QVERIFY(!find<QPushButton>(dialog, "checkRemote")->isEnabled() || !find<QComboBox>(dialog, "remoteHost")->currentText().isEmpty());
        find<QComboBox>(dialog, "remoteHost")->setEditText(host);
        find<QLineEdit>(dialog, "remoteProgram")->setText(program);
        find<QPushButton>(dialog, "checkRemote")->click();
        auto* state = find<QLabel>(dialog, "remoteState");
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->isChecking(), kAwaitMs);
        QVERIFY2(state->text().contains(said), qPrintable(state->text()));
        QCOMPARE(find<QPushButton>(dialog, "useRemote")->isEnabled(), good);
        support::savePicture(dialog->grab(), QStringLiteral("remote-dialog-%1").arg(QString::fromLatin1(QTest::currentDataTag()).replace(u' ', u'-')));
        QSignalSpy chosen(dialog, &RemoteDialog::chosen);
        if (good) {
            find<QPushButton>(dialog, "useRemote")->click();
            QCOMPARE(chosen.size(), 1);
        } else {
            dialog->close();
        }
    }

    void choosing()
    {
        auto place = std::make_unique<TunePlace>(*m_workspace);
        place->resize(320, 260);
        place->show();
        auto* choice = find<QComboBox>(place.get(), "placeChoice");
        QCOMPARE(choice->currentText(), QStringLiteral("One device"));
        QVERIFY(!place->place().isAway());
        waitForJobs();
        QTest::qWait(50);
        place->setCards({{"NVIDIA H200", 150'000'000'000, 149'000'000'000}, {"NVIDIA H200", 150'000'000'000, 20'000'000'000}, {"NVIDIA T4", 0, 0}});
        pick(choice, "Several cards");
        QCOMPARE(place->place().devices, std::string("cuda:0,cuda:1,cuda:2"));
        auto* list = find<QListWidget>(place.get(), "placeCards");
        QVERIFY(list->isVisible());
        list->item(1)->setCheckState(Qt::Unchecked);
        QCOMPARE(place->place().devices, std::string("cuda:0,cuda:2"));
        QCOMPARE(place->devices(), (std::vector<std::string>{"cuda:0", "cuda:2"}));
        support::savePicture(place->grab(), QStringLiteral("tune-place-cards"));
        place->setStepBatches(1);
        QVERIFY(find<QLabel>(place.get(), "placeNote")->text().contains(QStringLiteral("fewer than these")));
        place->setStepBatches(4);
        const auto need = [](const char* device, std::int64_t whole, std::int64_t split, std::int64_t free) {
            train::RankNeed rank{device, {}, {}};
            rank.whole.parts.weights = whole;
            rank.split.parts.weights = split;
            rank.whole.free = rank.split.free = free;
            return rank;
        };
        train::RankPlan needs;
        needs.ranks = {need("cuda:0", 40'000'000'000, 22'000'000'000, 149'000'000'000), need("cuda:2", 40'000'000'000, 22'000'000'000, 30'000'000'000)};
        needs.sentence = "A part of it on each fits.";
        place->showNeeds(needs);
        const QString told = find<QLabel>(place.get(), "placeNote")->text();
        for (const char* part : {"cuda:0: 40.0 GB with everything whole, 22.0 GB in parts; 149.0 GB free.", "cuda:2: ", "30.0 GB free.", "A part of it on each fits."}) {
            QVERIFY2(told.contains(QString::fromLatin1(part)), qPrintable(told));
        }
        place->adjustSize();
        support::savePicture(place->grab(), QStringLiteral("tune-place-needs"));
        pick(choice, "Several processes of the processor");
        QCOMPARE(place->place().devices, std::string("cpu:2"));
        QVERIFY(find<QSpinBox>(place.get(), "placeProcesses")->isVisible());
        waitForJobs();
        QTest::qWait(50);
        // Remembered with the project.
        QCOMPARE(*away::placeFromJson(*project().value("place")), place->place());
        QPointer<RemoteDialog> dialog = place->askForHost();
        find<QComboBox>(dialog, "remoteHost")->setEditText(QStringLiteral("node1, node2"));
        QCOMPARE(dialog->place().hosts.size(), std::size_t{2});
        Q_EMIT dialog->chosen(dialog->place());
        dialog->close();
        QCOMPARE(choice->currentText(), QStringLiteral("node1, node2"));
        pick(choice, "One device");
        QVERIFY(!place->place().isAway());
        QVERIFY(choice->findText(QStringLiteral("node1, node2")) >= 0);
        place.reset();
        waitForJobs();
    }

private:
    template <class T>
    static T* find(QWidget* in, const char* name)
    {
        return support::child<T>(in, name);
    }
    static void pick(QComboBox* choice, const char* text)
    {
        const int row = choice->findText(QString::fromLatin1(text));
        QVERIFY2(row >= 0, text);
        choice->setCurrentIndex(row);
        Q_EMIT choice->activated(row);
    }
    RunController* runs() const { return m_workspace->runs(); }
    store::Project& project() const { return *m_workspace->project(); }
    away::RunPlace box() const
    {
        away::RunPlace place;
        place.hosts = {"box"};
        place.program = kProgram;
        return place;
    }
    bool start(const away::RunPlace& place)
    {
        QSignalSpy starting(runs(), &RunController::runStarting);
        runs()->start(m_tiny->config, place);
        return QTest::qWaitFor([&] { return !starting.isEmpty() || !runs()->isBusy(); }, kAwaitMs) && !starting.isEmpty();
    }
    std::map<std::int64_t, double> train(const away::RunPlace& place)
    {
        QSignalSpy failed(runs(), &RunController::failed);
        const bool done = start(place) && QTest::qWaitFor([this] { return !runs()->isBusy(); }, kAwaitMs);
        for (const auto& sentence : failed) {
            qWarning("%s", qPrintable(sentence[0].toString()));
        }
        return done ? lossesOf(project(), runs()->runId()) : std::map<std::int64_t, double>();
    }
    static void same(const std::map<std::int64_t, double>& got, const std::map<std::int64_t, double>& expected)
    {
        QCOMPARE(got.size(), expected.size());
        for (const auto& [step, loss] : expected) {
            QVERIFY2(got.count(step) && std::abs(got.at(step) - loss) <= 1e-6 * std::max(1.0, std::abs(loss)), std::to_string(step).c_str());
        }
    }

    support::SshServer m_server;
    std::string m_problem;
    std::unique_ptr<support::TinyRun> m_tiny;
    std::unique_ptr<Workspace> m_workspace;
};

QTEST_MAIN(TestPlaces)
#include "tst_places.moc"
