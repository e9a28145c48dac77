// SPDX-License-Identifier: GPL-3.0-or-later
// The queue of runs by the program: recipes are added, put in another order, taken out and trained one after the other; whoever is killed
// or stopped meanwhile goes on where it was, and no run is made twice or lost. What cannot be is refused with a sentence.
#include "core/away/asked_queue.h"
#include "core/store/project.h"
#include "tests/support/need.h"
#include "tests/support/ranked_run.h"

#include <QtTest>

#include <csignal>

using namespace luthier;
using namespace luthier::support;
namespace fs = std::filesystem;

class TestQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void order();
    void goesOnAfterAKill_data();
    void goesOnAfterAKill();
    void aFailureLetsTheNextBegin();
    void stoppedByHand();
    void badInput_data();
    void badInput();
    void unreadableQueue();
    void placesAreKept();
    void anotherProgramHasTheProjectOpen();
    void changesMeetAnotherQueue();
};

namespace {

struct Queued : RankedRun {
    QString project = QString::fromStdString(path("project"));

    Queued()
    {
        config.run.batchSize = 2;
        config.run.gradientAccumulation = 1;
        config.run.maxSteps = 3;
    }

    Said say(QStringList arguments) const
    {
        return runProgram(QStringList{"queue"} + arguments + QStringList{"--project", project, "--json", "--threads", "1"});
    }
    Said add(const char* name, const QStringList& settings = {}) const
    {
        return say(QStringList{"add", recipe(), "--set", QStringLiteral("run.name=%1").arg(QLatin1String(name))} + settings);
    }
    // Names in their order.
    std::vector<std::string> waiting() const
    {
        const Said said = say({});
        std::vector<std::string> names;
        std::istringstream lines(said.out);
        for (std::string line; std::getline(lines, line);) {
            names.push_back((*base::parseJson(line))["name"].get<std::string>());
        }
        return names;
    }
    std::vector<store::RunRow> runs() const
    {
        const auto opened = store::Project::open(project.toStdString(), true);
        auto rows = support::need((*opened)->runs());
        std::reverse(rows.begin(), rows.end());
        return rows;
    }
};

using Names = std::vector<std::string>;

} // namespace

void TestQueue::order()
{
    Queued queue;
    for (const char* name : {"a", "b", "c"}) {
        const Said said = queue.add(name);
        QVERIFY2(said.code == 0, said.err.c_str());
    }
    QCOMPARE(queue.waiting(), (Names{"a", "b", "c"}));
    QCOMPARE(queue.add("d", {"--first"}).code, 0);
    QCOMPARE(queue.say({"earlier", "4"}).code, 0);
    QCOMPARE(queue.say({"later", "1"}).code, 0);
    QCOMPARE(queue.waiting(), (Names{"a", "d", "c", "b"}));
    QCOMPARE(queue.say({"remove", "2", "4", "2"}).code, 0); // said twice, meant once
    QCOMPARE(queue.waiting(), (Names{"a", "c"}));
    const Said started = queue.say({"start"});
    QVERIFY2(started.code == 0, started.err.c_str());
    QCOMPARE(started.events("turn").size(), std::size_t{2});
    QCOMPARE(started.events("queue").front()["ended"].get<int>(), 2);
    QVERIFY(queue.waiting().empty());
    const auto runs = queue.runs();
    QCOMPARE(runs.size(), std::size_t{2});
    QCOMPARE(runs[0].name, std::string("a"));
    QCOMPARE(runs[1].name, std::string("c"));
    QVERIFY(runs[0].state == "finished" && runs[1].state == "finished");
    const Said empty = queue.say({"start"});
    QVERIFY(empty.code == 0 && empty.events("turn").empty());
}

void TestQueue::goesOnAfterAKill_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<int>("atStep"); // 0: as soon as its turn has come, before anything was saved
    QTest::newRow("killed at once") << SIGKILL << 0;
    QTest::newRow("killed") << SIGKILL << 30;
    QTest::newRow("Ctrl-C") << SIGINT << 30;
}

