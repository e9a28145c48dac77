// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes that train one run: their losses are those of one, whatever is trained and however batches are made; a
// checkpoint knows no number of ranks; and whatever goes wrong ends all of them with a sentence.
#include "core/objectives/rollout_settings.h"
#include "tests/support/need.h"
#include "tests/support/ranked_run.h"

#include <QtTest>

#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <fstream>
#include <sstream>

using namespace luthier;
namespace fs = std::filesystem;
using namespace luthier::support;

namespace {

std::string readAll(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Of a process and all that it started, in the order they were started.
std::vector<qint64> childrenOf(qint64 process)
{
    std::vector<qint64> children;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        std::istringstream list(readAll(task.path() / "children"));
        for (qint64 child = 0; list >> child;) {
            children.push_back(child);
        }
    }
    std::sort(children.begin(), children.end());
    return children;
}

int filesLike(const fs::path& folder, const std::string& begin)
{
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        count += entry.path().filename().string().starts_with(begin) ? 1 : 0;
    }
    return count;
}

} // namespace

class TestRanks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { within(0); }
    void ranksAreAccumulation_data();
    void ranksAreAccumulation();
    void fewerBatchesThanRanks();
    void checkpointsKnowNoRanks_data();
    void checkpointsKnowNoRanks();
    void startedElsewhere();
    void differentRuns_data();
    void differentRuns();
    void nobodyThere();
    void aRankThatFails();
    void aRankThatIsKilled_data();
    void aRankThatIsKilled();
    void aRankThatHangs();
    void interrupted();
    void queuedAgain_data();
    void queuedAgain();
};

void TestRanks::ranksAreAccumulation_data()
{
    QTest::addColumn<QString>("objective");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("padding");
    QTest::addColumn<bool>("byTwo"); // too: of each way to share a step once, since starting ranks is what takes long
    QTest::newRow("sft, lora, longest") << "sft" << "lora" << "longest" << true;
    QTest::newRow("sft, lora, length_buckets") << "sft" << "lora" << "length_buckets" << false;
    QTest::newRow("sft, lora, packed") << "sft" << "lora" << "packed" << true;
    QTest::newRow("sft, full, longest") << "sft" << "full" << "longest" << false;
    QTest::newRow("sft, full in parts, longest") << "sft" << "full in parts" << "longest" << true;
    QTest::newRow("dpo, lora, longest") << "dpo" << "lora" << "longest" << false;
    QTest::newRow("dpo, lora, packed") << "dpo" << "lora" << "packed" << false;
    QTest::newRow("grpo, lora, longest") << "grpo" << "lora" << "longest" << true;
    QTest::newRow("ppo, lora, longest") << "ppo" << "lora" << "longest" << false;
}

