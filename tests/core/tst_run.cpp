// SPDX-License-Identifier: GPL-3.0-or-later
// A whole run: its events, its laws (8x1 = 1x8, the start is the base, packed = padded), its result, and a sentence
// for everything that cannot work.
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/methods/lora_settings.h"
#include "core/train/step/step_reports.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>
#include <limits>
#include <thread>

using namespace luthier;
namespace fs = std::filesystem;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

std::shared_ptr<nn::Decoder> load(const std::string& folder)
{
    auto opened = weights::ModelFolder::open(folder);
    return opened ? *weights::loadDecoder(*opened, at::kCPU, at::kFloat) : nullptr;
}

at::Tensor logitsOf(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::arange(3, 30, at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input));
}

std::string firstLoss(const EventLog& log)
{
    const auto steps = log.all<train::StepDone>();
    return steps.empty() ? std::string("no step") : std::to_string(steps.front().loss);
}

} // namespace

class TestRun : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tellsItsStory();
    void learns_data();
    void learns();
    void accumulationIsBatch_data();
    void accumulationIsBatch();
    void packedIsPadded();
    void resultEqualsTrainedModel();
    void plainTextFromScratch();
    void heldOutFilesAndEdits();
    void badInputs_data();
    void badInputs();
    void folderInUseIsLeftAlone();
    void brokenRowsAreCounted();
    void notFiniteEndsTheRun();
    void holdWaits();
    void aHoldWithinAStepIsNotItsTime();
    void whatComesBetweenStepsIsLeft();
    void theLastStepIsNotTheEnd();
    void stepsBringTheirMeasures();
    void stopBeforeTheFirstStep();
};

void TestRun::tellsItsStory()
{
    TinyRun tiny;
    tiny.config.run.probePrompts = {"What lies on bench 3?"};
    tiny.config.run.probeTokens = 5;
    tiny.config.run.evalEvery = 4;
    tiny.config.run.checkpointEvery = 3;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QCOMPARE(ended.step, 9); // 36 rows, 4 a step
    QVERIFY(std::holds_alternative<train::RunEnded>(log.events.back()));
    QCOMPARE(log.all<train::RunEnded>().size(), 1u);
    QVERIFY(ended.seconds > 0);

    const auto started = log.all<train::RunStarted>();
    QCOMPARE(started.size(), 1u);
    QCOMPARE(started[0].totalSteps, 9);
    QCOMPARE(started[0].trainRows, 36);
    QCOMPARE(started[0].heldOutRows, 4);
    QCOMPARE(started[0].trainableParameters, 2 * (4 * (16 + 16) + 4 * (16 + 8))); // two layers of q and v
    QCOMPARE(started[0].dtype, "fp32");
    QVERIFY(!started[0].device.empty() && !started[0].reason.empty());

    const auto steps = log.all<train::StepDone>();
    QCOMPARE(steps.size(), 9u);
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        QCOMPARE(steps[i].step, static_cast<std::int64_t>(i + 1));
        QVERIFY(steps[i].trainedTokens > 0 && steps[i].trainedTokens < steps[i].tokens);
        QVERIFY(steps[i].tokensPerSecond > 0 && steps[i].memoryBytes > 0 && steps[i].gradNorm > 0);
        tokens += steps[i].tokens;
    }
    QVERIFY(tokens > 36 * 10);
    QCOMPARE(steps.back().epoch, 1.0);
    QVERIFY(steps.back().secondsLeft > 0); // what comes behind it
    QCOMPARE(steps.front().learningRate, 0.0);

    std::vector<std::int64_t> evaluated;
    for (const auto& eval : log.all<train::EvalDone>()) {
        evaluated.push_back(eval.step);
        QVERIFY(eval.tokens > 0);
    }
    QCOMPARE(evaluated, (std::vector<std::int64_t>{0, 4, 8, 9}));
    QCOMPARE(log.all<train::SampleDone>().size(), 4u);
    QCOMPARE(log.all<train::SampleDone>()[0].prompt, tiny.config.run.probePrompts[0]);
    std::vector<std::int64_t> saved;
    for (const auto& checkpoint : log.all<train::CheckpointSaved>()) {
        saved.push_back(checkpoint.step);
    }
    QCOMPARE(saved, (std::vector<std::int64_t>{3, 6, 9}));
    QCOMPARE(log.settledAt.size(), saved.size()); // what came before a checkpoint is kept before it counts
    for (std::size_t i = 0; i < saved.size(); ++i) {
        const auto told = std::count_if(log.events.begin(), log.events.begin() + static_cast<std::ptrdiff_t>(log.settledAt[i]),
                                        [](const train::Event& event) { return std::holds_alternative<train::StepDone>(event); });
        QCOMPARE(static_cast<std::int64_t>(told), saved[i]);
    }
    QVERIFY(!fs::exists(tiny.path("run/checkpoints/step-3"))); // two are kept
    QVERIFY(fs::exists(tiny.path("run/checkpoints/step-6")) && fs::exists(tiny.path("run/checkpoints/step-9")));
    QCOMPARE(ended.adapter, tiny.path("run/adapter"));
    const auto recipe = train::readRunFolder(tiny.path("run"));
    QVERIFY(recipe.ok() && config::difference(*recipe, tiny.config).empty());
}

