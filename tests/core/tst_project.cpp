// SPDX-License-Identifier: GPL-3.0-or-later
// A project on another day, in another process and after a kill: everything that was acknowledged is there,
// runs tell what became of them, and files that are damaged, foreign or from the future stay as they are.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/store/project.h"
#include "tests/support/patience.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <limits>
#include <sys/resource.h>
#include <thread>

using namespace luthier;
using store::Project;
namespace fs = std::filesystem;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kAwaitMs = 20'000;

std::shared_ptr<Project> opened(const fs::path& folder, bool readOnly = false)
{
    auto project = Project::open(folder, readOnly);
    if (!project) {
        qWarning("%s", project.message().c_str());
        return nullptr;
    }
    return *project;
}

train::StepDone step(std::int64_t number, double loss = 1)
{
    train::StepDone done;
    done.step = number;
    done.loss = loss;
    return done;
}

train::RunStarted started(std::int64_t totalSteps, std::int64_t firstStep = 0)
{
    train::RunStarted event;
    event.totalSteps = totalSteps;
    event.firstStep = firstStep;
    return event;
}

Json rowWith(std::int64_t number)
{
    return {{"instruction", "Why " + std::to_string(number) + "?"}, {"output", std::string(200, 'x')}};
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

// What this program does when it is started as another process.

// Saves one edit after the other and says so, until it is killed.
int saveEdits(const char* folder)
{
    const auto project = opened(folder);
    for (std::int64_t row = 0; project; ++row) {
        if (!project->saveEdit("/data/rows.jsonl", row, rowWith(row))) {
            return 1;
        }
        std::printf("%lld\n", static_cast<long long>(row));
        std::fflush(stdout);
    }
    return 1;
}

// Has a run in progress, and waits.
int holdOpen(const char* folder)
{
    const auto project = opened(folder);
    const auto run = project ? project->createRun("held", Json::object()) : Result<store::RunRow>(Error{});
    if (!run || !project->appendEvents(run->id, {started(10), step(1), step(2)})) {
        return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(60));
    return 0;
}

// The file may not grow: edits fail with a sentence; then it may, and they succeed. Prints how many there
// are and the sentence.
int meetTheLimit(const char* folder)
{
    const auto project = opened(folder);
    if (!project) {
        return 1;
    }
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 400'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::int64_t row = 0;
    Result<void> saved;
    while (saved && row < 100'000) {
        saved = project->saveEdit("/data/rows.jsonl", row, rowWith(row));
        row += saved ? 1 : 0;
    }
    if (saved || project->saveEdit("/data/rows.jsonl", row, rowWith(row)).ok()) {
        return 2;
    }
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto edits = project->edits("/data/rows.jsonl");
    if (!edits || static_cast<std::int64_t>(edits->size()) != row
        || !project->saveEdit("/data/rows.jsonl", row, rowWith(row))) {
        return 3;
    }
    std::printf("%lld\n%s\n", static_cast<long long>(row + 1), saved.message().c_str());
    return 0;
}

void start(QProcess& process, const char* what, const QString& folder)
{
    process.start(QCoreApplication::applicationFilePath(), {QString::fromLatin1(what), folder});
}

} // namespace

class TestProject : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void everythingIsThereOnAnotherDay();
    void valuesComeBack();
    void sourcesAndEdits();
    void lossesOfRowsAreKept();
    void runsHaveFoldersAndNumbersOfTheirOwn();
    void rowsFollowTheirEvents();
    void secondsAreOfAllSittings();
    void eventsComeBackFromTheFile();
    void aResumedRunIsOneStory();
    void manyStepsAreQuick();
    void deletedRunsGoToTheTrash();
    void leftRunningIsInterrupted();
    void askedTwiceItIsTheSame();
    void anotherProcessIsNamed();
    void acknowledgedEditsOutliveAKill();
    void aFileThatMayNotGrowLosesNothing();
    void lookingChangesNothing();
    void whatIsNoProjectStaysAsItIs_data();
    void whatIsNoProjectStaysAsItIs();
    void damagedPagesAreNoticed();
    void aMovedProjectFindsItsResults();
    void threadsShareIt();
    void firstProjectIsReady();
    void firstProjectLeavesOthersAlone();

private:
    fs::path folder() const { return (m_dir->path() + QStringLiteral("/project")).toStdString(); }

    std::unique_ptr<QTemporaryDir> m_dir;
};

