// SPDX-License-Identifier: GPL-3.0-or-later
// A run's bad moments: a disk that is full, memory that is missing where something is measured, evaluations that would take
// most of the time, a start that is refused, another day, too few steps to learn anything.
#include "core/base/disk_room.h"
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/train/step/shrinking_batches.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <c10/util/Exception.h>

#include <QtTest>

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

constexpr std::int64_t kSmallDisk = 1 << 20;

std::string resultOf(const train::RunEnded& ended)
{
    return bytesOf(ended.adapter + "/adapter_model.safetensors") + bytesOf(ended.adapter + "/model.safetensors");
}

// A disk of one megabyte at `folder`.
class SmallDisk {
public:
    explicit SmallDisk(const std::string& folder) : m_folder(folder)
    {
        fs::create_directories(m_folder);
        const std::string size = "size=" + std::to_string(kSmallDisk);
        m_isMounted = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0;
    }
    ~SmallDisk()
    {
        if (m_isMounted) {
            ::umount2(m_folder.c_str(), MNT_DETACH);
        }
    }

    bool isMounted() const { return m_isMounted; }
    // Until no more than `left` bytes are free.
    void fill(std::uint64_t left = 0) const
    {
        const auto free = base::freeBytes(m_folder).value_or(0);
        std::ofstream ballast(ballastPath(), std::ios::binary | std::ios::app);
        for (std::uint64_t bytes = left; bytes < free; bytes += 4096) {
            ballast << std::string(4096, 'b');
        }
    }
    void makeRoom() const { fs::remove(ballastPath()); }

private:
    fs::path ballastPath() const { return m_folder / "ballast"; }

    fs::path m_folder;
    bool m_isMounted = false;
};

objectives::Objective answersWith(objectives::LossValue (*measure)(const objectives::LossInput&))
{
    objectives::Objective row = *objectives::findObjective("sft");
    row.id = "watched";
    row.measure = measure;
    return row;
}

[[noreturn]] void runOutOfMemory()
{
    C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 GiB");
}

objectives::LossValue oneRowFits(const objectives::LossInput& input)
{
    if (input.batch.ids.size(0) > 1) {
        runOutOfMemory();
    }
    return objectives::findObjective("sft")->loss(input);
}

objectives::LossValue nothingFits(const objectives::LossInput&)
{
    throw std::bad_alloc();
}

int g_measured = 0;

objectives::LossValue slow(const objectives::LossInput& input)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(280));
    ++g_measured;
    return objectives::findObjective("sft")->loss(input);
}

// Fine before the first step, broken for good at the end.
objectives::LossValue breaks(const objectives::LossInput& input)
{
    if (g_measured++ > 0) {
        throw std::runtime_error("the card fell off the bus");
    }
    return objectives::findObjective("sft")->loss(input);
}

std::vector<std::int64_t> evaluatedSteps(const EventLog& log)
{
    std::vector<std::int64_t> steps;
    for (const auto& done : log.all<train::EvalDone>()) {
        steps.push_back(done.step);
    }
    return steps;
}

class FixedClock {
public:
    explicit FixedClock(const char* now) { qputenv("LUTHIER_NOW", now); }
    ~FixedClock() { qunsetenv("LUTHIER_NOW"); }
};

} // namespace

class TestBadMoments : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fullDiskDropsTheOldest();
    void fullDiskHoldsTheRun();
    void fullDiskWaitsWithTheResult();
    void noRoomRefusesTheStart();
    void littleRoomIsSaid();
    void evaluationTakesFewerRows();
    void rowLossesTakeFewerRows();
    void evaluationThatNeverFits();
    void batchesShrink();
    void shortRowsShareBatches();
    void resultComesBeforeItsEvaluation();
    void evaluationsHaveTheirShare();
    void refusedStart_data();
    void refusedStart();
    void otherFilesAreLeftAlone();
    void noAnswers();
    void mistypedColumns();
    void anotherDay();
    void oneStepLearns_data();
    void oneStepLearns();
    void weightsThatDoNotMove();
};