void TestRun::learns_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("padding");
    for (const char* method : {"lora", "full"}) {
        for (const char* padding : {"longest", "length_buckets", "packed"}) {
            QTest::addRow("%s, %s", method, padding) << method << padding;
        }
    }
}

void TestRun::learns()
{
    QFETCH(QString, method);
    QFETCH(QString, padding);
    TinyRun tiny;
    tiny.config.method.kind = method.toStdString();
    tiny.config.method.of<peft::LoraSettings>().targetModules = {"all-linear"};
    tiny.config.data.padding = padding.toStdString();
    tiny.config.run.epochs = 3;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto evals = log.all<train::EvalDone>();
    QVERIFY(evals.size() >= 2);
    QVERIFY2(*evals.back().loss < 0.9 * *evals.front().loss,
             qPrintable(QStringLiteral("%1 -> %2").arg(*evals.front().loss).arg(*evals.back().loss)));
}

void TestRun::accumulationIsBatch_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("padding");
    for (const char* method : {"lora", "full"}) {
        for (const char* padding : {"longest", "length_buckets"}) {
            QTest::addRow("%s, %s", method, padding) << method << padding;
        }
    }
}

void TestRun::accumulationIsBatch()
{
    QFETCH(QString, method);
    QFETCH(QString, padding);
    std::vector<std::vector<train::StepDone>> runs;
    for (const auto& [batch, accumulation] : {std::pair{8, 1}, {1, 8}, {4, 2}}) {
        TinyRun tiny;
        tiny.config.method.kind = method.toStdString();
        tiny.config.data.padding = padding.toStdString();
        tiny.config.run.batchSize = batch;
        tiny.config.run.gradientAccumulation = accumulation;
        tiny.config.run.epochs = 2;
        EventLog log;
        QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
        runs.push_back(log.all<train::StepDone>());
    }
    for (std::size_t other = 1; other < runs.size(); ++other) {
        QCOMPARE(runs[other].size(), runs[0].size());
        for (std::size_t i = 0; i < runs[0].size(); ++i) {
            QCOMPARE(runs[other][i].trainedTokens, runs[0][i].trainedTokens);
            QCOMPARE(runs[other][i].learningRate, runs[0][i].learningRate);
            QVERIFY(std::abs(runs[other][i].loss - runs[0][i].loss) < 2e-5 * runs[0][i].loss);
            QVERIFY(std::abs(runs[other][i].gradNorm - runs[0][i].gradNorm) < 1e-4 * runs[0][i].gradNorm);
        }
    }
}