void TestProject::everythingIsThereOnAnotherDay()
{
    const Json recipe{{"version", 1}, {"run", {{"name", "One"}, {"seed", 42}}}};
    store::RunId id = 0;
    {
        const auto project = opened(folder());
        QVERIFY(project);
        const auto run = project->createRun("One", recipe);
        QVERIFY(run.ok());
        id = run->id;
        QCOMPARE(run->state, std::string("running"));
        QVERIFY(fs::is_directory(run->folder) && fs::is_empty(run->folder));
        QVERIFY(fs::path(run->folder).is_absolute());
        QVERIFY(project
                    ->appendEvents(
                        id, {started(2), step(1, 3.5), step(2, 2.5),
                             train::RunEnded{train::Outcome::Finished, "", 9.5, run->folder + "/adapter", 2}})
                    .ok());
        QVERIFY(project->addSource("/data/rows.jsonl", "auto").ok());
        QVERIFY(project->saveEdit("/data/rows.jsonl", 4, rowWith(4)).ok());
        QVERIFY(project->setValue("model", "/models/x").ok());
    }
    const auto project = opened(folder());
    QVERIFY(project);
    QCOMPARE(project->folder(), folder());
    const auto run = project->run(id);
    QVERIFY(run.ok());
    QCOMPARE(run->name, std::string("One"));
    QCOMPARE(run->state, std::string("finished"));
    QCOMPARE(run->recipe, recipe);
    QCOMPARE(run->step, 2);
    QCOMPARE(run->totalSteps, 2);
    QCOMPARE(*run->measures.lastLoss(), 2.5);
    QCOMPARE(run->seconds, 9.5);
    QCOMPARE(run->result, run->folder + "/adapter");
    QVERIFY(QDateTime::fromString(QString::fromStdString(run->created), Qt::ISODate).isValid());
    QCOMPARE(project->events(id)->size(), std::size_t{4});
    QCOMPARE(project->sources()->size(), std::size_t{1});
    QCOMPARE(project->edits("/data/rows.jsonl")->at(4), rowWith(4));
    QCOMPARE(*project->value("model"), Json("/models/x"));
}

void TestProject::valuesComeBack()
{
    const auto project = opened(folder());
    QVERIFY(project->value("never")->is_null());
    for (const Json& value :
         {Json(), Json(true), Json(-0.1), Json(1.0), Json("\"\u00e4\n"), Json{{"b", 1}, {"a", {1, 2}}}}) {
        QVERIFY(project->setValue("key", value).ok());
        const auto back = project->value("key");
        QVERIFY(back.ok());
        QCOMPARE(base::dumpJson(*back), base::dumpJson(value)); // with the order of keys
    }
}

void TestProject::sourcesAndEdits()
{
    const auto project = opened(folder());
    const auto first = project->addSource("/data/rows.jsonl", "auto");
    const auto other = project->addSource("/data/more.csv", "csv");
    QVERIFY(first.ok() && other.ok() && first->id != other->id);
    const auto again = project->addSource("/data/./rows.jsonl", "alpaca");
    QCOMPARE(again->id, first->id); // the existing row
    QCOMPARE(again->format, std::string("auto"));
    QCOMPARE(project->sources()->front().path, std::string("/data/rows.jsonl"));

    QVERIFY(project->saveEdit("/data/rows.jsonl", 0, rowWith(1)).ok());
    QVERIFY(project->saveEdit("/data/rows.jsonl", 0, rowWith(2)).ok());
    QVERIFY(project->saveEdit("/data/rows.jsonl", 7, rowWith(3)).ok());
    QVERIFY(project->saveEdit("/data/more.csv", 0, rowWith(4)).ok());
    QVERIFY(project->saveEdit("/data/rows.jsonl", 7, std::nullopt).ok());
    QVERIFY(project->saveEdit("/data/rows.jsonl", 9, std::nullopt).ok()); // there was none
    QCOMPARE(project->edits("/data/../data/rows.jsonl")->size(), std::size_t{1});
    QCOMPARE(project->edits("/data/rows.jsonl")->at(0), rowWith(2));

    // The Data page removes and adds a source to change its format; that must not cost edits.
    QVERIFY(project->removeSource(first->id).ok());
    QCOMPARE(project->sources()->size(), std::size_t{1});
    QCOMPARE(project->addSource("/data/rows.jsonl", "alpaca")->format, std::string("alpaca"));
    QCOMPARE(project->edits("/data/rows.jsonl")->size(), std::size_t{1});
    QVERIFY(project->edits("/data/unknown.jsonl")->empty());

    QVERIFY(project->setExcluded("/data/rows.jsonl", {3, 1, 3}, true).ok());
    QVERIFY(project->setExcluded("/data/rows.jsonl", {1, 8}, false).ok());
    QCOMPARE(*project->exclusions("/data/../data/rows.jsonl"), data::Exclusions{3});
    QVERIFY(project->exclusions("/data/unknown.jsonl")->empty());
}

