// SPDX-License-Identifier: GPL-3.0-or-later
// Stopped and resumed equals uninterrupted, bit for bit; damaged checkpoints are seen and passed over; a full disk
// costs nothing that was there.
#include "core/base/files.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/lora_settings.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <sys/resource.h>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

constexpr std::int64_t kStopAt = 7;

std::string resultOf(const train::RunEnded& ended)
{
    return bytesOf(ended.adapter + "/adapter_model.safetensors") + bytesOf(ended.adapter + "/model.safetensors");
}

// Bits of what was computed, steps from `first` on.
std::vector<std::array<double, 5>> numbersOf(const EventLog& log, std::int64_t first)
{
    std::vector<std::array<double, 5>> numbers;
    for (const auto& step : log.all<train::StepDone>()) {
        if (step.step >= first) {
            numbers.push_back({static_cast<double>(step.step), step.loss, step.gradNorm, step.learningRate,
                               static_cast<double>(step.tokens)});
        }
    }
    return numbers;
}

void damage(const std::string& path, std::uintmax_t at)
{
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

// No file may grow beyond so many bytes: what a full disk looks like to whoever writes.
class FileLimit {
public:
    explicit FileLimit(rlim_t bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit now{bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &m_before); }

private:
    rlimit m_before{};
};

} // namespace

class TestResume : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resumedIsUninterrupted_data();
    void resumedIsUninterrupted();
    void evaluationCutShortIsMade();
    void dropoutMatters();
    void finishedRunWritesItsResultAgain();
    void damagedCheckpoints_data();
    void damagedCheckpoints();
    void noWholeCheckpoint();
    void leftoversOfAKill();
    void changedDataIsSaid();
    void otherMethodIsRefused();
    void fullDiskWhileTraining();
    void fullDiskAtTheEnd();
    void fullDiskWhileStopping();
};

void TestResume::resumedIsUninterrupted_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("padding");
    QTest::addColumn<int>("accumulation");
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QString>("optimizer");
    for (const char* method : {"lora", "full"}) {
        for (const char* padding : {"longest", "length_buckets", "packed"}) {
            for (const int accumulation : {1, 3}) {
                QTest::addRow("%s, %s, %d", method, padding, accumulation)
                    << method << padding << accumulation << "fp32" << "adamw";
            }
        }
        QTest::addRow("%s in bf16", method) << method << "length_buckets" << 2 << "bf16" << "adamw";
    }
    for (const optim::OptimizerKind& row : optim::optimizers()) {
        for (const char* dtype : {"fp32", "bf16"}) {
            QTest::addRow("full by %s in %s", row.id.c_str(), dtype)
                << "full" << "longest" << 1 << dtype << QString::fromStdString(row.id);
        }
    }
}

void TestResume::resumedIsUninterrupted()
{
    QFETCH(QString, method);
    QFETCH(QString, padding);
    QFETCH(int, accumulation);
    QFETCH(QString, dtype);
    QFETCH(QString, optimizer);
    TinyRun tiny;
    tiny.config.optimizer.kind = optimizer.toStdString();
    tiny.config.method.kind = method.toStdString();
    tiny.config.method.of<peft::LoraSettings>().dropout = 0.2;
    tiny.config.data.padding = padding.toStdString();
    tiny.config.model.dtype = dtype.toStdString();
    tiny.config.run.gradientAccumulation = accumulation;
    tiny.config.run.epochs = 20;
    tiny.config.run.maxSteps = 22;
    tiny.config.run.evalEvery = 5;
    tiny.config.run.probePrompts = {"What lies on bench 3?"};
    tiny.config.run.probeTokens = 3;
    EventLog whole;
    const auto uninterrupted = tiny.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());

    EventLog first;
    const auto stopped = tiny.runUntil("cut", first, kStopAt);
    QCOMPARE(stopped.outcome, Outcome::Stopped);
    QCOMPARE(stopped.step, kStopAt);
    QVERIFY(stopped.adapter.empty());
    EventLog second;
    const auto resumed = tiny.run("cut", second, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QCOMPARE(second.all<train::RunStarted>()[0].firstStep, kStopAt);
    QVERIFY(second.all<train::Warning>().empty());
    const auto expected = numbersOf(whole, kStopAt + 1);
    QVERIFY(expected.size() >= 5);
    QVERIFY(numbersOf(second, 0) == expected);
    QVERIFY(!resultOf(uninterrupted).empty());
    QVERIFY(resultOf(resumed) == resultOf(uninterrupted));
    QVERIFY(resumed.seconds > stopped.seconds);
}