// All rows in one step: how they lie in memory changes neither loss nor gradient.
void TestRun::packedIsPadded()
{
    std::vector<train::StepDone> steps;
    for (const char* padding : {"longest", "packed"}) {
        TinyRun tiny;
        tiny.config.data.padding = padding;
        tiny.config.run.batchSize = 64;
        tiny.config.run.gradientAccumulation = 1;
        tiny.config.schedule.warmupRatio = 0;
        EventLog log;
        QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
        QCOMPARE(log.all<train::StepDone>().size(), 1u);
        steps.push_back(log.all<train::StepDone>()[0]);
    }
    QCOMPARE(steps[0].trainedTokens, steps[1].trainedTokens);
    QVERIFY(std::abs(steps[0].loss - steps[1].loss) < 1e-5 * steps[0].loss);
    QVERIFY(std::abs(steps[0].gradNorm - steps[1].gradNorm) < 1e-4 * steps[0].gradNorm);
}

// The adapter on its base, and the base with the adapter merged, answer alike; both differ from the base.
void TestRun::resultEqualsTrainedModel()
{
    TinyRun tiny;
    tiny.config.method.of<peft::LoraSettings>().targetModules = {"all-linear"};
    EventLog log;
    const auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Finished);
    const auto base = load(tiny.config.model.path);
    const auto adapted = load(tiny.config.model.path);
    QVERIFY(peft::attachAdapter(*adapted, ended.adapter).ok());
    const at::Tensor tuned = logitsOf(*adapted);
    QVERIFY((tuned - logitsOf(*base)).abs().max().item<double>() > 1e-2);
    QVERIFY(peft::mergeAdapters(*adapted).ok());
    QVERIFY((tuned - logitsOf(*adapted)).abs().max().item<double>() < 1e-4);
}

void TestRun::plainTextFromScratch()
{
    TinyRun tiny;
    std::string rows;
    for (int i = 0; i < 60; ++i) {
        rows += base::dumpJson(Json{{"text", "Bench " + std::to_string(i) + " stands in the hall. It is brown."}}) + "\n";
    }
    QVERIFY(base::writeFileAtomically(tiny.path("texts.jsonl"), rows).ok());
    tiny.config.data.train = {tiny.path("texts.jsonl")};
    tiny.config.data.padding = "packed";
    tiny.config.model.path = tiny.path("source"); // no weights there
    tiny.config.model.fromScratch = true;
    tiny.config.method.kind = "full";
    tiny.config.run.epochs = 6;
    tiny.config.run.probePrompts = {"Bench 3 stands"};
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QCOMPARE(ended.adapter, tiny.path("run/model"));
    const auto evals = log.all<train::EvalDone>();
    QVERIFY2(*evals.back().loss < 0.8 * *evals.front().loss, firstLoss(log).c_str());
    QVERIFY(load(ended.adapter) != nullptr);
    QVERIFY(!log.all<train::SampleDone>().empty());
}

void TestRun::heldOutFilesAndEdits()
{
    TinyRun tiny;
    fs::copy_file(tiny.path("rows.jsonl"), tiny.path("held.jsonl"));
    tiny.config.data.heldOut = {tiny.path("held.jsonl")};
    tiny.config.data.limit = 10;
    tiny.config.run.gradientAccumulation = 1;
    EventLog log;
    QCOMPARE(tiny.run("plain", log).outcome, Outcome::Finished);
    QCOMPARE(log.all<train::RunStarted>()[0].trainRows, 10);
    QCOMPARE(log.all<train::RunStarted>()[0].heldOutRows, TinyRun::kRows);

    train::RunRows rows = train::runRows(tiny.config.data);
    rows.train[0].edits = {{2, Json{{"instruction", "Hm?"}, {"input", ""}, {"output", "A different answer altogether."}}}};
    train::StopControl control;
    EventLog edited;
    const auto ended = train::run(tiny.config, {tiny.path("edited"), rows, false},
                                  control, edited);
    QCOMPARE(ended.outcome, Outcome::Finished);
    const auto sum = [](const EventLog& events) {
        std::int64_t tokens = 0;
        for (const auto& step : events.all<train::StepDone>()) {
            tokens += step.trainedTokens;
        }
        return tokens;
    };
    QVERIFY(sum(edited) != sum(log));
}