void TestProject::lossesOfRowsAreKept()
{
    const auto project = opened(folder());
    QVERIFY(project->saveRowLosses(1, "/data/rows.jsonl", {{7, 2.5, 0.1, 12}, {2, 1.0, std::nullopt, 3}}).ok());
    QVERIFY(project->saveRowLosses(0, "/data/rows.jsonl", {{4, 1.0, std::nullopt, 3}}).ok());
    const auto losses = project->rowLosses(1, "/data/../data/rows.jsonl");
    QVERIFY(losses.ok() && losses->size() == 2);
    QVERIFY((*losses)[0].row == 2 && (*losses)[0].before == 1.0 && !(*losses)[0].after && (*losses)[0].tokens == 3);
    QVERIFY((*losses)[1].row == 7 && (*losses)[1].before == 2.5 && (*losses)[1].after == 0.1);
    QVERIFY(project->saveRowLosses(1, "/data/rows.jsonl", {{9, 2.5, 0.2, 12}}).ok()); // replaces
    QCOMPARE(project->rowLosses(1, "/data/rows.jsonl")->size(), std::size_t{1});
    QCOMPARE(project->rowLosses(0, "/data/rows.jsonl")->front().row, 4);
    QVERIFY(project->rowLosses(5, "/data/rows.jsonl")->empty());
}

void TestProject::runsHaveFoldersAndNumbersOfTheirOwn()
{
    const auto project = opened(folder());
    const auto one = project->createRun("one", Json::object());
    fs::create_directories(folder() / "runs" / std::to_string(one->id + 1)
                           / "kept"); // not ours to write into
    const auto two = project->createRun("two", Json::object());
    QCOMPARE(two->id, one->id + 2);
    QVERIFY(project->deleteRun(two->id).ok());
    const auto three = project->createRun("three", Json::object());
    QVERIFY(three->id > two->id);                     // a number is never given twice
    QCOMPARE(project->runs()->front().id, three->id); // newest first
    QCOMPARE(project->runs()->back().id, one->id);
    QVERIFY(project->renameRun(one->id, "better \"name\"").ok());
    QCOMPARE(project->run(one->id)->name, std::string("better \"name\""));
    for (const auto& failed : {project->renameRun(99, "x"), project->deleteRun(99), project->markRunning(99),
                               project->appendEvents(99, {step(1)}), project->deleteRun(two->id)}) {
        QVERIFY(!failed.ok());
        QVERIFY2(contains(failed.message(), "no run "), failed.message().c_str());
    }
    QVERIFY(!project->run(99).ok() && !project->events(99).ok() && !project->events(two->id).ok());
}