void TestQueue::goesOnAfterAKill()
{
    QFETCH(int, signal);
    QFETCH(int, atStep);
    Queued queue;
    queue.config.run.checkpointEvery = 5;
    queue.config.run.epochs = 1000;
    QCOMPARE(queue.add("a", {"--set", "run.max_steps=3"}).code, 0);
    QCOMPARE(queue.add("b", {"--set", "run.max_steps=300"}).code, 0);
    QCOMPARE(queue.add("c", {"--set", "run.max_steps=3"}).code, 0);
    QProcess process;
    prepare(process, {"queue", "start", "--project", queue.project, "--json", "--threads", "1"});
    process.start();
    std::string out;
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < kEndsWithin && out.find("\"name\":\"b\"") == std::string::npos) {
        process.waitForReadyRead(50);
        out += process.readAllStandardOutput().toStdString();
    }
    if (atStep > 0) {
        QVERIFY(waitForStep(process, out, atStep));
    }
    ::kill(static_cast<pid_t>(process.processId()), signal);
    QVERIFY(process.waitForFinished(kEndsWithin));
    if (signal == SIGINT) {
        QCOMPARE(process.exitCode(), 130);
    }
    const auto before = queue.waiting();
    QVERIFY2(before == (Names{"b", "c"}) || before == Names{"c"}, before.empty() ? "none" : before.front().c_str()); // it may have ended just then
    const Said refused = queue.say({"earlier", "2"}); // what has begun goes on first
    QVERIFY2(before.size() < 2 || (refused.code == 1 && refused.err.find("has begun") != std::string::npos), refused.err.c_str());
    const Said again = queue.say({"start"});
    QVERIFY2(again.code == 0, again.err.c_str());
    QVERIFY(queue.waiting().empty());
    const auto runs = queue.runs();
    QCOMPARE(runs.size(), std::size_t{3});
    for (std::size_t i = 0; i < runs.size(); ++i) {
        QCOMPARE(runs[i].name, std::string(1, static_cast<char>('a' + i)));
        QVERIFY2(runs[i].state == "finished", (runs[i].name + " is " + runs[i].state + ": " + runs[i].sentence).c_str());
    }
    QCOMPARE(runs[1].step, 300);
}

// Its data goes before its turn comes: what cannot begin holds the queue. What fails on its way does not.
void TestQueue::aFailureLetsTheNextBegin()
{
    Queued queue;
    fs::copy_file(queue.path("rows.jsonl"), queue.path("gone.jsonl"));
    QCOMPARE(queue.add("first", {"--set", QString::fromStdString("data.train=" + queue.path("gone.jsonl"))}).code, 0);
    QCOMPARE(queue.add("second").code, 0);
    fs::remove(queue.path("gone.jsonl"));
    const Said said = queue.say({"start"});
    QCOMPARE(said.code, 1);
    QVERIFY2(said.err.find("gone.jsonl") != std::string::npos, said.err.c_str());
    const auto runs = queue.runs();
    QVERIFY2(runs.size() == 2 && runs[0].state == "failed" && runs[1].state == "finished", said.err.c_str());
    QVERIFY(queue.waiting().empty());
}

void TestQueue::stoppedByHand()
{
    Queued queue;
    queue.config.run.epochs = 2000;
    QCOMPARE(queue.add("long", {"--set", "run.max_steps=30000"}).code, 0);
    QCOMPARE(queue.add("next").code, 0);
    QProcess process;
    prepare(process, {"queue", "start", "--project", queue.project, "--json", "--threads", "1"});
    process.start();
    std::string out;
    QVERIFY(waitForStep(process, out, 3));
    const Said added = queue.add("more"); // kept until who has the project takes it, or who works on the queue next
    QVERIFY2(added.code == 0 && added.err.find("whoever works on the queue next takes it") != std::string::npos, added.err.c_str());
    const Said refused = queue.say({"start"}); // two would make the same runs; who is at work is named
    QVERIFY2(refused.code == 1 && refused.err.find(std::to_string(process.processId())) != std::string::npos, refused.err.c_str());
    const Said stopped = runProgram({"runs", "stop", "long", "--project", queue.project});
    QVERIFY2(stopped.code == 0, stopped.err.c_str());
    const Said end = finish(process);
    QCOMPARE(end.events("queue").front()["waiting"].get<int>(), 1);
    QCOMPARE(queue.say({"start"}).code, 0);
    const auto runs = queue.runs();
    QVERIFY(runs.size() == 3 && runs[0].state == "stopped" && runs[1].state == "finished" && runs[2].state == "finished");
    QVERIFY(queue.waiting().empty());
}