// Stopped at a step whose evaluation was due, which the stop cut short: it is made when the run goes on.
void TestResume::evaluationCutShortIsMade()
{
    TinyRun tiny;
    tiny.config.run.epochs = 20;
    tiny.config.run.maxSteps = 20;
    tiny.config.run.evalEvery = 5;
    tiny.config.run.checkpointEvery = 5;
    tiny.config.run.probePrompts = {"What lies on bench 3?"};
    tiny.config.run.probeTokens = 3;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    EventLog first;
    QCOMPARE(tiny.runUntil("cut", first, 10).outcome, Outcome::Stopped);
    EventLog second;
    QCOMPARE(tiny.run("cut", second, true).outcome, Outcome::Finished);
    auto evaluations = first.all<train::EvalDone>();
    const auto later = second.all<train::EvalDone>();
    evaluations.insert(evaluations.end(), later.begin(), later.end());
    const auto expected = whole.all<train::EvalDone>();
    QCOMPARE(evaluations.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        QCOMPARE(evaluations[i].step, expected[i].step);
        QVERIFY(evaluations[i].loss == expected[i].loss);
    }
    QCOMPARE(first.all<train::SampleDone>().size() + second.all<train::SampleDone>().size(), whole.all<train::SampleDone>().size());
}

// The control: were dropout not drawn anew, the test above would prove little.
void TestResume::dropoutMatters()
{
    std::vector<EventLog> logs(3);
    for (std::size_t i = 0; i < logs.size(); ++i) {
        TinyRun tiny;
        tiny.config.method.of<peft::LoraSettings>().dropout = i == 0 ? 0 : 0.5;
        tiny.config.run.seed = i == 2 ? 43 : 42;
        tiny.config.data.shuffle = false;
        tiny.config.data.heldOutShare = 0;
        QCOMPARE(tiny.run("run", logs[i]).outcome, Outcome::Finished);
    }
    QVERIFY(numbersOf(logs[0], 3) != numbersOf(logs[1], 3));
    QVERIFY(numbersOf(logs[1], 3) != numbersOf(logs[2], 3));
}

void TestResume::finishedRunWritesItsResultAgain()
{
    TinyRun tiny;
    EventLog log;
    const auto ended = tiny.run("run", log);
    const auto before = resultOf(ended);
    QVERIFY(base::removeTree(ended.adapter));
    EventLog again;
    const auto resumed = tiny.run("run", again, true);
    QCOMPARE(resumed.outcome, Outcome::Finished);
    QVERIFY(again.all<train::StepDone>().empty());
    QVERIFY(resultOf(resumed) == before);
}

void TestResume::damagedCheckpoints_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("how");
    for (const char* file : {"weights.safetensors", "optimizer.safetensors", "checkpoint.json"}) {
        for (const char* how : {"flip", "cut", "empty", "gone"}) {
            QTest::addRow("%s %s", file, how) << file << how;
        }
    }
}

void TestResume::damagedCheckpoints()
{
    QFETCH(QString, file);
    QFETCH(QString, how);
    TinyRun tiny;
    tiny.config.run.maxSteps = 9;
    tiny.config.run.gradientAccumulation = 1;
    tiny.config.run.checkpointEvery = 2;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    EventLog first;
    QCOMPARE(tiny.runUntil("cut", first, 6).outcome, Outcome::Stopped);
    const std::string path = tiny.path("cut/checkpoints/step-6/") + file.toStdString();
    QVERIFY(fs::exists(path) && fs::exists(tiny.path("cut/checkpoints/step-4")));
    if (how == "flip") {
        damage(path, fs::file_size(path) / 2);
    } else if (how == "gone") {
        fs::remove(path);
    } else {
        fs::resize_file(path, how == "cut" ? fs::file_size(path) - 3 : 0);
    }
    EventLog second;
    const auto resumed = tiny.run("cut", second, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QVERIFY(!second.warningWith("checkpoint of step 6 is broken").empty());
    QCOMPARE(second.all<train::RunStarted>()[0].firstStep, 4);
    QVERIFY(numbersOf(second, 0) == numbersOf(whole, 5));
}

void TestResume::noWholeCheckpoint()
{
    TinyRun tiny;
    tiny.config.run.keepCheckpoints = 1;
    EventLog first;
    QCOMPARE(tiny.runUntil("run", first, 3).outcome, Outcome::Stopped);
    fs::remove(tiny.path("run/checkpoints/step-3/weights.safetensors"));
    EventLog second;
    const auto ended = tiny.run("run", second, true);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("no checkpoint is whole") != std::string::npos, ended.sentence.c_str());
}