void TestProject::rowsFollowTheirEvents()
{
    const auto project = opened(folder());
    const auto id = project->createRun("one", Json::object())->id;
    const auto row = [&] { return *project->run(id); };
    QVERIFY(row().measures.isEmpty());
    QVERIFY(
        project->appendEvents(id, {started(120), train::EvalDone{0, "held_out", 3.25, 1}, step(1, 3)}).ok());
    QCOMPARE(row().state, std::string("running"));
    QCOMPARE(row().totalSteps, 120);
    QCOMPARE(*row().measures.heldOutBefore(), 3.25);
    QVERIFY(project
                ->appendEvents(id, {step(2, kNan), train::EvalDone{2, "held_out", 2, 1},
                                    train::EvalDone{2, "train", 1, 1}})
                .ok());
    QVERIFY(row().measures.lastLoss() && std::isnan(*row().measures.lastLoss())); // a diverged loss is not a missing one
    QCOMPARE(*row().measures.heldOutBefore(), 3.25);
    QCOMPARE(*row().measures.heldOut(), 2.0);
    QVERIFY(row().seconds >= 0);

    struct Case {
        train::Outcome outcome;
        const char* state;
    };
    for (const Case& c :
         {Case{train::Outcome::Stopped, "stopped"}, Case{train::Outcome::Failed, "failed"}, Case{train::Outcome::Finished, "finished"}}) {
        QVERIFY(project->appendEvents(id, {train::RunEnded{c.outcome, "why", 5, "/else/adapter", 2}}).ok());
        QCOMPARE(row().state, std::string(c.state));
        QCOMPARE(row().sentence, std::string("why"));
        QCOMPARE(row().result, std::string("/else/adapter"));
        QVERIFY(project->markRunning(id).ok());
        QCOMPARE(row().state, std::string("running"));
        QVERIFY(row().sentence.empty());
    }
    QVERIFY(project->appendEvents(id, {}).ok());
    QCOMPARE(row().step, 2);
}

void TestProject::secondsAreOfAllSittings()
{
    const auto project = opened(folder());
    const auto id = project->createRun("one", Json::object())->id;
    const auto end = [](train::Outcome outcome, double seconds) {
        return train::RunEnded{outcome, "", seconds, "", 1};
    };
    QVERIFY(project->appendEvents(id, {started(9), step(1), end(train::Outcome::Stopped, 100)}).ok());
    QVERIFY(project->appendEvents(id, {started(9, 1)}).ok());
    QVERIFY(project->run(id)->seconds >= 100);
    QVERIFY(project->appendEvents(id, {step(2), end(train::Outcome::Stopped, 150)}).ok());
    QCOMPARE(project->run(id)->seconds, 150.0);
    // Fails before its first step: what was measured stays.
    QVERIFY(project->appendEvents(id, {end(train::Outcome::Failed, 0.5)}).ok());
    QCOMPARE(project->run(id)->seconds, 150.0);
}

void TestProject::eventsComeBackFromTheFile()
{
    train::StepDone odd;
    odd.step = std::numeric_limits<std::int64_t>::max();
    odd.epoch = 1.0 / 3.0;
    odd.loss = kNan;
    odd.learningRate = -0.0;
    odd.gradNorm = std::numeric_limits<double>::infinity();
    odd.tokens = 512;
    odd.trainedTokens = 128;
    odd.tokensPerSecond = std::numeric_limits<double>::denorm_min();
    odd.memoryBytes = std::int64_t{1} << 40;
    odd.secondsLeft = 12;
    const std::vector<train::Event> events{started(7),
                                           train::StageChanged{"encoding", 1, 2},
                                           odd,
                                           train::EvalDone{3, "held_out", kNan, 5},
                                           step(4),
                                           step(5),
                                           train::SampleDone{5, "Why?", std::string("a\0b \u00fc", 6)},
                                           train::CheckpointSaved{5, "/c/step-5"},
                                           train::Warning{5, "careful"},
                                           train::RunEnded{train::Outcome::Failed, "no", 1.5, "", 5}};
    store::RunId id = 0;
    {
        const auto project = opened(folder());
        id = project->createRun("one", Json::object())->id;
        QVERIFY(project->appendEvents(id, events).ok());
    }
    const auto back = opened(folder())->events(id);
    QVERIFY2(back.ok(), back.ok() ? "" : back.message().c_str());
    QCOMPARE(back->size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        QCOMPARE((*back)[i].index(), events[i].index()); // in order
    }
    const auto& done = std::get<train::StepDone>((*back)[2]);
    QCOMPARE(done.step, odd.step);
    QVERIFY(done.epoch == odd.epoch && std::isnan(done.loss) && std::signbit(done.learningRate)
            && done.learningRate == 0);
    QVERIFY(done.gradNorm == odd.gradNorm && done.tokensPerSecond == odd.tokensPerSecond
            && done.secondsLeft == 12);
    QVERIFY(done.tokens == 512 && done.trainedTokens == 128 && done.memoryBytes == odd.memoryBytes);
    QVERIFY(std::isnan(*std::get<train::EvalDone>((*back)[3]).loss));
    QCOMPARE(std::get<train::SampleDone>((*back)[6]).answer, std::get<train::SampleDone>(events[6]).answer);
    QCOMPARE(std::get<train::RunEnded>((*back)[9]).outcome, train::Outcome::Failed);
}