void TestBadMoments::fullDiskDropsTheOldest()
{
    TinyRun tiny;
    const SmallDisk disk(tiny.path("disk"));
    if (!disk.isMounted()) {
        QSKIP("no rights to mount a small disk here");
    }
    tiny.config.run.evalEvery = 1000;
    tiny.config.run.checkpointEvery = 2;
    EventLog log;
    log.onEach = [&](const train::Event& event) {
        if (const auto* saved = std::get_if<train::CheckpointSaved>(&event); saved && saved->step == 4) {
            disk.fill();
        }
    };
    const auto ended = tiny.run("disk/run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("the oldest checkpoint went to make room for the checkpoint of step 6").empty());
    QVERIFY(log.warningWith("Held behind").empty());
    QVERIFY(fs::exists(tiny.path("disk/run/checkpoints/step-9/checkpoint.json")));
    EventLog undisturbed;
    QVERIFY(resultOf(tiny.run("other", undisturbed)) == resultOf(ended));
}

void TestBadMoments::fullDiskHoldsTheRun()
{
    TinyRun tiny;
    const SmallDisk disk(tiny.path("disk"));
    if (!disk.isMounted()) {
        QSKIP("no rights to mount a small disk here");
    }
    tiny.config.run.evalEvery = 1000;
    tiny.config.run.checkpointEvery = 2;
    EventLog log;
    std::jthread janitor;
    std::int64_t stepsWhenHeld = 0;
    log.onEach = [&](const train::Event& event) {
        if (const auto* done = std::get_if<train::StepDone>(&event); done && done->step == 3) {
            disk.fill();
        }
        if (const auto* stage = std::get_if<train::StageChanged>(&event); stage && stage->stage == "waiting for room on the disk") {
            stepsWhenHeld = static_cast<std::int64_t>(log.all<train::StepDone>().size());
            janitor = std::jthread([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(700));
                disk.makeRoom();
            });
        }
    };
    const auto ended = tiny.run("disk/run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const std::string said = log.warningWith("Held behind step 4");
    QVERIFY2(said.find("the disk is full") != std::string::npos && said.find("The checkpoint of step 2 stands.") != std::string::npos,
             said.c_str());
    QCOMPARE(stepsWhenHeld, 4); // none is computed that could not be kept
    QCOMPARE(log.all<train::StepDone>().size(), 9u);
    EventLog undisturbed;
    QVERIFY(resultOf(tiny.run("other", undisturbed)) == resultOf(ended));
}

void TestBadMoments::fullDiskWaitsWithTheResult()
{
    TinyRun tiny;
    const SmallDisk disk(tiny.path("disk"));
    if (!disk.isMounted()) {
        QSKIP("no rights to mount a small disk here");
    }
    tiny.config.run.checkpointEvery = 100;
    EventLog log;
    log.onEach = [&](const train::Event& event) {
        if (const auto* saved = std::get_if<train::CheckpointSaved>(&event); saved && saved->step == 9) {
            disk.fill();
        }
        if (const auto* stage = std::get_if<train::StageChanged>(&event); stage && stage->stage == "waiting for room on the disk") {
            disk.makeRoom();
        }
    };
    const auto ended = tiny.run("disk/run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(log.warningWith("the result could not be saved").find("step 9 stands") != std::string::npos);
    QVERIFY(!resultOf(ended).empty());
}

void TestBadMoments::noRoomRefusesTheStart()
{
    TinyRun tiny;
    const SmallDisk disk(tiny.path("disk"));
    if (!disk.isMounted()) {
        QSKIP("no rights to mount a small disk here");
    }
    disk.fill(64 << 10);
    EventLog log;
    const auto refused = tiny.run("disk/run", log);
    QCOMPARE(refused.outcome, Outcome::Failed);
    QVERIFY2(refused.sentence.find("needs at least") != std::string::npos, refused.sentence.c_str());
    QVERIFY(log.all<train::StepDone>().empty());
    disk.makeRoom();
    EventLog again;
    const auto ended = tiny.run("disk/run", again);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!fs::exists(tiny.path("disk/run/refused.json")));
}

void TestBadMoments::littleRoomIsSaid()
{
    TinyRun tiny;
    const SmallDisk disk(tiny.path("disk"));
    if (!disk.isMounted()) {
        QSKIP("no rights to mount a small disk here");
    }
    tiny.config.run.checkpointEvery = 1;
    tiny.config.run.keepCheckpoints = 50;
    tiny.config.run.epochs = 3;
    EventLog log;
    const auto ended = tiny.run("disk/run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("run.keep_checkpoints 50").empty());
}

void TestBadMoments::evaluationTakesFewerRows()
{
    TinyRun tiny;
    tiny.config.run.batchSize = 4;
    tiny.config.run.gradientAccumulation = 1;
    EventLog whole;
    const auto expected = tiny.run("whole", whole);
    const objectives::Objective row = answersWith(oneRowFits);
    tiny.objective = &row;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("no room for 4 rows at once here, so they are measured 1 at a time").empty());
    QCOMPARE(log.all<train::Warning>().size(), 1u); // once, not at every evaluation
    const auto evaluations = log.all<train::EvalDone>();
    QVERIFY(evaluations.size() >= 2);
    QVERIFY(std::abs(*evaluations.front().loss - *whole.all<train::EvalDone>().front().loss) < 1e-5);
    QVERIFY(resultOf(ended) == resultOf(expected));
}

void TestBadMoments::rowLossesTakeFewerRows()
{
    // What both walks share; the pass itself needs no objective.
    std::vector<std::uint32_t> order(10);
    std::size_t seen = 0;
    train::ShrinkingBatches batches(8);
    const bool isWhole = batches.each(order, [] { return false; }, [&](std::span<const std::uint32_t> batch, std::size_t done) {
        if (batch.size() > 3) {
            runOutOfMemory();
        }
        QCOMPARE(done, seen);
        seen += batch.size();
    });
    QVERIFY(isWhole);
    QCOMPARE(seen, 10u);
}

void TestBadMoments::evaluationThatNeverFits()
{
    TinyRun tiny;
    const objectives::Objective row = answersWith(nothingFits);
    tiny.objective = &row;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("could not be measured").empty());
    QVERIFY(log.all<train::EvalDone>().empty());
    QCOMPARE(log.all<train::StepDone>().size(), 9u);
}

