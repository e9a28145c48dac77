// SPDX-License-Identifier: GPL-3.0-or-later
// What a person may do to a run on its way: park and go on to the bit, another rate from a step on, prompts while it is held, stop and
// keep, requests from another process, fork from a checkpoint, go back to an earlier one; and what it does by itself: end early, give the best
// step as its result, halve its batches where memory is short, hold where steps are no numbers.
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/peft/methods/lora_settings.h"
#include "core/train/control/control_file.h"
#include "core/train/control/early_stop.h"
#include "core/train/control/fork.h"
#include "core/train/control/rate_changes.h"
#include "core/train/run_folder.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <QtTest>

#include <cmath>
#include <limits>

using namespace luthier;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;
namespace fs = std::filesystem;

namespace {

std::string adapterOf(const TinyRun& tiny, const std::string& run)
{
    return bytesOf(tiny.path(run + "/adapter/adapter_model.safetensors"));
}

// Asks once a step is done.
void atStep(EventLog& log, std::int64_t step, const std::function<void()>& work)
{
    log.onEach = [step, work](const train::Event& event) {
        const auto* done = std::get_if<train::StepDone>(&event);
        if (done && done->step == step) {
            work();
        }
    };
}

double lossOf(const EventLog& log, std::int64_t step)
{
    for (const auto& done : log.all<train::StepDone>()) {
        if (done.step == step) {
            return done.loss;
        }
    }
    return std::numeric_limits<double>::quiet_NaN();
}

int g_rowsAtOnce = 0;

objectives::LossValue littleRoom(const objectives::LossInput& input)
{
    if (input.batch.ids.size(0) > g_rowsAtOnce) {
        C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 GiB");
    }
    return objectives::findObjective("sft")->loss(input);
}

int g_passes = 0;
int g_badFrom = 0;
int g_badTo = 0;

objectives::LossValue badForAWhile(const objectives::LossInput& input)
{
    auto value = objectives::findObjective("sft")->loss(input);
    const int pass = g_passes++;
    if (pass >= g_badFrom && pass < g_badTo) {
        value.sum = value.sum * std::numeric_limits<double>::infinity();
    }
    return value;
}

// Finite gradients beside a loss that is none.
objectives::LossValue badLossAlone(const objectives::LossInput& input)
{
    auto value = objectives::findObjective("sft")->loss(input);
    const int pass = g_passes++;
    if (pass >= g_badFrom && pass < g_badTo) {
        value.sum = value.sum + std::numeric_limits<double>::infinity();
    }
    return value;
}

objectives::Objective learnsBy(objectives::LossValue (*loss)(const objectives::LossInput&))
{
    objectives::Objective row = *objectives::findObjective("sft");
    row.id = "watched";
    row.loss = loss;
    return row;
}

} // namespace

class TestRunControl : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void parkedGoesOnToTheBit();
    void stoppedKeepsItsResult();
    void anotherRateFromAStepOn();
    void ratesAreKeptAndChecked();
    void promptsWhileHeld();
    void anotherProcessAsks();
    void forkedGoesOnAsTheRun();
    void forkedKeepsTheDirectionsOfItsRows();
    void forkedWithAnotherRate();
    void forkRefuses_data();
    void forkRefuses();
    void backToAnEarlierCheckpoint();
    void endsEarly();
    void endsEarlyAlsoResumed();
    void leastChangeCounts();
    void bestIsTheResult();
    void memoryThatIsShortHalvesTheBatches();
    void threeBadStepsHoldTheRun();
    void badStepsApplyNothing_data();
    void badStepsApplyNothing();
    void generalRowsAreMeasured();
    void generalBesideEveryObjective();
};

void TestRunControl::parkedGoesOnToTheBit()
{
    TinyRun tiny;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    EventLog first;
    train::StopControl control;
    atStep(first, 4, [&] { control.requestPark(); });
    const auto parked = tiny.run("parts", first, control);
    QCOMPARE(parked.outcome, Outcome::Parked);
    QVERIFY(parked.adapter.empty());
    QVERIFY(!fs::exists(tiny.path("parts/adapter")));
    EventLog second;
    QCOMPARE(tiny.run("parts", second, true).outcome, Outcome::Finished);
    QVERIFY(!adapterOf(tiny, "whole").empty());
    QCOMPARE(adapterOf(tiny, "parts"), adapterOf(tiny, "whole"));
}