void TestProject::aResumedRunIsOneStory()
{
    const auto project = opened(folder());
    const auto id = project->createRun("one", Json::object())->id;
    QVERIFY(project->appendEvents(id, {started(9), step(1, 1), step(2, 1), step(3, 1), step(4, 1)}).ok());
    QVERIFY(project->markRunning(id).ok());
    QVERIFY(project->appendEvents(id, {started(9, 2), step(3, 7), step(4, 7), step(5, 7)}).ok());
    std::vector<double> losses;
    const auto events = project->events(id);
    for (const auto& event : *events) {
        if (const auto* done = std::get_if<train::StepDone>(&event)) {
            losses.push_back(done->loss);
            QCOMPARE(done->step, static_cast<std::int64_t>(losses.size()));
        }
    }
    QCOMPARE(losses, (std::vector<double>{1, 1, 7, 7, 7}));
}

void TestProject::manyStepsAreQuick()
{
    constexpr std::int64_t kSteps = 200'000;
    constexpr std::int64_t kBatch = 1'000; // what a fast run says in a second
    const auto project = opened(folder());
    const auto id = project->createRun("long", Json::object())->id;
    QVERIFY(project->appendEvents(id, {started(kSteps)}).ok());
    QElapsedTimer clock;
    clock.start();
    std::vector<train::Event> batch;
    qint64 slowest = 0;
    for (std::int64_t i = 1; i <= kSteps; ++i) {
        batch.emplace_back(step(i, 1.0 / static_cast<double>(i)));
        if (i % kBatch == 0) {
            QElapsedTimer one;
            one.start();
            QVERIFY(project->appendEvents(id, batch).ok());
            slowest = std::max(slowest, one.elapsed());
            batch.clear();
        }
    }
    const qint64 written = clock.restart();
    const auto events = project->events(id);
    const qint64 read = clock.elapsed();
    qInfo("200,000 steps: written in %lld ms (slowest batch %lld ms), read in %lld ms", written, slowest,
          read);
    QVERIFY(events.ok());
    QCOMPARE(events->size(), static_cast<std::size_t>(kSteps + 1));
    for (std::int64_t i = 1; i <= kSteps; ++i) {
        const auto& done = std::get<train::StepDone>((*events)[static_cast<std::size_t>(i)]);
        QVERIFY(done.step == i && done.loss == 1.0 / static_cast<double>(i));
    }
    // Ten times what a slow two-core machine needs; a quadratic mistake is far above.
    QVERIFY2(written < 30'000 && read < 5'000, "the series of a long run must stay quick");
    clock.restart();
    QVERIFY(project->runs().ok());
    QVERIFY2(clock.elapsed() < 100 * support::kPatience, "listing runs must not read their events");
}

void TestProject::deletedRunsGoToTheTrash()
{
    store::RunId id = 0;
    store::RunId linked = 0;
    const fs::path elsewhere = m_dir->filePath("elsewhere").toStdString();
    fs::create_directories(elsewhere);
    {
        const auto project = opened(folder());
        const auto run = project->createRun("one", Json::object());
        id = run->id;
        QVERIFY(base::writeFileAtomically(fs::path(run->folder) / "adapter.bin", "weights").ok());
        QVERIFY(project->appendEvents(id, {started(1), step(1)}).ok());
        const auto link = project->createRun("two", Json::object()); // as tune --out does it
        linked = link->id;
        fs::remove(link->folder);
        fs::create_directory_symlink(elsewhere, link->folder);
        QVERIFY(base::writeFileAtomically(elsewhere / "adapter.bin", "weights").ok());

        QVERIFY(project->deleteRun(id).ok());
        QVERIFY(project->deleteRun(linked).ok());
        QVERIFY(!fs::exists(run->folder));
        QVERIFY(project->runs()->empty() && !project->run(id).ok());
        QCOMPARE(*base::readFile(folder() / "trash" / std::to_string(id) / "adapter.bin"),
                 std::string("weights"));
        QVERIFY(fs::exists(elsewhere / "adapter.bin")); // only the link moved
    }
    QVERIFY(opened(folder())->runs()->empty());
    QVERIFY(base::removeTree(folder() / "trash")); // emptied by hand: the rows may go, and nothing else does
    const auto project = opened(folder());
    QVERIFY(project && project->runs()->empty());
    QVERIFY(project->createRun("three", Json::object())->id > linked);
}