void TestBadMoments::batchesShrink()
{
    const std::vector<std::uint32_t> order(6);
    train::ShrinkingBatches batches(4);
    const auto never = [] { return false; };
    QVERIFY_THROWS_EXCEPTION(std::runtime_error, batches.each(order, never, [](auto, auto) { throw std::runtime_error("other"); }));
    QVERIFY_THROWS_EXCEPTION(std::bad_alloc, batches.each(order, never, [](auto, auto) { throw std::bad_alloc(); }));
    QVERIFY(batches.takeNotice().find("4 rows at once") != std::string::npos);
    QVERIFY(batches.takeNotice().empty());
    QVERIFY(!batches.each(order, [] { return true; }, [](auto, auto) {}));
}

void TestBadMoments::shortRowsShareBatches()
{
    train::TokenStore rows;
    for (const std::size_t length : {50, 40, 30, 10, 10, 10, 10}) {
        rows.append(std::vector<std::int32_t>(length, 1));
    }
    const train::ItemStore items(std::move(rows));
    const auto order = train::longestFirst(items);
    std::vector<std::size_t> sizes;
    const auto walk = [&](train::ShrinkingBatches& batches, std::size_t most) {
        sizes.clear();
        QVERIFY(batches.each(order, [] { return false; }, [&](std::span<const std::uint32_t> batch, std::size_t) {
            if (batch.size() > most) {
                runOutOfMemory();
            }
            sizes.push_back(batch.size());
        }));
    };
    train::ShrinkingBatches asked(2);
    walk(asked, 10);
    QCOMPARE(sizes, (std::vector<std::size_t>{2, 2, 2, 1}));
    train::ShrinkingBatches filled(2);
    filled.fill(60, items); // two of 50 wide, as asked for; two of 30 are 60; three of 10
    walk(filled, 10);
    QCOMPARE(sizes, (std::vector<std::size_t>{2, 2, 3}));
    walk(filled, 2); // what nobody asked for is given up unsaid
    QCOMPARE(sizes, (std::vector<std::size_t>{2, 2, 2, 1}));
    QVERIFY(filled.takeNotice().empty());
    train::ShrinkingBatches again(2);
    again.fill(60, items);
    walk(again, 1);
    QCOMPARE(sizes, (std::vector<std::size_t>(7, 1)));
    QVERIFY(again.takeNotice().find("2 rows at once") != std::string::npos);
    QCOMPARE(train::measuringBatches(items, 2, true).next(order), std::size_t{7});
    QCOMPARE(train::measuringBatches(items, 2, false).next(order), std::size_t{2}); // a card's batches stay
}

void TestBadMoments::resultComesBeforeItsEvaluation()
{
    g_measured = 0;
    TinyRun tiny;
    tiny.config.run.evalEvery = 1000; // 4 short rows: the first evaluation is one pass
    const objectives::Objective row = answersWith(breaks);
    tiny.objective = &row;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("The result is saved").empty());
    QVERIFY(!resultOf(ended).empty());
}