void TestRunControl::stoppedKeepsItsResult()
{
    TinyRun tiny;
    EventLog log;
    train::StopControl control;
    atStep(log, 4, [&] { control.requestKeep(); });
    const auto ended = tiny.run("run", log, control);
    QCOMPARE(ended.outcome, Outcome::Stopped);
    QVERIFY(fs::exists(fs::path(ended.adapter) / "adapter_model.safetensors"));
    const std::string kept = adapterOf(tiny, "run");
    EventLog rest;
    QCOMPARE(tiny.run("run", rest, true).outcome, Outcome::Finished); // and still goes on
    QVERIFY(adapterOf(tiny, "run") != kept);
}

void TestRunControl::anotherRateFromAStepOn()
{
    TinyRun tiny;
    tiny.config.schedule.kind = "constant";
    tiny.config.schedule.warmupRatio = 0;
    EventLog whole;
    train::StopControl control;
    atStep(whole, 3, [&] { control.ask(train::RateAsked{5e-3}); });
    QCOMPARE(tiny.run("whole", whole, control).outcome, Outcome::Finished);
    for (const auto& step : whole.all<train::StepDone>()) {
        QCOMPARE(step.learningRate, step.step < 5 ? 1e-2 : 5e-3); // the step in hand has its rate
    }
    QVERIFY(!whole.warningWith("From step 5 on the learning rate").empty());

    EventLog first; // stopped behind it, and resumed: the same to the bit
    train::StopControl other;
    first.onEach = [&](const train::Event& event) {
        const auto* done = std::get_if<train::StepDone>(&event);
        if (done && done->step == 3) {
            other.ask(train::RateAsked{5e-3});
        } else if (done && done->step == 6) {
            other.requestStop();
        }
    };
    QCOMPARE(tiny.run("parts", first, other).outcome, Outcome::Stopped);
    EventLog second;
    QCOMPARE(tiny.run("parts", second, true).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "parts"), adapterOf(tiny, "whole"));
}

void TestRunControl::ratesAreKeptAndChecked()
{
    QTemporaryDir folder;
    train::RateChanges rates(folder.path().toStdString());
    QVERIFY(rates.restore().ok());
    QCOMPARE(rates.at(1, 0.5), 0.5);
    QVERIFY(rates.add(4, 0.25).ok() && rates.add(8, 0.125).ok());
    for (const double bad : {0.0, -1.0, 2.0, std::nan("")}) {
        QVERIFY(!rates.add(9, bad).ok());
    }
    train::RateChanges again(folder.path().toStdString());
    QVERIFY(again.restore().ok());
    QCOMPARE(again.at(3, 0.5), 0.5);
    QCOMPARE(again.at(4, 0.5), 0.25);
    QCOMPARE(again.at(100, 0.5), 0.125);
    QVERIFY(again.add(5, 0.75).ok()); // gone back to step 4: what came behind it is not the run's any more
    QCOMPARE(again.at(100, 0.5), 0.75);
    QVERIFY(base::writeFileAtomically(folder.filePath("rate_changes.json").toStdString(), "[{\"from\":1}]").ok());
    const auto damaged = train::RateChanges(folder.path().toStdString()).restore();
    QVERIFY(!damaged.ok() && damaged.message().find("rate_changes.json") != std::string::npos);
}

