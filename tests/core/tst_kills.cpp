// SPDX-License-Identifier: GPL-3.0-or-later
// kill -9 at random moments of the real program: what it had said a second before is in the project, the run is interrupted, every curve is
// whole, and it goes on to what an uninterrupted run ends with, to the bit. LUTHIER_KILLS says how many (8; a long test takes 100).
#include "core/base/files.h"
#include "core/config/run_config.h"
#include "core/store/project.h"
#include "tests/support/file_bytes.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QtTest>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace luthier;
using support::bytesOf;
using support::need;
namespace fs = std::filesystem;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
constexpr qint64 kOnDiskAfter = 1000; // ms, on a machine that lets both programs run
constexpr int kMostKillsOfARun = 6;
constexpr std::int64_t kSteps = 240; // so that most moments are at work

struct Sitting {
    bool isKilled = false;
    int code = -1;
    std::map<std::int64_t, qint64> said; // steps, and how long before the end they were said
    qint64 stall = 0;                    // the longest that this machine kept the test itself waiting
    QByteArray problem;
};

// Killed after so many milliseconds, unless it is done before; 0: never.
Sitting sit(const QStringList& arguments, int killAfter)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::SeparateChannels);
    process.start(kProgram, arguments + QStringList{"--json", "--device", "cpu", "--threads", "1"});
    Sitting sitting;
    std::map<std::int64_t, qint64> at;
    QElapsedTimer clock;
    clock.start();
    QByteArray rest;
    const auto read = [&] {
        rest += process.readAllStandardOutput();
        for (qsizetype end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
            const auto object = QJsonDocument::fromJson(rest.left(end)).object();
            if (object["event"] == QLatin1String("step")) {
                at[object["step"].toInteger()] = clock.elapsed();
            }
            rest.remove(0, end + 1);
        }
    };
    for (qint64 before = 0; process.state() != QProcess::NotRunning; before = clock.elapsed()) {
        process.waitForReadyRead(20);
        sitting.stall = std::max(sitting.stall, clock.elapsed() - before);
        read();
        if (killAfter > 0 && clock.elapsed() >= killAfter && !sitting.isKilled) {
            sitting.isKilled = true;
            process.kill(); // SIGKILL
        }
        process.waitForFinished(1);
    }
    const qint64 end = sitting.isKilled ? killAfter : clock.elapsed();
    for (const auto& [step, time] : at) { // what was still in the pipe is not known to be older
        sitting.said[step] = end - time;
    }
    sitting.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    sitting.problem = process.readAllStandardError().right(500);
    return sitting;
}

} // namespace

class TestKills : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void killedAtRandom();

private:
    QString path(const char* name) const { return QString::fromStdString(m_tiny.path(name)); }
    store::RunRow newest() const;
    void checkKilled(const Sitting& sitting);

    support::TinyRun m_tiny;
    std::string m_wanted; // the uninterrupted run's result
    std::map<std::int64_t, double> m_losses;
};

void TestKills::initTestCase()
{
    m_tiny.config.run.maxSteps = kSteps;
    m_tiny.config.run.epochs = 100;
    m_tiny.config.run.checkpointEvery = 4;
    m_tiny.config.run.evalEvery = 10;
    m_tiny.config.optimizer.learningRate = 1e-3;
    need(base::writeFileAtomically(m_tiny.path("recipe.json"), base::dumpJson(config::toJson(m_tiny.config))));
    const auto whole = sit({"tune", path("recipe.json"), "--project", path("whole")}, 0);
    QVERIFY2(whole.code == 0, whole.problem);
    const auto project = store::Project::open(m_tiny.path("whole"), true);
    QVERIFY(project.ok());
    const auto runs = (*project)->runs();
    QVERIFY(runs.ok() && runs->size() == 1);
    m_wanted = bytesOf(fs::path(runs->front().result) / "adapter_model.safetensors");
    QVERIFY(!m_wanted.empty());
    const auto events = (*project)->events(runs->front().id);
    QVERIFY(events.ok());
    for (const train::Event& event : *events) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            m_losses[step->step] = step->loss;
        }
    }
    QCOMPARE(m_losses.size(), static_cast<std::size_t>(kSteps));
}

store::RunRow TestKills::newest() const
{
    const auto project = store::Project::open(m_tiny.path("project"));
    if (!project) {
        return {};
    }
    const auto runs = (*project)->runs();
    return runs && !runs->empty() ? runs->front() : store::RunRow{};
}

void TestKills::checkKilled(const Sitting& sitting)
{
    const auto row = newest(); // opened as after a crash
    QCOMPARE(row.state, std::string("interrupted"));
    const auto project = store::Project::open(m_tiny.path("project"), true);
    QVERIFY(project.ok());
    const auto events = (*project)->events(row.id);
    QVERIFY2(events.ok(), events.ok() ? "" : events.message().c_str());
    std::set<std::int64_t> written;
    for (const train::Event& event : *events) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            QCOMPARE(step->loss, m_losses.at(step->step)); // a curve is the uninterrupted run's, as far as it goes
            QVERIFY2(written.insert(step->step).second, "a step stands twice");
        }
    }
    for (std::int64_t step = 1; step <= static_cast<std::int64_t>(written.size()); ++step) {
        QVERIFY2(written.contains(step), qPrintable(QStringLiteral("step %1 is missing").arg(step)));
    }
    for (const auto& [step, before] : sitting.said) {
        QVERIFY2(before < kOnDiskAfter + 2 * sitting.stall || written.contains(step), qPrintable(QStringLiteral("step %1 was said %2 ms before the kill").arg(step).arg(before)));
    }
}

void TestKills::killedAtRandom()
{
    const int wanted = qEnvironmentVariableIntValue("LUTHIER_KILLS") > 0 ? qEnvironmentVariableIntValue("LUTHIER_KILLS") : 8;
    std::mt19937 random(20240726);
    // From the start of the program to behind its last step.
    QElapsedTimer clock;
    clock.start();
    QCOMPARE(sit({"tune", path("recipe.json"), "--out", path("timed")}, 0).code, 0);
    std::uniform_int_distribution<int> moment(50, std::max(200, static_cast<int>(clock.elapsed())));
    int kills = 0;
    int runs = 0;
    int working = 0; // killed between the first step and the end
    while (kills < wanted) {
        ++runs;
        bool isFirst = true;
        for (int ofRun = 0;; ++ofRun) {
            const int when = kills < wanted && ofRun < kMostKillsOfARun ? moment(random) : 0;
            const auto row = newest();
            const bool begins = isFirst || row.folder.empty() || !fs::exists(fs::path(row.folder) / "recipe.json");
            const auto sitting = begins ? sit({"tune", path("recipe.json"), "--project", path("project")}, when)
                                        : sit({"resume", QString::fromStdString(row.folder)}, when);
            if (!sitting.isKilled) {
                QVERIFY2(sitting.code == 0, sitting.problem);
                break;
            }
            ++kills;
            working += !sitting.said.empty();
            if (newest().id > 0 && newest().state != "finished" && fs::exists(fs::path(newest().folder) / "recipe.json")) {
                checkKilled(sitting);
                if (QTest::currentTestFailed()) {
                    return;
                }
                isFirst = false;
            } else if (newest().state == "finished") { // killed behind the end
                break;
            }
        }
        const auto row = newest();
        QCOMPARE(row.state, std::string("finished"));
        QVERIFY(bytesOf(fs::path(row.result) / "adapter_model.safetensors") == m_wanted);
    }
    qInfo("%d kills in %d runs, %d of them while it worked", kills, runs, working);
}

QTEST_GUILESS_MAIN(TestKills)
#include "tst_kills.moc"