void TestBadMoments::evaluationsHaveTheirShare()
{
    const objectives::Objective row = answersWith(slow);
    for (const std::int64_t asked : {0, 1}) {
        TinyRun tiny;
        tiny.objective = &row;
        tiny.config.run.evalEvery = asked;
        EventLog log;
        QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
        const auto steps = evaluatedSteps(log);
        if (asked == 0) {
            QCOMPARE(steps, (std::vector<std::int64_t>{0, 9})); // the first and the last are always made
            QVERIFY(!log.warningWith("run.eval_share").empty());
        } else {
            QCOMPARE(steps.size(), 10u);
            QVERIFY(!log.warningWith("larger run.eval_every").empty());
        }
        QCOMPARE(log.all<train::Warning>().size(), 1u);
    }
    TinyRun tiny;
    tiny.objective = &row;
    tiny.config.run.evalShare = 1;
    EventLog log;
    QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
    QCOMPARE(evaluatedSteps(log).size(), 10u);
}

void TestBadMoments::refusedStart_data()
{
    QTest::addColumn<QString>("what");
    for (const char* what : {"data missing", "nothing to learn", "stopped", "first step fails"}) {
        QTest::newRow(what) << what;
    }
}

// The folder takes another start, with another recipe, and can be resumed, too.
void TestBadMoments::refusedStart()
{
    QFETCH(QString, what);
    for (const bool resumes : {false, true}) {
        TinyRun tiny;
        const config::RunConfig good = tiny.config;
        train::StopControl control;
        const objectives::Objective broken = [] {
            objectives::Objective row = *objectives::findObjective("sft");
            row.loss = [](const objectives::LossInput&) -> objectives::LossValue { runOutOfMemory(); };
            row.measure = objectives::findObjective("sft")->loss;
            return row;
        }();
        if (what == "data missing") {
            fs::rename(tiny.path("rows.jsonl"), tiny.path("away.jsonl"));
        } else if (what == "nothing to learn") {
            tiny.config.data.maxLength = 8;
        } else if (what == "stopped") {
            control.requestStop();
        } else {
            tiny.objective = &broken;
        }
        EventLog log;
        QVERIFY(tiny.run("run", log, control).outcome != Outcome::Finished);
        QVERIFY(fs::exists(tiny.path("run/refused.json")));
        const auto warnings = log.all<train::Warning>();
        const auto advice = std::find_if(warnings.begin(), warnings.end(), [](const train::Warning& warning) { return warning.cause == "memory"; });
        QCOMPARE(advice != warnings.end(), tiny.objective != nullptr); // changes with what each saves and costs
        if (tiny.objective != nullptr) {
            QCOMPARE(advice->remedies.size(), std::size_t{2}); // of the three, activation checkpointing saves nothing where there are two layers
            for (const auto& remedy : advice->remedies) {
                QVERIFY(remedy.key.find('.') != std::string::npos && remedy.sentence.find("saves about") != std::string::npos);
            }
        }
        QVERIFY(train::readRunFolder(tiny.path("run")).ok());

        tiny.config = good;
        tiny.objective = nullptr;
        if (what == "data missing") {
            fs::rename(tiny.path("away.jsonl"), tiny.path("rows.jsonl"));
        }
        EventLog again;
        const auto ended = tiny.run("run", again, resumes);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        QVERIFY(!fs::exists(tiny.path("run/refused.json")));
        QVERIFY(resumes || config::difference(*train::readRunFolder(tiny.path("run")), good).empty());
    }
}

void TestBadMoments::otherFilesAreLeftAlone()
{
    TinyRun tiny;
    tiny.config.data.maxLength = 8;
    EventLog log;
    QCOMPARE(tiny.run("run", log).outcome, Outcome::Failed);
    QVERIFY(base::writeFileAtomically(tiny.path("run/letter.txt"), "mine").ok());
    tiny.config.data.maxLength = 96;
    EventLog again;
    const auto ended = tiny.run("run", again);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("not empty") != std::string::npos, ended.sentence.c_str());
    QCOMPARE(bytesOf(tiny.path("run/letter.txt")), "mine");
}

// The cause is no length: it is read as prompts, and what would be the answer is named.
void TestBadMoments::noAnswers()
{
    TinyRun tiny;
    QVERIFY(base::writeFileAtomically(tiny.path("code.jsonl"), "{\"prompt\": \"def add(a, b):\", \"canonical_solution\": \"    return a + b\", \"task_id\": \"H/0\"}\n").ok());
    tiny.config.data.train = {tiny.path("code.jsonl")};
    EventLog log;
    const auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    for (const char* part : {"1 row has no answer", "First: code.jsonl, row 1", "completion=canonical_solution"}) {
        QVERIFY2(ended.sentence.find(part) != std::string::npos, ended.sentence.c_str());
    }
    QVERIFY2(ended.sentence.find("max_length") == std::string::npos, ended.sentence.c_str());
}