// The weights do not move by it, so the run ends as it would have.
void TestRunControl::promptsWhileHeld()
{
    TinyRun tiny;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    EventLog log;
    train::StopControl control;
    bool wasHeld = false;
    log.onEach = [&](const train::Event& event) {
        const auto* done = std::get_if<train::StepDone>(&event);
        const auto* stage = std::get_if<train::StageChanged>(&event);
        if (done && done->step == 3) {
            control.setHeld(true);
        } else if (stage && stage->stage == "held") {
            wasHeld = true;
            control.ask(train::PromptAsked{"What lies on bench 3?"});
        } else if (std::holds_alternative<train::SampleDone>(event)) {
            control.setHeld(false);
        }
    };
    QCOMPARE(tiny.run("held", log, control).outcome, Outcome::Finished);
    QVERIFY(wasHeld);
    const auto samples = log.all<train::SampleDone>();
    QCOMPARE(samples.size(), std::size_t{1});
    QCOMPARE(samples.front().step, 3);
    QCOMPARE(samples.front().prompt, std::string("What lies on bench 3?"));
    QCOMPARE(adapterOf(tiny, "held"), adapterOf(tiny, "whole"));
}

void TestRunControl::anotherProcessAsks()
{
    QTemporaryDir folder;
    const fs::path run = folder.path().toStdString();
    QVERIFY(train::askRun(run, {{{"do", "stop"}}}).ok()); // of an earlier sitting: not done
    train::StopControl control;
    train::ControlWatch watch(run, control);
    QVERIFY(!control.stopRequested());
    QVERIFY(train::askRun(run, {{{"do", "hold"}}, {{"do", "rate"}, {"learning_rate", 0.5}}}).ok());
    QTRY_VERIFY(control.isHeld() && control.hasRequests());
    QVERIFY(train::askRun(run, {{{"do", "go"}}}).ok());
    QTRY_VERIFY(!control.isHeld());
    QVERIFY(train::askRun(run, {{{"do", "park"}}}).ok());
    QTRY_VERIFY(control.parkRequested() && control.stopRequested());
    for (const char* bad : {"{}", "{\"do\":\"dance\"}", "{\"do\":\"rate\"}", "{\"do\":\"try\",\"prompt\":3}", "[]", "3"}) {
        QVERIFY2(!train::obey(*base::parseJson(bad), control).ok(), bad);
    }
    QVERIFY(!train::askRun(run / "nowhere", {{{"do", "stop"}}}).ok());
}

void TestRunControl::forkedGoesOnAsTheRun()
{
    TinyRun tiny;
    tiny.config.run.checkpointEvery = 3;
    tiny.config.run.keepCheckpoints = 10;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    const auto stored = train::readRunFolder(tiny.path("whole"));
    QVERIFY(stored.ok());
    QVERIFY(train::forkRun({tiny.path("whole"), 3}, *stored, tiny.path("forked")).ok());
    EventLog rest;
    QCOMPARE(tiny.run("forked", rest, true).outcome, Outcome::Finished);
    QCOMPARE(rest.all<train::RunStarted>().front().firstStep, 3);
    QCOMPARE(adapterOf(tiny, "forked"), adapterOf(tiny, "whole"));
    QVERIFY(fs::exists(tiny.path("whole/checkpoints/step-3")));
}

// Where an adapter began belongs to its weights: a fork that looked for directions again, maybe in other rows, would have others.
void TestRunControl::forkedKeepsTheDirectionsOfItsRows()
{
    const std::string file = "/start_directions.safetensors";
    TinyRun tiny;
    tiny.config.method.of<peft::LoraSettings>().start = "eva";
    tiny.config.run.checkpointEvery = 3;
    tiny.config.run.keepCheckpoints = 10;
    EventLog whole;
    const auto ended = tiny.run("whole", whole);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const std::string directions = bytesOf(tiny.path("whole" + file));
    QVERIFY(!directions.empty());
    QVERIFY(train::forkRun({tiny.path("whole"), 3}, *train::readRunFolder(tiny.path("whole")), tiny.path("forked")).ok());
    QVERIFY(bytesOf(tiny.path("forked" + file)) == directions);

    // A run that was refused behind looking for them leaves its folder to the next.
    const fs::path refused = tiny.path("refused");
    QVERIFY(train::prepareRunFolder(tiny.config, refused, false).ok());
    QVERIFY(base::writeFileAtomically(refused.string() + file, directions).ok());
    train::markRefused(refused, "no room");
    const auto again = train::prepareRunFolder(tiny.config, refused, false);
    QVERIFY2(again.ok(), again.ok() ? "" : again.message().c_str());
}