struct BadInput {
    const char* name;
    void (*spoil)(TinyRun& tiny);
    const char* part; // of the sentence
};

const BadInput kBadInputs[] = {
    {"no model", [](TinyRun& t) { t.config.model.path.clear(); }, "base model"},
    {"model missing", [](TinyRun& t) { t.config.model.path = t.path("nowhere"); }, "nowhere"},
    {"no data", [](TinyRun& t) { t.config.data.train.clear(); }, "training data"},
    {"data missing", [](TinyRun& t) { t.config.data.train = {t.path("nowhere.jsonl")}; }, "nowhere.jsonl"},
    {"data empty",
     [](TinyRun& t) {
         (void)base::writeFileAtomically(t.path("empty.jsonl"), "");
         t.config.data.train = {t.path("empty.jsonl")};
     },
     "empty.jsonl"},
    {"unknown format", [](TinyRun& t) { t.config.data.format = "magic"; }, "magic"},
    {"no such device", [](TinyRun& t) { t.config.model.device = "abacus"; }, "abacus"},
    {"no such method", [](TinyRun& t) { t.config.method.kind = "magic"; }, "lora, full"},
    {"no such objective", [](TinyRun& t) { t.config.objective.kind = "magic"; }, "sft"},
    {"no such projection", [](TinyRun& t) { t.config.method.of<peft::LoraSettings>().targetModules = {"qq"}; }, "q_proj"},
    {"adapter on nothing", [](TinyRun& t) { t.config.model.fromScratch = true; }, "full"},
    {"nothing to learn", [](TinyRun& t) { t.config.data.maxLength = 8; }, "max_length"},
    {"weights damaged",
     [](TinyRun& t) {
         fs::resize_file(t.path("model/model.safetensors"), fs::file_size(t.path("model/model.safetensors")) - 9);
     },
     "model.safetensors"},
    {"tokenizer too large",
     [](TinyRun& t) {
         Json json = *base::readJson(t.path("source/config.json"));
         json["vocab_size"] = 300;
         (void)base::writeFileAtomically(t.path("source/config.json"), base::dumpJson(json));
         t.config.model.path = t.path("source");
         t.config.model.fromScratch = true;
         t.config.method.kind = "full";
     },
     "vocabulary of 300"},
};

void TestRun::badInputs_data()
{
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < std::size(kBadInputs); ++i) {
        QTest::newRow(kBadInputs[i].name) << static_cast<int>(i);
    }
}

void TestRun::badInputs()
{
    QFETCH(int, row);
    TinyRun tiny;
    kBadInputs[row].spoil(tiny);
    EventLog log;
    const auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find(kBadInputs[row].part) != std::string::npos, ended.sentence.c_str());
    QVERIFY(log.all<train::StepDone>().empty());
    QCOMPARE(log.all<train::RunEnded>().size(), 1u);
    QCOMPARE(log.all<train::RunEnded>()[0].sentence, ended.sentence);
}

void TestRun::folderInUseIsLeftAlone()
{
    TinyRun tiny;
    tiny.config.run.maxSteps = 1;
    EventLog log;
    QCOMPARE(tiny.run("run", log).outcome, Outcome::Finished);
    const auto before = base::readFile(tiny.path("run/adapter/adapter_model.safetensors"));
    EventLog again;
    const auto ended = tiny.run("run", again);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("not empty") != std::string::npos, ended.sentence.c_str());
    QCOMPARE(*base::readFile(tiny.path("run/adapter/adapter_model.safetensors")), *before);
    const auto missing = train::readRunFolder(tiny.path("nowhere"));
    QVERIFY(!missing.ok() && missing.message().find("nowhere") != std::string::npos);
}