void TestBadMoments::mistypedColumns()
{
    TinyRun tiny;
    tiny.config.data.format = "completion";
    tiny.config.data.columns = {"prompt=instuction", "completion=output"};
    EventLog log;
    auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("\"instuction\"") != std::string::npos && ended.sentence.find("did you mean \"instruction\"") != std::string::npos,
             ended.sentence.c_str());
    // Nor does a long file hide it.
    std::string rows;
    for (int i = 0; i < 1100; ++i) {
        rows += "{\"instruction\": \"Say " + std::to_string(i) + ".\", \"output\": \"It.\"}\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("long.jsonl"), rows).ok());
    const auto train = tiny.config.data.train;
    tiny.config.data.train = {tiny.path("long.jsonl")};
    EventLog longer;
    ended = tiny.run("run", longer);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("did you mean \"instruction\"") != std::string::npos, ended.sentence.c_str());
    tiny.config.data.train = train;
    tiny.config.data.columns = {"prompt=instruction", "completion=output"};
    tiny.config.data.stratifyBy = "topic";
    EventLog again;
    ended = tiny.run("run", again);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("data.stratify_by") != std::string::npos, ended.sentence.c_str());
    tiny.config.data.stratifyBy.clear();
    tiny.config.data.columns.push_back("system=note"); // one of two files has it
    QVERIFY(base::writeFileAtomically(tiny.path("more.jsonl"), R"({"instruction": "Say it.", "output": "It.", "note": "Be short."})" "\n").ok());
    tiny.config.data.train.push_back(tiny.path("more.jsonl"));
    EventLog both;
    ended = tiny.run("run", both);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
}

// A template that writes the date: a run goes on with the date that it began with.
void TestBadMoments::anotherDay()
{
    TinyRun tiny;
    QVERIFY(base::writeFileAtomically(tiny.path("model/chat_template.jinja"),
                                      "{{ 'Today is ' + strftime_now('%d %B %Y') + '.\\n' }}{% for m in messages %}"
                                      "{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}")
                .ok());
    EventLog whole;
    train::RunEnded uninterrupted;
    {
        const FixedClock clock("2026-11-29T10:00:00");
        uninterrupted = tiny.run("whole", whole);
        QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
        EventLog first;
        QCOMPARE(tiny.runUntil("cut", first, 4).outcome, Outcome::Stopped);
    }
    QCOMPARE(train::readRunFolder(tiny.path("cut"))->model.templateTime, "2026-11-29T10:00:00");
    const FixedClock clock("2026-12-01T11:30:00");
    EventLog second;
    const auto resumed = tiny.run("cut", second, true); // by a recipe that says no time
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QVERIFY(second.warningWith("training data is not what it was").empty());
    QVERIFY(resultOf(resumed) == resultOf(uninterrupted));
    EventLog later;
    QVERIFY(resultOf(tiny.run("later", later)) != resultOf(uninterrupted)); // the control
}

void TestBadMoments::oneStepLearns_data()
{
    QTest::addColumn<QString>("padding");
    QTest::addColumn<int>("rows");
    QTest::newRow("six rows") << "length_buckets" << 6;
    QTest::newRow("packed") << "packed" << 0;
}

void TestBadMoments::oneStepLearns()
{
    QFETCH(QString, padding);
    QFETCH(int, rows);
    TinyRun tiny;
    tiny.config.data.padding = padding.toStdString();
    tiny.config.data.limit = rows;
    tiny.config.data.heldOutShare = 0;
    tiny.config.run.batchSize = 64;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QCOMPARE(log.all<train::StepDone>().size(), 1u);
    QCOMPARE(log.all<train::StepDone>()[0].learningRate, tiny.config.optimizer.learningRate);
    QVERIFY(log.warningWith("No weight moved").empty());
}

void TestBadMoments::weightsThatDoNotMove()
{
    TinyRun tiny;
    tiny.config.method.kind = "full";
    tiny.config.optimizer.learningRate = 1e-30; // lost behind every weight's last digit
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(!log.warningWith("No weight moved in 9 steps").empty());
}

int main(int argc, char** argv)
{
    // Small disks are mounted where no other program sees them; before any thread begins.
    const bool isOwn = ::unshare(CLONE_NEWNS) == 0;
    if (isOwn) {
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    }
    TestBadMoments tests;
    return QTest::qExec(&tests, argc, argv);
}
#include "tst_bad_moments.moc"