void TestRunControl::forkedWithAnotherRate()
{
    TinyRun tiny;
    tiny.config.run.checkpointEvery = 3;
    tiny.config.run.keepCheckpoints = 10;
    EventLog whole;
    QCOMPARE(tiny.run("whole", whole).outcome, Outcome::Finished);
    auto changed = *train::readRunFolder(tiny.path("whole"));
    changed.optimizer.learningRate = 1e-3;
    changed.run.epochs = 2;
    QVERIFY(train::forkRun({tiny.path("whole"), std::nullopt}, changed, tiny.path("forked")).ok()); // the newest
    tiny.config = changed;
    EventLog rest;
    QCOMPARE(tiny.run("forked", rest, true).outcome, Outcome::Finished);
    QCOMPARE(rest.all<train::StepDone>().size(), std::size_t{9}); // the second epoch
    QVERIFY(rest.all<train::StepDone>().front().learningRate <= 1e-3);
}

void TestRunControl::forkRefuses_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::newRow("rank") << "method.rank" << "8";
    QTest::newRow("method") << "method.kind" << "ia3";
    QTest::newRow("optimizer") << "optimizer.kind" << "lion";
    QTest::newRow("objective") << "objective.kind" << "pretrain";
    QTest::newRow("no such step") << "" << "";
    QTest::newRow("a folder with something in it") << "run.epochs" << "2";
}

void TestRunControl::forkRefuses()
{
    QFETCH(QString, key);
    QFETCH(QString, value);
    TinyRun tiny;
    EventLog log;
    QCOMPARE(tiny.runUntil("run", log, 2).outcome, Outcome::Stopped);
    auto changed = *train::readRunFolder(tiny.path("run"));
    if (!key.isEmpty()) {
        QVERIFY(config::setByKey(changed, key.toStdString(), value.toStdString()).ok());
    }
    const bool isFull = key == QLatin1String("run.epochs");
    if (isFull) {
        fs::create_directory(tiny.path("forked"));
        QVERIFY(base::writeFileAtomically(tiny.path("forked/mine.txt"), "mine").ok());
    }
    const auto done = train::forkRun({tiny.path("run"), key.isEmpty() ? std::optional<std::int64_t>(7) : std::nullopt}, changed, tiny.path("forked"));
    QVERIFY(!done.ok());
    const std::string named = key.isEmpty() ? "step 7" : isFull ? "not empty" : key.toStdString();
    QVERIFY2(done.message().find(named) != std::string::npos, done.message().c_str());
    QCOMPARE(fs::exists(tiny.path("forked")), isFull);
}

void TestRunControl::backToAnEarlierCheckpoint()
{
    TinyRun tiny;
    tiny.config.run.checkpointEvery = 3;
    tiny.config.run.keepCheckpoints = 10;
    EventLog whole;
    QCOMPARE(tiny.run("run", whole).outcome, Outcome::Finished);
    const std::string result = adapterOf(tiny, "run");
    EventLog again;
    train::StopControl control;
    train::RunInputs inputs{tiny.path("run"), {}, true};
    inputs.fromStep = 3;
    QCOMPARE(train::run(tiny.config, inputs, control, again).outcome, Outcome::Finished);
    QCOMPARE(again.all<train::RunStarted>().front().firstStep, 3);
    QCOMPARE(adapterOf(tiny, "run"), result);
    inputs.fromStep = 5;
    EventLog none;
    const auto refused = train::run(tiny.config, inputs, control, none);
    QCOMPARE(refused.outcome, Outcome::Failed);
    QVERIFY2(refused.sentence.find("step 5") != std::string::npos, refused.sentence.c_str());
}