void TestRun::brokenRowsAreCounted()
{
    TinyRun tiny;
    auto rows = *base::readFile(tiny.path("rows.jsonl"));
    rows += "{\"instruction\": 7}\n{broken\n";
    rows += base::dumpJson(Json{{"instruction", "Say much"}, {"input", ""}, {"output", std::string(2000, 'x')}}) + "\n";
    rows += base::dumpJson(Json{{"instruction", std::string(3000, 'y')}, {"input", ""}, {"output", "cut off"}}) + "\n";
    QVERIFY(base::writeFileAtomically(tiny.path("rows.jsonl"), rows).ok());
    tiny.config.run.maxSteps = 1;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto started = log.all<train::RunStarted>()[0];
    QCOMPARE(started.skippedRows, 3);
    QCOMPARE(started.truncatedRows, 1);
    QCOMPARE(started.trainRows + started.heldOutRows, TinyRun::kRows + 1);
    QVERIFY(log.warningWith("row 41").find("2 rows") != std::string::npos);
    QVERIFY(!log.warningWith("row 44").empty());
    QVERIFY(!log.warningWith("cut after 96 tokens").empty());
}

void TestRun::notFiniteEndsTheRun()
{
    TinyRun tiny;
    auto decoder = load(tiny.config.model.path);
    for (auto& named : decoder->tensors()) {
        if (named.name == "model.norm.weight") {
            named.tensor.fill_(3e38F); // a finite weight whose products are not
        }
    }
    QVERIFY(weights::saveModelFolder(*decoder, tiny.path("source"), tiny.path("spoilt"), at::kFloat).ok());
    tiny.config.model.path = tiny.path("spoilt");
    tiny.config.run.epochs = 5;
    EventLog log;
    const auto ended = tiny.run("run", log);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("3 steps in a row") != std::string::npos, ended.sentence.c_str());
    QVERIFY(!log.warningWith("Nothing of that step was applied").empty());
    const auto steps = log.all<train::StepDone>();
    QCOMPARE(steps.size(), std::size_t{3});
    QVERIFY(!std::isfinite(steps.back().loss) || !std::isfinite(steps.back().gradNorm));
}

void TestRun::holdWaits()
{
    TinyRun tiny;
    train::StopControl control;
    EventLog log;
    std::jthread releaser;
    log.onEach = [&](const train::Event& event) {
        const auto* done = std::get_if<train::StepDone>(&event);
        if (done && done->step == 2) {
            control.setHeld(true);
            releaser = std::jthread([&control] {
                std::this_thread::sleep_for(std::chrono::milliseconds(150));
                control.setHeld(false);
            });
        }
    };
    const auto start = std::chrono::steady_clock::now();
    QCOMPARE(tiny.run("run", log, control).outcome, Outcome::Finished);
    QVERIFY(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(150));
    const auto stages = log.all<train::StageChanged>();
    QVERIFY(std::any_of(stages.begin(), stages.end(), [](const auto& s) { return s.stage == "held"; }));
    QVERIFY(log.all<train::StepDone>()[2].tokensPerSecond > 20); // the hold is not counted as work
}

// What the step took before the hold counts, and the hold does not: its speed is neither doubled nor lowered.
void TestRun::aHoldWithinAStepIsNotItsTime()
{
    using namespace std::chrono_literals;
    EventLog log;
    train::StepReports reports(log, at::kCPU, 2);
    reports.restartClock();
    std::this_thread::sleep_for(60ms);
    reports.stopClock();
    std::this_thread::sleep_for(600ms);
    reports.goOnWithClock();
    train::StepDone step;
    step.step = 1;
    step.tokens = 1000;
    reports.add(step, at::zeros({2}));
    const double seconds = 1000 / log.all<train::StepDone>()[0].tokensPerSecond;
    QVERIFY2(seconds >= 0.06 && seconds < 0.5, std::to_string(seconds).c_str());
}