// 1 x 8 is 2 x 4 is 4 x 2: losses, what was measured beside them, and the result.
void TestRanks::ranksAreAccumulation()
{
    QFETCH(QString, objective);
    QFETCH(QString, method);
    QFETCH(QString, padding);
    QFETCH(bool, byTwo);
    RankedRun run;
    run.config.objective.kind = objective.toStdString();
    const QStringList parts = method.contains("parts") ? QStringList{"--set", "run.shard=always"} : QStringList(); // of what the optimizer holds
    run.config.method.kind = method.section(' ', 0, 0).toStdString();
    run.config.data.padding = padding.toStdString();
    if (objective == "dpo") {
        run.makePairs();
    } else if (objective == "grpo" || objective == "ppo") {
        run.config.objective.of<objectives::PpoSettings>().epochs = 2;
        run.config.objective.of<objectives::PpoSettings>().valueWarmUp = 0;
        auto& answers = run.config.objective.of<objectives::AnswerSettings>();
        answers.rewards = {"length most=2 slack=20 unit=words", "contains texts=e weight=0.5"};
        answers.maxNew = 12;
        answers.look = 8;
        run.config.objective.of<objectives::GroupSettings>().group = 4;
        run.config.run.batchSize = 2;
    }
    // What is sampled and measured before the first step.
    const auto before = [](const Said& said) {
        std::string all;
        for (const char* kind : {"sample", "eval"}) {
            for (const Json& event : said.events(kind)) {
                all += event["step"] == 0 ? base::dumpJson(event) + "\n" : std::string();
            }
        }
        return all;
    };
    std::string first;
    std::map<std::int64_t, double> alone;
    std::vector<Json> steps;
    for (const int ranks : byTwo ? std::vector{1, 2, 4} : std::vector{1, 4}) {
        const Said said = runProgram(run.tune("run" + std::to_string(ranks), ranks, ranks > 1 ? parts : QStringList()));
        QVERIFY2(said.code == 0, said.err.c_str());
        QCOMPARE(said.events("start").size(), std::size_t{1});
        QCOMPARE(said.events("start").front()["ranks"].get<int>(), ranks);
        QCOMPARE(said.events("end").size(), std::size_t{1}); // one of them talks
        if (ranks == 1) {
            alone = said.losses();
            steps = said.events("step");
            first = before(said);
            QVERIFY(alone.size() == 4 && alone.begin()->second != alone.rbegin()->second);
            continue;
        }
        const std::string difference = differenceOf(alone, said.losses(), 4);
        QVERIFY2(difference.empty(), (std::to_string(ranks) + " ranks: " + difference).c_str());
        if (objective == "grpo" || objective == "ppo") { // each answered a share of the prompts, and all together what one alone answers
            const auto made = [&](int count) { return base::readFile(run.path("run" + std::to_string(count)) + "/rollouts/update-000001.jsonl"); };
            QVERIFY(made(1) && made(ranks) && *made(1) == *made(ranks));
            QVERIFY(std::count(first.begin(), first.end(), '\n') >= 10); // eight answers, what they give, the held-out rows
            QVERIFY2(before(said) == first, (before(said) + "alone:\n" + first).c_str());
        }
        const auto own = said.events("step");
        for (std::size_t i = 0; i < own.size(); ++i) {
            QCOMPARE(own[i]["tokens"].get<std::int64_t>(), steps[i]["tokens"].get<std::int64_t>());
            QCOMPARE(own[i]["trained_tokens"].get<std::int64_t>(), steps[i]["trained_tokens"].get<std::int64_t>());
            QVERIFY(std::abs(own[i]["grad_norm"].get<double>() / steps[i]["grad_norm"].get<double>() - 1) < 1e-4);
            for (const auto& [id, value] : steps[i]["measures"].items()) {
                QVERIFY2(std::abs(own[i]["measures"][id].get<double>() - value.get<double>()) < 1e-4, id.c_str());
            }
            QVERIFY(own[i]["measures"].contains("wait_share"));
        }
    }
}

// A step of two batches for four ranks is cut further; one of a single row leaves ranks without work, and is still right.
void TestRanks::fewerBatchesThanRanks()
{
    for (const int batch : {4, 1}) {
        RankedRun run;
        run.config.run.batchSize = batch;
        run.config.run.gradientAccumulation = batch == 4 ? 2 : 1;
        run.config.method.of<peft::LoraSettings>().dropout = 0; // follows from the cut
        const std::string difference = differenceFromAlone(run, 4, 4);
        QVERIFY2(difference.empty(), difference.c_str());
    }
}

void TestRanks::checkpointsKnowNoRanks_data()
{
    QTest::addColumn<bool>("inParts");
    QTest::newRow("an adapter") << false;
    QTest::newRow("all weights, what the optimizer holds in parts") << true;
}

// One run whose number of ranks changes every other step, each number into each other: its losses are those of one alone.
void TestRanks::checkpointsKnowNoRanks()
{
    QFETCH(bool, inParts);
    RankedRun run;
    if (inParts) {
        run.config.method.kind = "full";
        run.config.optimizer.learningRate = 1e-3;
        run.config.run.shard = "always";
    }
    const int changes[] = {2, 4, 1, 4, 2, 1}; // of one
    constexpr int kSteps = 13;
    run.config.run.maxSteps = kSteps;
    run.config.run.checkpointEvery = 2;
    run.config.run.keepCheckpoints = kSteps;
    const Said whole = runProgram(run.tune("run", 1));
    QVERIFY2(whole.code == 0, whole.err.c_str());
    auto expected = whole.losses();
    int step = 0;
    for (const int ranks : changes) {
        step += 2;
        expected.erase(expected.begin(), expected.find(step + 1));
        const Said rest = runProgram(run.resume("run", ranks) + QStringList{"--step", QString::number(step)});
        const std::string name = std::to_string(ranks) + " ranks from step " + std::to_string(step) + ": ";
        QVERIFY2(rest.code == 0, (name + rest.err).c_str());
        QCOMPARE(rest.events("start").front()["ranks"].get<int>(), ranks);
        const std::string difference = differenceOf(expected, rest.losses(), static_cast<std::size_t>(kSteps - step));
        QVERIFY2(difference.empty(), (name + difference).c_str());
        const fs::path saved = rest.events("checkpoint").front()["path"].get<std::string>();
        QCOMPARE(filesLike(saved, "optimizer"), inParts ? ranks : 1); // in parts each saved its own
    }
}