// A rate so high that what is held out gets worse.
void TestRunControl::endsEarly()
{
    TinyRun tiny;
    tiny.config.optimizer.learningRate = 0.5;
    tiny.config.schedule.kind = "constant";
    tiny.config.schedule.warmupRatio = 0;
    tiny.config.run.epochs = 10;
    tiny.config.run.evalEvery = 2;
    tiny.config.run.patience = 3;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY2(ended.sentence.find("in 3 evaluations") != std::string::npos, ended.sentence.c_str());
    QVERIFY(ended.step < 90);
    QVERIFY(fs::exists(fs::path(ended.adapter) / "adapter_model.safetensors"));
    double best = std::numeric_limits<double>::infinity();
    std::int64_t waited = 0;
    for (const auto& eval : log.all<train::EvalDone>()) {
        waited = *eval.loss < best ? 0 : waited + 1;
        best = std::min(best, *eval.loss);
    }
    QCOMPARE(waited, 3);
    QCOMPARE(log.all<train::EvalDone>().back().step, ended.step);
}

void TestRunControl::endsEarlyAlsoResumed()
{
    TinyRun tiny;
    tiny.config.optimizer.learningRate = 0.5;
    tiny.config.schedule.kind = "constant";
    tiny.config.schedule.warmupRatio = 0;
    tiny.config.run.epochs = 10;
    tiny.config.run.evalEvery = 2;
    tiny.config.run.patience = 4;
    EventLog whole;
    const auto uninterrupted = tiny.run("whole", whole);
    QVERIFY(!uninterrupted.sentence.empty());
    const std::int64_t cut = uninterrupted.step - 3;
    EventLog first;
    QCOMPARE(tiny.runUntil("parts", first, cut).outcome, Outcome::Stopped);
    EventLog second;
    const auto resumed = tiny.run("parts", second, true);
    QCOMPARE(resumed.step, uninterrupted.step);
    QCOMPARE(resumed.sentence, uninterrupted.sentence);
    QCOMPARE(adapterOf(tiny, "parts"), adapterOf(tiny, "whole"));
}

void TestRunControl::leastChangeCounts()
{
    QTemporaryDir folder;
    const auto stepsUntilOver = [&](double least) {
        train::EarlyStop early(folder.path().toStdString(), 2, least);
        const double losses[] = {3, 2.9, 2.89, 2.88, 2.87, 2.86};
        for (int i = 0; i < 6; ++i) {
            if (early.isOver()) {
                return i;
            }
            if (!early.take(i, losses[i]).ok()) {
                return -1;
            }
        }
        return 6;
    };
    QCOMPARE(stepsUntilOver(0), 6);
    QCOMPARE(stepsUntilOver(0.05), 4); // 2.89 and 2.88 are not better enough than 2.9
}

void TestRunControl::bestIsTheResult()
{
    TinyRun tiny;
    tiny.config.optimizer.learningRate = 0.3;
    tiny.config.schedule.kind = "constant";
    tiny.config.schedule.warmupRatio = 0;
    tiny.config.run.epochs = 3;
    tiny.config.run.evalEvery = 1;
    EventLog last;
    const auto asLast = tiny.run("last", last);
    QCOMPARE(asLast.outcome, Outcome::Finished);
    QVERIFY(asLast.best && asLast.best->step < asLast.step); // else this shows nothing
    const std::string best = bytesOf(fs::path(asLast.best->path) / "adapter_model.safetensors");
    QVERIFY(!best.empty() && best != adapterOf(tiny, "last"));

    tiny.config.run.keep = "best";
    EventLog log;
    const auto ended = tiny.run("best", log);
    QVERIFY2(ended.sentence.find("step " + std::to_string(asLast.best->step)) != std::string::npos, ended.sentence.c_str());
    QCOMPARE(adapterOf(tiny, "best"), best);
    QVERIFY(!fs::exists(tiny.path("best/adapter/best.json")) && !fs::exists(tiny.path("best/adapter.last")));
    EventLog again; // finished already: the result is written anew, and is the best again
    QCOMPARE(tiny.run("best", again, true).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "best"), best);
}