void TestQueue::badInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("part");
    QTest::newRow("no such recipe") << QStringList{"add", "/no/such.json"} << "/no/such.json";
    QTest::newRow("no such setting") << QStringList{"add", "RECIPE", "--set", "nonsense=1"} << "nonsense";
    QTest::newRow("a rule that is broken") << QStringList{"add", "RECIPE", "--set", "run.batch_size=0"} << "batch";
    QTest::newRow("no such model") << QStringList{"add", "RECIPE", "--set", "model.path=/no/model"} << "/no/model";
    QTest::newRow("no such data") << QStringList{"add", "RECIPE", "--set", "data.train=/no/rows.jsonl"} << "/no/rows.jsonl";
    QTest::newRow("no such adapter") << QStringList{"add", "RECIPE", "--set", "model.adapter=/no/adapter"} << "/no/adapter";
    QTest::newRow("no such cards") << QStringList{"add", "RECIPE", "--devices", "cuda:0,cuda:77"} << "card";
    QTest::newRow("the second of two is wrong") << QStringList{"add", "RECIPE", "/no/such.json"} << "/no/such.json";
    QTest::newRow("no such place") << QStringList{"remove", "7"} << "places 1 to 1";
    QTest::newRow("place 0") << QStringList{"earlier", "0"} << "places 1 to 1";
    QTest::newRow("earlier than the first") << QStringList{"earlier", "1"} << "is the first";
    QTest::newRow("later than the last") << QStringList{"later", "1"} << "is the last";
}

void TestQueue::badInput()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, part);
    Queued queue;
    QCOMPARE(queue.add("good").code, 0);
    arguments.replaceInStrings("RECIPE", queue.recipe());
    const Said said = queue.say(arguments);
    QCOMPARE(said.code, 1);
    QVERIFY2(said.err.find(part.toStdString()) != std::string::npos, said.err.c_str());
    QCOMPARE(queue.waiting(), Names{"good"});
}

// Nothing takes the place of what cannot be read.
void TestQueue::unreadableQueue()
{
    Queued queue;
    QCOMPARE(queue.add("good").code, 0);
    Json kept;
    {
        const auto project = need(store::Project::open(queue.project.toStdString()));
        kept = need(project->value("queue.runs"));
        kept.push_back({{"recipe", {{"method", {{"kind", "of tomorrow"}}}}}, {"place", Json::object()}});
        need(project->setValue("queue.runs", kept));
    }
    for (const QStringList& arguments : {QStringList{"start"}, QStringList{"list"}, QStringList{"add", queue.recipe()}, QStringList{"remove", "1"}}) {
        const Said said = queue.say(arguments);
        QVERIFY2(said.code == 1 && said.err.find("run 2 that waits") != std::string::npos, said.err.c_str());
    }
    const auto project = need(store::Project::open(queue.project.toStdString(), true));
    QVERIFY(need(project->value("queue.runs")) == kept);
}