// What torchrun and srun set, and nothing else.
void TestRanks::startedElsewhere()
{
    RankedRun run;
    const Said alone = runProgram(run.tune("alone", 1));
    for (const bool slurm : {false, true}) {
        QProcess ranks[2];
        for (int rank = 0; rank < 2; ++rank) {
            const std::string own = std::to_string(rank);
            Environment environment{{"RANK", own}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", own}, {"LOCAL_WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "23457"}};
            if (slurm) {
                environment = {{"SLURM_PROCID", own}, {"SLURM_NTASKS", "2"}, {"SLURM_LOCALID", own}, {"SLURM_JOB_NODELIST", "localhost"},
                               {"SLURM_JOB_ID", std::to_string(QCoreApplication::applicationPid())}};
            }
            prepare(ranks[rank], run.tune(slurm ? "slurm" : "torchrun", 1), environment);
            ranks[rank].start();
        }
        const Said first = finish(ranks[0]);
        const Said second = finish(ranks[1]);
        QVERIFY2(first.code == 0, first.err.c_str());
        QVERIFY2(second.code == 0, second.err.c_str());
        QVERIFY2(second.out.empty(), second.out.c_str());
        const std::string difference = differenceOf(alone.losses(), first.losses(), 4);
        QVERIFY2(difference.empty(), difference.c_str());
    }
}

void TestRanks::differentRuns_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("recipe") << "recipe" << "their recipes differ in optimizer.learning_rate";
    QTest::newRow("data") << "data" << "the training data differs";
    QTest::newRow("model") << "model" << "the base model differs";
    QTest::newRow("broken recipe") << "broken" << "Rank 1: unknown setting \"nonsense\"";
    QTest::newRow("broken recipe of the first") << "broken first" << "Rank 0: unknown setting \"nonsense\"";
}

void TestRanks::differentRuns()
{
    QFETCH(QString, what);
    QFETCH(QString, sentence);
    RankedRun run;
    RankedRun other;
    if (what == "recipe") {
        other.config.optimizer.learningRate = 2e-2;
    } else if (what == "data") {
        std::ofstream(other.path("rows.jsonl"), std::ios::app) << R"({"instruction":"One more?","output":"Yes."})" << "\n";
    } else if (what == "model") {
        std::ofstream(other.path("model/config.json"), std::ios::app) << "\n";
    }
    QElapsedTimer clock;
    clock.start();
    QProcess ranks[2];
    for (int rank = 0; rank < 2; ++rank) {
        const std::string own = std::to_string(rank);
        auto arguments = (rank == 0 ? run : other).tune("out", 1);
        if (what == (rank == 1 ? "broken" : "broken first")) {
            arguments << "--set" << "nonsense=1";
        }
        prepare(ranks[rank], arguments,
                {{"RANK", own}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", own}, {"LOCAL_WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "23458"}});
        ranks[rank].start();
    }
    const Said first = finish(ranks[0]);
    const Said second = finish(ranks[1]);
    QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
    QCOMPARE(first.code, 1);
    QCOMPARE(second.code, 1);
    if (what.startsWith("broken")) { // it cannot begin, and says so to who would wait for it
        QVERIFY2((what == "broken" ? first : second).err.find(sentence.toStdString()) != std::string::npos, (first.err + second.err).c_str());
        return;
    }
    QVERIFY2(first.err.find(sentence.toStdString()) != std::string::npos, first.err.c_str());
    QVERIFY2(second.err.find(sentence.toStdString()) != std::string::npos, second.err.c_str());
    QVERIFY(!fs::exists(run.path("out/checkpoints")));
}