void TestProject::leftRunningIsInterrupted()
{
    store::RunId id = 0;
    {
        const auto project = opened(folder());
        id = project->createRun("one", Json::object())->id;
        QVERIFY(project->appendEvents(id, {started(9), step(1)}).ok());
    }
    QCOMPARE(opened(folder(), true)->run(id)->state, std::string("interrupted")); // nobody has it open
    const auto project = opened(folder());
    QCOMPARE(project->run(id)->state, std::string("interrupted"));
    QCOMPARE(project->run(id)->step, 1);
    QVERIFY(project->markRunning(id).ok());
    QCOMPARE(project->run(id)->state, std::string("running"));
    QCOMPARE(opened(folder(), true)->run(id)->state, std::string("running"));
}

void TestProject::askedTwiceItIsTheSame()
{
    const auto project = opened(folder());
    const auto id = project->createRun("one", Json::object())->id;
    const fs::path link = m_dir->filePath("link").toStdString();
    fs::create_directory_symlink(folder(), link);
    for (const fs::path& path : {folder(), folder() / "", folder() / ".." / "project", link}) {
        QCOMPARE(opened(path), project);
    }
    QCOMPARE(project->run(id)->state, std::string("running")); // nobody left it
}

void TestProject::anotherProcessIsNamed()
{
    QProcess holder;
    start(holder, "--hold", QString::fromStdString(folder().string()));
    QVERIFY(holder.waitForReadyRead(kAwaitMs));
    const auto refused = Project::open(folder());
    QVERIFY(!refused.ok());
    QVERIFY2(contains(refused.message(), "process " + std::to_string(holder.processId())),
             refused.message().c_str());
    QVERIFY2(contains(refused.message(), "tst_project"), refused.message().c_str());
    QVERIFY2(contains(refused.message(), folder().string()), refused.message().c_str());

    const auto looking = opened(folder(), true);
    QVERIFY(looking);
    QCOMPARE(looking->runs()->front().state, std::string("running"));
    const auto id = looking->runs()->front().id;
    QCOMPARE(looking->events(id)->size(), std::size_t{3});

    holder.kill();
    QVERIFY(holder.waitForFinished(kAwaitMs));
    QCOMPARE(looking->run(id)->state, std::string("interrupted"));
    const auto project = opened(folder());
    QVERIFY(project);
    QCOMPARE(project->run(id)->state, std::string("interrupted"));
    QCOMPARE(project->events(id)->size(), std::size_t{3});
}

void TestProject::acknowledgedEditsOutliveAKill()
{
    std::int64_t total = 0;
    for (int round = 0; round < 10; ++round) {
        const fs::path fresh = folder() / std::to_string(round);
        QProcess writer;
        start(writer, "--save-edits", QString::fromStdString(fresh.string()));
        QByteArray said;
        while (said.count('\n') < 5 + 7 * round) {
            QVERIFY2(writer.waitForReadyRead(kAwaitMs), writer.readAllStandardError().constData());
            said += writer.readAllStandardOutput();
        }
        writer.kill();
        QVERIFY(writer.waitForFinished(kAwaitMs));
        said += writer.readAllStandardOutput();
        const auto acknowledged = said.left(said.lastIndexOf('\n')).split('\n');
        const auto project = opened(fresh);
        QVERIFY(project);
        const auto edits = project->edits("/data/rows.jsonl");
        QVERIFY(edits.ok());
        for (const QByteArray& line : acknowledged) {
            const auto row = line.toLongLong();
            QVERIFY2(edits->count(row) == 1 && edits->at(row) == rowWith(row), line.constData());
        }
        total += acknowledged.size();
    }
    qInfo("10 kills, %lld acknowledged edits, all there", static_cast<long long>(total));
}

void TestProject::aFileThatMayNotGrowLosesNothing()
{
    QProcess writer;
    start(writer, "--meet-the-limit", QString::fromStdString(folder().string()));
    QVERIFY(writer.waitForFinished(kAwaitMs));
    QCOMPARE(writer.exitCode(), 0);
    const auto said = writer.readAllStandardOutput().split('\n');
    const auto sentence = said.value(1);
    QVERIFY2(sentence.contains("luthier.db: ") && sentence.contains("try again"), sentence.constData());
    const auto project = opened(folder());
    QVERIFY(project);
    const auto edits = project->edits("/data/rows.jsonl");
    QVERIFY(edits.ok() && edits->size() > 10);
    QCOMPARE(static_cast<qlonglong>(edits->size()), said.first().toLongLong());
    QCOMPARE(edits->rbegin()->first, static_cast<std::int64_t>(edits->size() - 1));
}