void TestResume::leftoversOfAKill()
{
    TinyRun tiny;
    EventLog first;
    QCOMPARE(tiny.runUntil("run", first, 3).outcome, Outcome::Stopped);
    const fs::path checkpoints = tiny.path("run/checkpoints");
    fs::copy(checkpoints / "step-3", checkpoints / "step-5.tmp-123", fs::copy_options::recursive);
    fs::create_directory(checkpoints / "step-x");
    EventLog second;
    QCOMPARE(tiny.run("run", second, true).outcome, Outcome::Finished);
    QCOMPARE(second.all<train::RunStarted>()[0].firstStep, 3);
    QVERIFY(!fs::exists(checkpoints / "step-5.tmp-123"));
    QVERIFY(fs::exists(checkpoints / "step-x"));
}

void TestResume::changedDataIsSaid()
{
    TinyRun tiny;
    EventLog first;
    QCOMPARE(tiny.runUntil("run", first, 3).outcome, Outcome::Stopped);
    auto rows = bytesOf(tiny.path("rows.jsonl"));
    rows.replace(rows.find("bench 7"), 7, "table 7");
    QVERIFY(base::writeFileAtomically(tiny.path("rows.jsonl"), rows).ok());
    EventLog second;
    QCOMPARE(tiny.run("run", second, true).outcome, Outcome::Finished);
    QVERIFY(!second.warningWith("training data is not what it was").empty());
}

void TestResume::otherMethodIsRefused()
{
    TinyRun tiny;
    EventLog first;
    QCOMPARE(tiny.runUntil("run", first, 3).outcome, Outcome::Stopped);
    for (const bool rank : {false, true}) {
        tiny.config.method.kind = rank ? "lora" : "full";
        tiny.config.method.of<peft::LoraSettings>().rank = rank ? 8 : 4;
        EventLog second;
        const auto ended = tiny.run("run", second, true);
        QCOMPARE(ended.outcome, Outcome::Failed);
        QVERIFY2(ended.sentence.find("another model or method") != std::string::npos, ended.sentence.c_str());
    }
}

// Held where it stands, and on as soon as the file may grow again.
void TestResume::fullDiskWhileTraining()
{
    TinyRun tiny;
    tiny.config.run.checkpointEvery = 2;
    tiny.config.run.evalEvery = 1000;
    tiny.config.run.epochs = 2;
    EventLog log;
    std::optional<FileLimit> limit;
    log.onEach = [&](const train::Event& event) {
        if (const auto* done = std::get_if<train::StepDone>(&event); done && done->step == 3) {
            limit.emplace(200);
        }
        if (const auto* warning = std::get_if<train::Warning>(&event)) {
            QCOMPARE(log.all<train::StepDone>().size(), 4u);
            QVERIFY(warning->sentence.find("The checkpoint of step 2 stands.") != std::string::npos);
            QVERIFY(fs::exists(tiny.path("run/checkpoints/step-2/checkpoint.json")));
            limit.reset();
        }
    };
    const auto ended = tiny.run("run", log);
    limit.reset();
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QCOMPARE(log.all<train::Warning>().size(), 1u);
    QVERIFY(!log.warningWith("could not be saved").empty());
    for (const auto& entry : fs::directory_iterator(tiny.path("run/checkpoints"))) {
        QVERIFY(entry.path().filename().string().find(".tmp-") == std::string::npos);
    }
    TinyRun other;
    other.config.run.epochs = 2;
    EventLog undisturbed;
    QVERIFY(resultOf(other.run("run", undisturbed)) == resultOf(ended));
}

void TestResume::fullDiskAtTheEnd()
{
    TinyRun tiny;
    train::StopControl control;
    EventLog log;
    std::optional<FileLimit> limit;
    log.onEach = [&](const train::Event& event) {
        const auto* saved = std::get_if<train::CheckpointSaved>(&event);
        if (saved && saved->step == 9) {
            limit.emplace(200);
        }
        if (std::get_if<train::Warning>(&event)) {
            control.requestStop(); // nobody can make room
        }
    };
    const auto ended = tiny.run("run", log, control);
    limit.reset();
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("resume the run") != std::string::npos, ended.sentence.c_str());
    EventLog again;
    const auto resumed = tiny.run("run", again, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QVERIFY(again.all<train::StepDone>().empty());
}

void TestResume::fullDiskWhileStopping()
{
    TinyRun tiny;
    tiny.config.run.checkpointEvery = 2;
    train::StopControl control;
    EventLog log;
    std::optional<FileLimit> limit;
    log.onEach = [&](const train::Event& event) {
        const auto* done = std::get_if<train::StepDone>(&event);
        if (done && done->step == 3) {
            limit.emplace(200);
            control.requestStop();
        }
    };
    const auto ended = tiny.run("run", log, control);
    limit.reset();
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("step 2 stands") != std::string::npos, ended.sentence.c_str());
    EventLog second;
    QCOMPARE(tiny.run("run", second, true).outcome, Outcome::Finished);
    QCOMPARE(second.all<train::RunStarted>()[0].firstStep, 2);
}

QTEST_APPLESS_MAIN(TestResume)
#include "tst_resume.moc"