void TestRunControl::memoryThatIsShortHalvesTheBatches()
{
    TinyRun tiny;
    tiny.config.run.batchSize = 4;
    tiny.config.run.gradientAccumulation = 1;
    const objectives::Objective row = learnsBy(littleRoom);
    tiny.objective = &row;
    g_rowsAtOnce = 100;
    EventLog roomy;
    QCOMPARE(tiny.run("roomy", roomy).outcome, Outcome::Finished);
    g_rowsAtOnce = 1;
    EventLog tight;
    const auto ended = tiny.run("tight", tight);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const std::string told = tight.warningWith("batches are halved");
    for (const char* change : {"run.batch_size", "run.activation_checkpointing", "data.max_length"}) {
        QVERIFY2(told.find(change) != std::string::npos, told.c_str());
    }
    for (const auto& step : roomy.all<train::StepDone>()) { // no step is lost, and each learns what it would have
        QVERIFY2(std::abs(step.loss - lossOf(tight, step.step)) < 1e-5, std::to_string(step.step).c_str());
    }
    g_rowsAtOnce = 0; // not even one row
    EventLog none;
    const auto failed = tiny.run("none", none);
    QCOMPARE(failed.outcome, Outcome::Failed);
    QVERIFY2(failed.sentence.find("out of memory") != std::string::npos, failed.sentence.c_str());
}

void TestRunControl::threeBadStepsHoldTheRun()
{
    const objectives::Objective row = learnsBy(badForAWhile);
    TinyRun tiny;
    tiny.objective = &row;
    tiny.config.run.gradientAccumulation = 1;
    const auto start = [&](int from, int to) {
        g_passes = 0;
        g_badFrom = from;
        g_badTo = to;
    };
    start(5, 8);
    EventLog log; // somebody is there: held, and goes on with another rate
    train::StopControl control;
    control.setAttended();
    int held = 0;
    log.onEach = [&](const train::Event& event) {
        const auto* stage = std::get_if<train::StageChanged>(&event);
        if (stage && stage->stage == "held") {
            ++held;
            control.ask(train::RateAsked{1e-3});
            control.setHeld(false);
        }
    };
    const auto ended = tiny.run("attended", log, control);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QCOMPARE(held, 1);
    QVERIFY(!log.warningWith("held at the last good weights").empty());
    QVERIFY(!log.warningWith("learning rate is at most 0.001").empty());

    start(5, 1000); // nobody: the run ends, and its checkpoint holds the last good weights
    EventLog alone;
    const auto failed = tiny.run("alone", alone);
    QCOMPARE(failed.outcome, Outcome::Failed);
    QVERIFY2(failed.sentence.find("3 steps in a row") != std::string::npos, failed.sentence.c_str());
    const auto good = bytesOf(tiny.path("alone/checkpoints/step-8/weights.safetensors"));
    QVERIFY(!good.empty());
    start(1000, 0);
    EventLog until;
    QCOMPARE(tiny.runUntil("five", until, 5).outcome, Outcome::Stopped);
    QCOMPARE(good, bytesOf(tiny.path("five/checkpoints/step-5/weights.safetensors")));
}

void TestRunControl::badStepsApplyNothing_data()
{
    QTest::addColumn<bool>("lossAlone");
    QTest::newRow("loss and gradients") << false;
    QTest::newRow("loss alone") << true;
}

// Two of them do not end the run; every number behind them is what it would be had the weights never seen them.
void TestRunControl::badStepsApplyNothing()
{
    QFETCH(bool, lossAlone);
    const objectives::Objective row = learnsBy(lossAlone ? badLossAlone : badForAWhile);
    TinyRun tiny;
    tiny.objective = &row;
    tiny.config.run.gradientAccumulation = 1;
    tiny.config.run.checkpointEvery = 1;
    tiny.config.run.keepCheckpoints = 100;
    g_passes = 0;
    g_badFrom = 5;
    g_badTo = 7;
    EventLog log;
    QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
    const auto weights = [&](int step) { return bytesOf(tiny.path("run/checkpoints/step-" + std::to_string(step) + "/weights.safetensors")); };
    QVERIFY(weights(5) != weights(4));
    QCOMPARE(weights(6), weights(5));
    QCOMPARE(weights(7), weights(5));
    QVERIFY(weights(8) != weights(7));
    const auto steps = log.all<train::StepDone>();
    for (const auto& step : steps) { // a gap where they stood
        const bool isBad = step.step == 6 || step.step == 7;
        QCOMPARE(std::isfinite(step.loss) && std::isfinite(step.gradNorm), !isBad);
    }
    int told = 0;
    for (const auto& warning : log.all<train::Warning>()) {
        told += warning.cause == "not_finite";
    }
    QCOMPARE(told, 1);
}