void TestRanks::nobodyThere()
{
    RankedRun run;
    const Environment rank1{{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "0"}, {"LOCAL_WORLD_SIZE", "1"}, {"MASTER_PORT", "23459"}};
    for (const char* host : {"127.0.0.1", "no-such-host.invalid"}) {
        Environment environment = rank1;
        environment["MASTER_ADDR"] = host;
        QElapsedTimer clock;
        clock.start();
        const Said said = runProgram(run.tune("out", 1), environment);
        QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
        QCOMPARE(said.code, 1);
        QVERIFY2(said.err.find(std::string("cannot reach ") + host + ":23459") != std::string::npos, said.err.c_str());
    }
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t size = sizeof address;
    QVERIFY(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(socket, 1) == 0);
    QVERIFY(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    Environment environment = rank1;
    environment["RANK"] = "0";
    environment["MASTER_ADDR"] = "127.0.0.1";
    environment["MASTER_PORT"] = std::to_string(ntohs(address.sin_port));
    const Said said = runProgram(run.tune("out", 1), environment);
    QCOMPARE(said.code, 1);
    ::close(socket);
    QVERIFY2(said.err.find("is in use") != std::string::npos, said.err.c_str());
}

// One finds its data gone; all end with its sentence.
void TestRanks::aRankThatFails()
{
    RankedRun run;
    QElapsedTimer clock;
    clock.start();
    QProcess ranks[2];
    for (int rank = 0; rank < 2; ++rank) {
        const std::string own = std::to_string(rank);
        prepare(ranks[rank], run.tune("out", 1, rank == 1 ? QStringList{"--device", "cuda:7"} : QStringList{}),
                {{"RANK", own}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", own}, {"LOCAL_WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "23460"}});
        ranks[rank].start();
    }
    const Said first = finish(ranks[0]);
    const Said second = finish(ranks[1]);
    QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
    QCOMPARE(first.code, 1);
    QCOMPARE(second.code, 1);
    QVERIFY2(first.err.find("Rank 1: ") != std::string::npos && first.err.find("card") != std::string::npos, first.err.c_str());
}

void TestRanks::aRankThatIsKilled_data()
{
    QTest::addColumn<int>("rank");
    QTest::addColumn<bool>("inParts"); // and saves after each step, most of the time
    QTest::newRow("the first") << 0 << false;
    QTest::newRow("the last") << 1 << false;
    QTest::newRow("the first, with its part of what the optimizer holds") << 0 << true;
    QTest::newRow("the last, with its part of what the optimizer holds") << 1 << true;
}