// Steps, and what comes between and behind them as often as it will and as long as it took.
void TestRun::whatComesBetweenStepsIsLeft()
{
    config::RunSettings settings;
    settings.evalEvery = 10;
    settings.checkpointEvery = 25;
    train::TimeLeft left(100, settings);
    QCOMPARE(left.after(0, 2), 200.0); // nothing else is known yet
    left.evaluated(7);
    QCOMPARE(left.after(0, 2), 200.0 + 10 * 7);
    QCOMPARE(left.after(10, 2), 180.0 + 9 * 7);
    left.saved(5);
    QCOMPARE(left.after(25, 2), 150.0 + 8 * 7 + 2 * 5 + 2 * 5); // at 50 and 75; the last, and the result
    left.measuredRows(30);
    QCOMPARE(left.after(100, 2), 7.0 + 2 * 5 + 30);
    // As many as the time allows where nobody asked for a number.
    settings.evalEvery = 0;
    train::TimeLeft few(100, settings);
    few.evaluated(50);
    QVERIFY(std::abs(few.after(0, 1) - (100 + 100 * 0.1 / 0.9 + 50)) < 1e-6);
    few.evaluated(0.1);
    QVERIFY(std::abs(few.after(0, 1) - (100 + 9 * 0.1 + 0.1)) < 1e-6);
}

// Behind it rows are measured, prompts answered and the result is written: it said that no time was left.
void TestRun::theLastStepIsNotTheEnd()
{
    support::TinyRun tiny;
    tiny.config.run.probePrompts = {"Where is it?"};
    EventLog log;
    std::optional<std::chrono::steady_clock::time_point> last;
    log.onEach = [&](const train::Event& event) {
        if (std::holds_alternative<train::StepDone>(event)) {
            last = std::chrono::steady_clock::now();
        }
    };
    QCOMPARE(tiny.run("left", log).outcome, Outcome::Finished);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - *last).count();
    const double said = log.all<train::StepDone>().back().secondsLeft;
    QVERIFY2(said > 0.2 * took && said < 5 * took, (std::to_string(said) + " said, " + std::to_string(took) + " taken").c_str());
}

// The values behind loss and gradient norm, by the names that the step brings.
void TestRun::stepsBringTheirMeasures()
{
    EventLog log;
    train::StepReports reports(log, at::kCPU, 2);
    const auto& one = measures::measureOf("made_margin");
    const auto& other = measures::measureOf("made_accuracy");
    train::StepDone step;
    step.step = 1;
    step.measures = {{&one, 0}, {&other, 0}};
    reports.add(step, at::arange(2, 6, at::kFloat));
    reports.add(train::StepDone{}, at::arange(2, 4, at::kFloat));
    const auto steps = log.all<train::StepDone>();
    QCOMPARE(steps.size(), std::size_t{2});
    QCOMPARE(steps[0].loss, 2.0);
    QCOMPARE(steps[0].gradNorm, 3.0);
    QVERIFY(steps[0].measures == (measures::Values{{&one, 4.0}, {&other, 5.0}}));
    QVERIFY(steps[1].measures.empty());
    // What a step measured beside its values keeps its number; a value without a measure is a mistake.
    step.measures = {{&one, 0}, {&other, 7}};
    reports.add(step, at::arange(2, 5, at::kFloat));
    QVERIFY(log.all<train::StepDone>().back().measures == (measures::Values{{&one, 4.0}, {&other, 7.0}}));
    QVERIFY_THROWS_EXCEPTION(c10::Error, reports.add(train::StepDone{}, at::arange(2, 6, at::kFloat)));
}

void TestRun::stopBeforeTheFirstStep()
{
    TinyRun tiny;
    train::StopControl control;
    control.requestStop();
    EventLog log;
    const auto ended = tiny.run("run", log, control);
    QCOMPARE(ended.outcome, Outcome::Stopped);
    QCOMPARE(ended.step, 0);
    EventLog later;
    QCOMPARE(tiny.run("run", later, true).outcome, Outcome::Finished); // nothing is there: from the start
    QCOMPARE(later.all<train::StepDone>().front().step, 1);
}

QTEST_APPLESS_MAIN(TestRun)
#include "tst_run.moc"