// As the window has it: what is asked for is taken by who has it open, and by the next who works on the queue.
void TestQueue::anotherProgramHasTheProjectOpen()
{
    Queued queue;
    QCOMPARE(queue.add("a").code, 0);
    QCOMPARE(queue.add("b").code, 0);
    {
        const auto project = need(store::Project::open(queue.project.toStdString()));
        for (const QStringList& arguments : {QStringList{"add", queue.recipe(), "--set", "run.name=c"}, {"add", queue.recipe(), "--first", "--set", "run.name=d"}, {"earlier", "2"}}) {
            const Said said = queue.say(arguments);
            QVERIFY2(said.code == 0 && said.err.find("next takes it") != std::string::npos, said.err.c_str());
        }
        QCOMPARE(queue.waiting(), (Names{"a", "d", "b", "c"})); // what was asked for is shown, and each counts on those before
        QCOMPARE(need(away::waitingRuns(*project)).size(), std::size_t{2}); // nobody has taken it yet
        const Said refused = queue.say({"start"});
        QVERIFY2(refused.code == 1 && refused.err.find("has this project open") != std::string::npos, refused.err.c_str());
        QCOMPARE(away::askedChanges(project->folder()).changes.size(), std::size_t{3}); // to look at them takes none
        const auto torn = need(away::askForChange(project->folder(), {}));
        need(base::writeFileAtomically(torn, "{\"before\": [")); // costs itself alone
        std::string problem;
        QCOMPARE(need(away::takenQueue(*project, problem)).size(), std::size_t{4});
        QVERIFY2(problem.find(torn.filename().string()) != std::string::npos && away::wasRefused(torn), problem.c_str());
        QVERIFY(!away::hasAskedChanges(project->folder()));
        QCOMPARE(queue.waiting(), (Names{"a", "d", "b", "c"}));
        QCOMPARE(queue.say({"remove", "1"}).code, 0);

        auto begun = need(away::waitingRuns(*project));
        begun.front().run = 9;
        need(away::keepWaitingRuns(*project, begun));
        const Said said = queue.say({"remove", "1"});
        QVERIFY2(said.code == 1 && said.err.find("run 9 has begun") != std::string::npos, said.err.c_str());
        begun.front().run = 0;
        need(away::keepWaitingRuns(*project, begun));
    }
    QCOMPARE(queue.add("e").code, 0); // takes what was left, too
    QCOMPARE(queue.waiting(), (Names{"d", "b", "c", "e"}));
}

// What was asked for of a queue that has become another one meanwhile.
void TestQueue::changesMeetAnotherQueue()
{
    const auto make = [](const Names& names) {
        away::Queue queue;
        for (const std::string& name : names) {
            queue.push_back({});
            queue.back().config.run.name = name;
        }
        return queue;
    };
    const auto applied = [&](const Names& before, const Names& after, const Names& now, std::size_t numBegun = 0) {
        away::Queue queue = make(now);
        away::apply({make(before), make(after)}, queue, numBegun);
        Names names;
        for (const away::WaitingRun& one : queue) {
            names.push_back(one.config.run.name);
        }
        return names;
    };
    QCOMPARE(applied({"a", "b"}, {"b", "a"}, {"a", "x", "b"}), (Names{"b", "x", "a"}));
    QCOMPARE(applied({"a", "b"}, {"a", "b", "c"}, {"b", "a"}), (Names{"b", "a", "c"})); // who moved something meanwhile is right
    QCOMPARE(applied({"a", "b", "a"}, {"a", "b"}, {"b", "a", "a"}), (Names{"b", "a"})); // of one recipe that waits twice
    QCOMPARE(applied({"a", "b"}, {"b"}, {"b"}), Names{"b"}); // begun or gone already
    QCOMPARE(applied({"a", "a"}, {"a"}, {"a", "a", "b"}), (Names{"a", "b"}));
    QCOMPARE(applied({}, {"a"}, {"x"}), (Names{"x", "a"}));
    QCOMPARE(applied({"a"}, {"b", "a"}, {"a", "x"}), (Names{"b", "a", "x"}));
    QCOMPARE(applied({"a"}, {"b", "a"}, {"a", "x"}, 1), (Names{"a", "b", "x"})); // its turn has come
    QCOMPARE(applied({"a", "b"}, {"b", "a"}, {"a", "b"}, 1), (Names{"a", "b"}));
    QCOMPARE(applied({"a", "b"}, {"b"}, {"a", "b"}, 1), (Names{"a", "b"}));
}

void TestQueue::placesAreKept()
{
    Queued queue;
    config::RunConfig config = queue.config;
    const auto project = need(store::Project::open(queue.project.toStdString()));
    const std::vector<away::WaitingRun> all{{config, {"cpu:2", {}, "luthier", 29500}, 4}, {config, {"", {"one", "two"}, "/opt/luthier", 29501}, 0}};
    need(away::keepWaitingRuns(*project, all));
    const auto read = need(away::waitingRuns(*project));
    QCOMPARE(read.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        QVERIFY(read[i].place == all[i].place && read[i].run == all[i].run);
        QVERIFY(config::difference(read[i].config, config).empty());
    }
    QVERIFY(need(away::turnOf(*project, read[0])) == away::Turn::Past); // its run was deleted
    QVERIFY(need(away::turnOf(*project, read[1])) == away::Turn::Begin);
}

QTEST_GUILESS_MAIN(TestQueue)
#include "tst_queue.moc"