void TestRanks::aRankThatIsKilled()
{
    QFETCH(int, rank);
    QFETCH(bool, inParts);
    RankedRun run;
    run.config.run.maxSteps = 4000;
    run.config.run.epochs = 2000;
    run.config.run.checkpointEvery = inParts ? 1 : 3;
    if (inParts) {
        run.config.method.kind = "full";
        run.config.run.shard = "always";
    }
    QProcess process;
    prepare(process, run.tune("out", 2));
    process.start();
    std::string out;
    QVERIFY2(waitForStep(process, out, 7), process.readAllStandardError().constData());
    const auto children = childrenOf(process.processId());
    QCOMPARE(children.size(), std::size_t{2});
    QElapsedTimer clock;
    clock.start();
    ::kill(static_cast<pid_t>(children[static_cast<std::size_t>(rank)]), SIGKILL);
    const Said said = finish(process, 20'000);
    QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
    QCOMPARE(said.code, 1);
    const std::string killed = "Rank " + std::to_string(rank) + " (process " + std::to_string(children[static_cast<std::size_t>(rank)]) + ") was ended by signal 9";
    QVERIFY2((said.err + said.out).find(killed) != std::string::npos, said.err.c_str());
    for (const qint64 child : children) {
        QVERIFY(!fs::exists("/proc/" + std::to_string(child)));
    }
    // What stands is good: it goes on, with another number of ranks.
    const Said resumed = [&] {
        QProcess again;
        prepare(again, run.resume("out", rank == 0 ? 1 : 2));
        again.start();
        std::string told;
        waitForStep(again, told, 9);
        ::kill(static_cast<pid_t>(again.processId()), SIGINT);
        Said end = finish(again);
        end.out = told + end.out;
        return end;
    }();
    QVERIFY2(resumed.code == 130, resumed.err.c_str());
    QVERIFY(!resumed.losses().empty());
    QVERIFY(resumed.events("start").front()["first_step"].get<int>() >= 3);
}

void TestRanks::aRankThatHangs()
{
    RankedRun run;
    run.config.run.maxSteps = 4000;
    run.config.run.epochs = 2000;
    QProcess process;
    prepare(process, run.tune("out", 2), {{"LUTHIER_RANK_SILENCE", "3"}});
    process.start();
    std::string out;
    QVERIFY(waitForStep(process, out, 3));
    const auto children = childrenOf(process.processId());
    QCOMPARE(children.size(), std::size_t{2});
    // All of them sleep and wake, as a suspended job does: nobody was silent for anybody.
    for (const qint64 child : children) {
        ::kill(static_cast<pid_t>(child), SIGSTOP);
    }
    QTest::qWait(5000);
    for (const qint64 child : children) {
        ::kill(static_cast<pid_t>(child), SIGCONT);
    }
    static_cast<void>(process.readAllStandardOutput());
    process.waitForReadyRead(10'000);
    out = process.readAllStandardOutput().toStdString();
    QVERIFY2(process.state() == QProcess::Running && out.find("\"event\":\"step\"") != std::string::npos, process.readAllStandardError().constData());
    ::kill(static_cast<pid_t>(children[1]), SIGSTOP);
    const Said said = finish(process, 30'000);
    QCOMPARE(said.code, 1);
    QVERIFY2(said.err.find("Rank 1 has been silent for") != std::string::npos, said.err.c_str());
    QVERIFY2(said.err.find("step ") != std::string::npos, said.err.c_str());
    QVERIFY(!fs::exists("/proc/" + std::to_string(children[1])));
}

// Ctrl-C reaches the process that started the ranks; all stop after the same step.
void TestRanks::interrupted()
{
    RankedRun run;
    run.config.run.maxSteps = 4000;
    run.config.run.epochs = 2000;
    QProcess process;
    prepare(process, run.tune("out", 2));
    process.start();
    std::string out;
    QVERIFY(waitForStep(process, out, 3));
    QElapsedTimer clock;
    clock.start();
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    Said said = finish(process);
    said.out = out + said.out;
    QVERIFY2(clock.elapsed() < within(10'000), std::to_string(clock.elapsed()).c_str());
    QCOMPARE(said.code, 130);
    QCOMPARE(said.events("end").front()["outcome"].get<std::string>(), "stopped");
    const auto checkpoints = said.events("checkpoint");
    QVERIFY(!checkpoints.empty());
    QCOMPARE(checkpoints.back()["step"].get<std::int64_t>(), said.losses().rbegin()->first);
}

void TestRanks::queuedAgain_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("a while before the time is over") << SIGUSR1;
    QTest::newRow("the machine is needed") << SIGTERM;
}

// As Slurm starts and signals them: a checkpoint, and the code that asks to be queued again; started again it goes on.
void TestRanks::queuedAgain()
{
    QFETCH(int, signal);
    RankedRun run;
    run.config.run.maxSteps = 4000;
    run.config.run.epochs = 2000;
    run.config.run.checkpointEvery = 1000;
    const auto start = [&](QProcess (&ranks)[2], const QStringList& arguments, const char* times) {
        for (int rank = 0; rank < 2; ++rank) {
            const std::string own = std::to_string(rank);
            prepare(ranks[rank], arguments,
                    {{"SLURM_PROCID", own}, {"SLURM_NTASKS", "2"}, {"SLURM_LOCALID", own}, {"SLURM_JOB_NODELIST", "localhost"}, {"SLURM_RESTART_COUNT", times},
                     {"SLURM_JOB_ID", std::to_string(QCoreApplication::applicationPid() + 7)}});
            ranks[rank].start();
        }
    };
    QProcess first[2];
    start(first, run.tune("out", 1), "0");
    std::string out;
    QVERIFY2(waitForStep(first[0], out, 3), first[0].readAllStandardError().constData());
    for (QProcess& rank : first) {
        ::kill(static_cast<pid_t>(rank.processId()), signal);
    }
    Said said = finish(first[0]);
    said.out = out + said.out;
    const Said other = finish(first[1]);
    QVERIFY2(said.code == 75, (std::to_string(said.code) + said.err).c_str());
    QVERIFY2(other.code == 75, (std::to_string(other.code) + other.err).c_str());
    const std::int64_t last = said.losses().rbegin()->first;
    QCOMPARE(said.events("checkpoint").back()["step"].get<std::int64_t>(), last);
    QProcess again[2];
    start(again, run.resume("out", 1), "1");
    std::string more;
    QVERIFY2(waitForStep(again[0], more, static_cast<int>(last) + 2), again[0].readAllStandardError().constData());
    for (QProcess& rank : again) {
        ::kill(static_cast<pid_t>(rank.processId()), SIGINT);
    }
    Said second = finish(again[0]);
    second.out = more + second.out;
    finish(again[1]);
    QCOMPARE(second.losses().begin()->first, last + 1);
}

QTEST_GUILESS_MAIN(TestRanks)
#include "tst_ranks.moc"
