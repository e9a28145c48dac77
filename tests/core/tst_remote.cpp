// SPDX-License-Identifier: GPL-3.0-or-later
// Runs on another machine, here this one behind an sshd of the test's own on loopback: what it needs is brought there, it outlives
// the connection, and what comes back is what a run here would have made.
#include "tests/support/free_port.h"
#include "tests/support/ssh_server.h"
#include "tests/support/tiny_run.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QtTest>

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

using namespace luthier;
namespace fs = std::filesystem;
using support::TinyRun;
using support::freePort;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

std::string readAll(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

std::vector<Json> eventsOf(const std::string& text, const char* kind)
{
    std::vector<Json> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto json = base::parseJson(line);
        if (json && json->value("event", std::string()) == kind) {
            found.push_back(*json);
        }
    }
    return found;
}

struct Said {
    int code = -1;
    std::string out;
    std::string err;
};

} // namespace

class TestRemote : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void asOnThisMachine_data();
    void asOnThisMachine();
    void aLostConnectionLosesNothing();
    void leftRunningAndStopped();
    void killedWhileNobodyListens();
    void whatIsWrongIsSaid();

private:
    void prepare(QProcess& process, const QStringList& arguments) const;
    Said luthier(const QStringList& arguments) const;
    QString recipeOf(const TinyRun& run) const;
    QStringList launch(const TinyRun& run, const std::string& out, const QStringList& more = {}) const;
    std::string wrong(const TinyRun& run, const QStringList& more) const;
    std::string path(const char* name) const { return m_server.path(name); }

    support::SshServer m_server;
    mutable int m_made = 0;
};

void TestRemote::initTestCase()
{
    const std::string problem = m_server.start();
    if (problem.rfind("skip: ", 0) == 0) {
        QSKIP(problem.c_str() + 6);
    }
    QVERIFY2(problem.empty(), problem.c_str());
}

void TestRemote::prepare(QProcess& process, const QStringList& arguments) const
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LUTHIER_RESOURCES"), QStringLiteral(LUTHIER_SOURCE_DIR "/resources"));
    environment.insert(QStringLiteral("LUTHIER_SSH"), QString::fromStdString(m_server.ssh()));
    process.setProcessEnvironment(environment);
    process.setProgram(kProgram);
    process.setArguments(arguments);
}