// Whatever is learned: the same rows have the same loss of tokens before the first step.
void TestRunControl::generalBesideEveryObjective()
{
    TinyRun tiny;
    std::string general;
    std::string pairs;
    for (int i = 0; i < 12; ++i) {
        const std::string n = std::to_string(i);
        general += R"({"prompt":"What is general )" + n + R"(?","completion":"It is )" + n + R"("})" + "\n";
        pairs += R"({"prompt":"What lies there )" + n + R"(?","chosen":"A saw )" + n + R"(","rejected":"Nothing"})" + "\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("general.jsonl"), general).ok());
    QVERIFY(base::writeFileAtomically(tiny.path("pairs.jsonl"), pairs).ok());
    tiny.config.data.general = {tiny.path("general.jsonl")};
    const auto lossOf = [&](const std::string& objective) {
        config::RunConfig& config = tiny.config;
        config.objective.kind = objective;
        config.optimizer.learningRate = 1e-4;
        EventLog log;
        const auto ended = tiny.run(objective, log);
        if (ended.outcome != Outcome::Finished) {
            qWarning("%s", ended.sentence.c_str());
            return -1.0;
        }
        std::vector<double> losses;
        for (const auto& eval : log.all<train::EvalDone>()) {
            if (eval.set == "general") {
                losses.push_back(*eval.loss);
            }
        }
        return losses.size() >= 2 ? losses.front() : -2.0;
    };
    const double wanted = lossOf("sft");
    QVERIFY(wanted > 0);
    tiny.config.data.train = {tiny.path("pairs.jsonl")};
    for (const char* objective : {"dpo", "orpo", "simpo", "reward"}) {
        const double loss = lossOf(objective);
        QVERIFY2(std::abs(loss - wanted) < 1e-5, qPrintable(QStringLiteral("%1: %2 beside %3").arg(QLatin1String(objective)).arg(loss).arg(wanted)));
    }
}

void TestRunControl::generalRowsAreMeasured()
{
    TinyRun tiny;
    std::string rows;
    for (int i = 0; i < 30; ++i) {
        rows += base::dumpJson(Json{{"instruction", "Count to " + std::to_string(i)}, {"output", "One, two and so on to " + std::to_string(i) + "."}}) + "\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("general.jsonl"), rows).ok());
    tiny.config.data.general = {tiny.path("general.jsonl")};
    EventLog log;
    QCOMPARE(tiny.run("measured", log).outcome, Outcome::Finished);
    const auto trained = log.all<train::RunStarted>().front().trainRows;
    std::vector<std::int64_t> heldOut;
    std::vector<std::int64_t> general;
    for (const auto& eval : log.all<train::EvalDone>()) {
        (eval.set == "general" ? general : heldOut).push_back(eval.step);
    }
    QCOMPARE(general, heldOut); // before, during and after
    QVERIFY(general.size() >= 2 && general.front() == 0);

    tiny.config.data.generalShare = 0.25;
    EventLog mixed;
    QCOMPARE(tiny.run("mixed", mixed).outcome, Outcome::Finished);
    QCOMPARE(mixed.all<train::RunStarted>().front().trainRows, trained + std::llround(0.25 * static_cast<double>(trained)));
    EventLog resumed; // and resumes with the same rows
    EventLog cut;
    QCOMPARE(tiny.runUntil("cut", cut, 3).outcome, Outcome::Stopped);
    QCOMPARE(tiny.run("cut", resumed, true).outcome, Outcome::Finished);
    QCOMPARE(adapterOf(tiny, "cut"), adapterOf(tiny, "mixed"));
}

QTEST_GUILESS_MAIN(TestRunControl)
#include "tst_run_control.moc"