void TestProject::lookingChangesNothing()
{
    const auto missing = Project::open(folder(), true);
    QVERIFY(!missing.ok() && !fs::exists(folder()));
    QVERIFY2(contains(missing.message(), "no project lies there"), missing.message().c_str());
    const auto id = opened(folder())->createRun("one", Json::object())->id;
    const auto project = opened(folder(), true);
    QVERIFY(!project->createRun("x", Json::object()).ok());
    QVERIFY(!project->addSource("/x", "auto").ok());
    for (const auto& failed : {project->renameRun(id, "x"), project->deleteRun(id), project->markRunning(id),
                               project->appendEvents(id, {step(1)}), project->removeSource(1),
                               project->saveEdit("/x", 0, Json::object()), project->setValue("a", 1)}) {
        QVERIFY(!failed.ok());
        QVERIFY2(contains(failed.message(), "only to look"), failed.message().c_str());
    }
    QCOMPARE(project->runs()->size(), std::size_t{1});
    QVERIFY(fs::exists(folder() / "runs" / std::to_string(id)));
}

void TestProject::whatIsNoProjectStaysAsItIs_data()
{
    QTest::addColumn<int>("offset"); // -1: the whole file is `bytes`
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("named");
    const auto text = QByteArray("This is a shopping list, not a database. ").repeated(100);
    QTest::newRow("text") << -1 << text << QByteArray("damaged or no project");
    QTest::newRow("short text") << -1 << QByteArray("x") << QByteArray("damaged or no project");
    // Header of a database: user_version lies at byte 60, application_id at 68, both big-endian.
    QTest::newRow("newer") << 60 << QByteArray("\0\0\1\0", 4) << QByteArray("newer Luthier");
    QTest::newRow("negative version")
        << 60 << QByteArray("\xff\xff\xff\xff", 4) << QByteArray("not one of Luthier");
    QTest::newRow("other program") << 68 << QByteArray("GPKG", 4) << QByteArray("not one of Luthier");
    QTest::newRow("page size") << 16 << QByteArray("\x12\x34", 2) << QByteArray("damaged or no project");
    QTest::newRow("schema page") << 100 << QByteArray(64, '\xff') << QByteArray("damaged");
}