Said TestRemote::luthier(const QStringList& arguments) const
{
    QProcess process;
    prepare(process, arguments);
    process.start();
    Said said;
    if (process.waitForFinished(150'000) && process.exitStatus() == QProcess::NormalExit) {
        said.code = process.exitCode();
    }
    said.out = process.readAllStandardOutput().toStdString();
    said.err = process.readAllStandardError().toStdString();
    return said;
}

QString TestRemote::recipeOf(const TinyRun& run) const
{
    write(run.path("recipe.json"), base::dumpJson(config::toJson(run.config)));
    return QString::fromStdString(run.path("recipe.json"));
}

QStringList TestRemote::launch(const TinyRun& run, const std::string& out, const QStringList& more) const
{
    return QStringList{"launch", "--program", kProgram, recipeOf(run), "--out", QString::fromStdString(run.path(out)), "--json"}
           + (more.contains(QStringLiteral("--ssh")) ? more : QStringList{"--ssh", "box"} + more);
}

void TestRemote::asOnThisMachine_data()
{
    QTest::addColumn<QStringList>("more");
    QTest::newRow("a shared disk") << QStringList{};
    QTest::newRow("copies") << QStringList{"--copy"};
    QTest::newRow("copies, two ranks") << QStringList{"--copy", "--devices", "cpu:2", "--port", QString::number(freePort())};
}

void TestRemote::asOnThisMachine()
{
    QFETCH(QStringList, more);
    TinyRun run;
    const Said here = luthier({"tune", recipeOf(run), "--out", QString::fromStdString(run.path("here")), "--json"});
    QVERIFY2(here.code == 0, here.err.c_str());
    const Said far = luthier(launch(run, "far", more));
    QVERIFY2(far.code == 0, far.err.c_str());
    const auto own = eventsOf(here.out, "step");
    const auto there = eventsOf(far.out, "step");
    QCOMPARE(there.size(), own.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
        QVERIFY(std::abs(there[i]["loss"].get<double>() - own[i]["loss"].get<double>()) < 1e-6);
    }
    const auto end = eventsOf(far.out, "end");
    QCOMPARE(end.size(), std::size_t{1});
    QCOMPARE(end[0]["adapter"].get<std::string>(), run.path("far/adapter")); // where it lies here
    QVERIFY(fs::exists(run.path("far/adapter/adapter_model.safetensors")));
    QVERIFY(!fs::exists(run.path("far/checkpoints")));
    if (!more.isEmpty()) {
        int brought = 0;
        for (const auto& entry : fs::directory_iterator(path("home") + "/.cache/luthier/brought")) {
            brought += entry.is_directory() ? 1 : 0;
        }
        QVERIFY(brought >= 2); // model, and rows
    }
    const Said fetched = luthier({"remote", "fetch", QString::fromStdString(run.path("far")), "--checkpoints"});
    QVERIFY2(fetched.code == 0, fetched.err.c_str());
    QVERIFY(fs::exists(run.path("far/checkpoints")));
}

void TestRemote::aLostConnectionLosesNothing()
{
    TinyRun run;
    run.config.run.epochs = 40;
    QProcess process;
    prepare(process, launch(run, "far"));
    process.start();
    std::string out;
    QElapsedTimer clock;
    clock.start();
    while (out.find("\"event\":\"step\",\"step\":3,") == std::string::npos && clock.elapsed() < 90'000) {
        process.waitForReadyRead(100);
        out += process.readAllStandardOutput().toStdString();
    }
    // What follows the run is the one command that this program waits for now.
    QCOMPARE(QProcess::execute(QStringLiteral("sh"), {"-c", QStringLiteral("kill $(cat /proc/%1/task/*/children)").arg(process.processId())}), 0);
    QVERIFY(process.waitForFinished(150'000));
    out += process.readAllStandardOutput().toStdString();
    const std::string err = process.readAllStandardError().toStdString();
    QVERIFY2(process.exitCode() == 0, err.c_str());
    QVERIFY2(err.find("is lost; the run goes on there") != std::string::npos && err.find("Connected again") != std::string::npos, err.c_str());
    std::map<std::int64_t, int> told;
    for (const Json& step : eventsOf(out, "step")) {
        ++told[step["step"].get<std::int64_t>()];
    }
    QCOMPARE(told.size(), std::size_t{360});
    for (const auto& [step, times] : told) {
        QVERIFY2(times == 1, std::to_string(step).c_str());
    }
    QCOMPARE(eventsOf(readAll(run.path("far/events.jsonl")), "step").size(), std::size_t{360});
}

void TestRemote::leftRunningAndStopped()
{
    TinyRun run;
    run.config.run.epochs = 4000;
    const QString out = QString::fromStdString(run.path("far"));
    const Said started = luthier(launch(run, "far", {"--detach"}));
    QVERIFY2(started.code == 0, started.err.c_str());
    QProcess process;
    prepare(process, {"remote", "follow", out, "--json"});
    process.start();
    QVERIFY(process.waitForReadyRead(60'000));
    QTest::qWait(1500);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(10'000));
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(process.readAllStandardError().contains("The run goes on"));
    const Said stopped = luthier({"remote", "stop", out});
    QVERIFY2(stopped.code == 0, stopped.err.c_str());
    const Said followed = luthier({"remote", "follow", out, "--json"});
    QCOMPARE(followed.code, 130);
    const auto end = eventsOf(readAll(run.path("far/events.jsonl")), "end");
    QCOMPARE(end.size(), std::size_t{1});
    QCOMPARE(end[0]["outcome"].get<std::string>(), "stopped");
}

// It leaves no last word: whoever follows hears that it is over, and resuming goes on from its checkpoint.
void TestRemote::killedWhileNobodyListens()
{
    TinyRun run;
    run.config.run.epochs = 400;
    run.config.run.checkpointEvery = 5;
    const QString out = QString::fromStdString(run.path("far"));
    const Said started = luthier(launch(run, "far", {"--detach"}));
    QVERIFY2(started.code == 0, started.err.c_str());
    const fs::path there = base::readJson(run.path("far/remote.json"))->at("folder").get<std::string>();
    QElapsedTimer clock;
    clock.start();
    while (readAll(there / "events.jsonl").find("\"event\":\"checkpoint\"") == std::string::npos && clock.elapsed() < 90'000) {
        QTest::qWait(100);
    }
    QCOMPARE(QProcess::execute(QStringLiteral("sh"), {"-c", QStringLiteral("kill -9 $(cat %1/pid)").arg(QString::fromStdString(there.string()))}), 0);
    const Said over = luthier({"remote", "follow", out, "--json"});
    QCOMPARE(over.code, 1);
    QVERIFY2(over.err.find("remote resume") != std::string::npos, over.err.c_str());
    QProcess process;
    prepare(process, {"remote", "resume", out, "--json"});
    process.start();
    std::string again;
    for (clock.restart(); eventsOf(again, "step").size() < 8 && clock.elapsed() < 90'000;) {
        process.waitForReadyRead(100);
        again += process.readAllStandardOutput().toStdString();
    }
    const auto steps = eventsOf(again, "step");
    QVERIFY2(steps.size() >= 8, process.readAllStandardError().constData());
    QVERIFY((steps.front()["step"].get<int>() - 1) % 5 == 0 && steps.front()["step"].get<int>() > 1); // behind a checkpoint
    QVERIFY(luthier({"remote", "stop", out}).code == 0);
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 130);
}

// What stderr says, where it was said in time and with code 1.
std::string TestRemote::wrong(const TinyRun& run, const QStringList& more) const
{
    QElapsedTimer clock;
    clock.start();
    static_cast<void>(luthier({"launch", "--describe"}));
    const qint64 start = clock.restart(); // what starting takes on this machine now is no wait of the run; it starts there, too
    const Said end = luthier(launch(run, "wrong" + std::to_string(++m_made), more));
    return end.code == 1 && clock.elapsed() < 10'000 + 3 * start ? end.err : "code " + std::to_string(end.code) + " after " + std::to_string(clock.elapsed()) + " ms: " + end.err;
}

void TestRemote::whatIsWrongIsSaid()
{
    TinyRun run;
    const auto has = [&](const QStringList& more, const char* part) {
        const std::string said = wrong(run, more);
        const bool isRight = said.find(part) != std::string::npos && said.find("code ") != 0;
        if (!isRight) {
            qWarning("%s", said.c_str());
        }
        return isRight ? std::string() : said;
    };
    QCOMPARE(has({"--ssh", "gone"}, "gone cannot be reached by ssh"), std::string());
    QCOMPARE(has({"--ssh", "stranger"}, "stranger is not known to ssh here yet. Confirm its key once"), std::string());
    QCOMPARE(has({"--ssh", "a b"}, "\"a b\" is no host"), std::string());
    QCOMPARE(has({"--devices", "cuda:99"}, "box: --devices cuda:99"), std::string());
    write(path("older"), "#!/bin/sh\necho '{\"version\":\"0.0.1\"}'\n");
    fs::permissions(path("older"), fs::perms::owner_all);
    auto arguments = launch(run, "older");
    arguments[2] = QString::fromStdString(path("older"));
    QVERIFY(luthier(arguments).err.find("install the same version on both") != std::string::npos);
    arguments[2] = QStringLiteral("no-such-program");
    QVERIFY(luthier(arguments).err.find("there is no program no-such-program") != std::string::npos);
    const Said nothing = luthier({"remote", "follow", QString::fromStdString(run.path("nowhere"))});
    QCOMPARE(nothing.code, 1);
    QVERIFY2(nothing.err.find("is no folder of a run on another machine") != std::string::npos, nothing.err.c_str());
}

QTEST_GUILESS_MAIN(TestRemote)
#include "tst_remote.moc"