void TestProject::whatIsNoProjectStaysAsItIs()
{
    QFETCH(int, offset);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, named);
    QVERIFY(opened(folder())->setValue("key", std::string(20'000, 'v')).ok());
    const auto path = folder() / "luthier.db";
    std::string content = *base::readFile(path);
    if (offset < 0) {
        content = bytes.toStdString();
    } else {
        content.replace(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes.size()),
                        bytes.toStdString());
    }
    QVERIFY(base::writeFileAtomically(path, content).ok());
    for (const bool readOnly : {true, false}) {
        const auto project = Project::open(folder(), readOnly);
        QVERIFY(!project.ok());
        QVERIFY2(contains(project.message(), named.toStdString()), project.message().c_str());
        QVERIFY2(contains(project.message(), path.string()), project.message().c_str());
        QVERIFY(*base::readFile(path) == content);
    }
    // The lock was given back: a good file in its place opens.
    fs::remove(path);
    QVERIFY(opened(folder()));
}

void TestProject::damagedPagesAreNoticed()
{
    {
        const auto project = opened(folder());
        const auto id = project->createRun("one", Json::object())->id;
        std::vector<train::Event> events{started(2'000)};
        for (int i = 1; i <= 2'000; ++i) {
            events.emplace_back(step(i));
        }
        QVERIFY(project->appendEvents(id, events).ok());
    }
    const auto path = folder() / "luthier.db";
    const std::string good = *base::readFile(path);
    int noticed = 0;
    int rounds = 0;
    for (std::size_t at = 4096; at + 512 < good.size(); at += good.size() / 40) {
        std::string content = good;
        content.replace(at, 512, std::string(512, '\xa5'));
        QVERIFY(base::writeFileAtomically(path, content).ok());
        const auto project = Project::open(folder());
        ++rounds;
        if (!project) {
            QVERIFY2(contains(project.message(), "damaged"), project.message().c_str());
            QVERIFY(*base::readFile(path) == content);
            ++noticed;
        } else {
            static_cast<void>((*project)->events(1)); // a value may have changed; it must not crash
        }
    }
    qInfo("%d of %d damaged places noticed at opening", noticed, rounds);
    QVERIFY(noticed > rounds / 2);
}

void TestProject::aMovedProjectFindsItsResults()
{
    store::RunId id = 0;
    {
        const auto project = opened(folder());
        const auto run = project->createRun("one", Json::object());
        id = run->id;
        QVERIFY(project
                    ->appendEvents(
                        id, {train::RunEnded{train::Outcome::Finished, "", 1, run->folder + "/adapter", 1}})
                    .ok());
    }
    const fs::path moved = m_dir->filePath("moved").toStdString();
    fs::rename(folder(), moved);
    const auto run = opened(moved)->run(id);
    QCOMPARE(run->folder, (moved / "runs" / std::to_string(id)).string());
    QCOMPARE(run->result, run->folder + "/adapter");
}

void TestProject::threadsShareIt()
{
    constexpr int kThreads = 4;
    constexpr int kEdits = 25;
    const auto project = opened(folder());
    const auto id = project->createRun("one", Json::object())->id;
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEdits; ++i) {
                    failures +=
                        project->saveEdit("/data/rows.jsonl", t * kEdits + i, rowWith(i)).ok() ? 0 : 1;
                    failures += project->appendEvents(id, {step(t * kEdits + i)}).ok() ? 0 : 1;
                    failures += project->runs().ok() && project->events(id).ok() ? 0 : 1;
                }
            });
        }
    }
    QCOMPARE(failures.load(), 0);
    QCOMPARE(project->edits("/data/rows.jsonl")->size(), std::size_t{kThreads * kEdits});
    QCOMPARE(project->events(id)->size(), std::size_t{kThreads * kEdits});
}

void TestProject::firstProjectIsReady()
{
    for (int day = 0; day < 2; ++day) {
        const auto project = store::openOrCreateFirst(folder());
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        const auto sources = (*project)->sources();
        QCOMPARE(sources->size(), std::size_t{1});
        QCOMPARE(fs::path(sources->front().path).filename(), fs::path("workshop_instructions.jsonl"));
        QVERIFY(fs::exists(sources->front().path));
        const auto recipe = config::fromJson(*(*project)->value("recipe"));
        QVERIFY2(recipe.ok(), recipe.ok() ? "" : recipe.message().c_str());
        QCOMPARE(recipe->data.train,
                 std::vector<std::string>{sources->front().path}); // so that the page ticks it
        QCOMPARE(*(*project)->value("model"), Json(recipe->model.path));
        QVERIFY(fs::exists(recipe->model.path));
        QCOMPARE(recipe->run.name, std::string("First tune"));
        QVERIFY(config::brokenRules(*recipe).empty());
    }
    // What the person changes stays changed.
    {
        const auto project = store::openOrCreateFirst(folder());
        QVERIFY((*project)->removeSource((*project)->sources()->front().id).ok());
        QVERIFY((*project)->setValue("model", "/models/other").ok());
    }
    const auto project = store::openOrCreateFirst(folder());
    QVERIFY((*project)->sources()->empty());
    QCOMPARE(*(*project)->value("model"), Json("/models/other"));
}

void TestProject::firstProjectLeavesOthersAlone()
{
    QVERIFY(opened(folder())->createRun("mine", Json::object()).ok());
    const auto project = store::openOrCreateFirst(folder());
    QVERIFY(project.ok());
    QVERIFY((*project)->sources()->empty() && (*project)->value("recipe")->is_null());
}

int main(int argc, char** argv)
{
    if (argc == 3) {
        const std::string what = argv[1];
        if (what == "--save-edits") {
            return saveEdits(argv[2]);
        }
        if (what == "--hold") {
            return holdOpen(argv[2]);
        }
        if (what == "--meet-the-limit") {
            return meetTheLimit(argv[2]);
        }
    }
    QCoreApplication app(argc, argv);
    TestProject test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_project.moc"
