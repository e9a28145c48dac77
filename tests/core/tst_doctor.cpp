// SPDX-License-Identifier: GPL-3.0-or-later
// The run doctor: each row sees what it is for and nothing in a run that goes well; each finding comes once, with remedies that
// the recipe takes; what was told while the run went on is told of its stored events as well.
#include "core/doctor/doctor.h"
#include "core/optim/schedules.h"
#include "core/peft/methods/lora_settings.h"
#include "core/train/control/doctor_watch.h"

#include <QtTest>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

using namespace luthier;
using doctor::Finding;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Log : public train::RunObserver {
public:
    void onEvent(const train::Event& event) override { events.push_back(event); }
    std::vector<train::Event> events;
};

train::StepDone step(std::int64_t number, double loss = 2, double norm = 1, double speed = 1000)
{
    train::StepDone done;
    done.step = number;
    done.loss = loss;
    done.gradNorm = norm;
    done.learningRate = 1e-4;
    done.tokensPerSecond = speed;
    return done;
}

train::EvalDone eval(std::int64_t number, double loss, const std::string& set = "held_out")
{
    train::EvalDone done;
    done.step = number;
    done.set = set;
    done.loss = loss;
    return done;
}

train::RunStarted start(std::int64_t total = 100)
{
    train::RunStarted started;
    started.totalSteps = total;
    started.trainRows = 100;
    return started;
}

config::RunConfig recipe()
{
    config::RunConfig config;
    config.optimizer.learningRate = 1e-4;
    return config;
}

// A hundred steps whose loss falls evenly, with evaluations that fall as well.
std::vector<train::Event> healthy()
{
    std::vector<train::Event> events{start(), eval(0, 3)};
    for (int i = 1; i <= 100; ++i) {
        events.push_back(step(i, 3 - i * 0.01, 1 + 0.1 * (i % 3), 1000 - i));
        if (i % 10 == 0) {
            events.push_back(eval(i, 3 - i * 0.008));
        }
    }
    train::RunEnded ended;
    ended.outcome = train::Outcome::Finished;
    ended.step = 100;
    events.push_back(ended);
    return events;
}

std::set<std::string> idsOf(const std::vector<Finding>& findings)
{
    std::set<std::string> ids;
    for (const Finding& finding : findings) {
        ids.insert(finding.id);
    }
    return ids;
}

std::vector<train::Event> sickWith(const std::string& id)
{
    auto events = healthy();
    const auto eachStep = [&](const std::function<void(train::StepDone&)>& change) {
        for (train::Event& event : events) {
            if (auto* done = std::get_if<train::StepDone>(&event)) {
                change(*done);
            }
        }
    };
    const auto eachEval = [&](const std::function<void(train::EvalDone&)>& change) {
        for (train::Event& event : events) {
            if (auto* done = std::get_if<train::EvalDone>(&event)) {
                change(*done);
            }
        }
    };
    if (id == "not_finite") {
        eachStep([](train::StepDone& s) { s.loss = s.step == 50 ? kNan : s.loss; });
    } else if (id == "zero_loss") {
        eachStep([](train::StepDone& s) { s.loss = s.step > 60 ? 0 : s.loss; });
    } else if (id == "zero_gradient") {
        eachStep([](train::StepDone& s) { s.gradNorm = 0; });
    } else if (id == "exploding") {
        eachStep([](train::StepDone& s) { s.gradNorm = s.step > 90 ? 500 : s.gradNorm; });
    } else if (id == "overfitting") {
        eachEval([](train::EvalDone& e) { e.loss = e.step <= 40 ? *e.loss : 2.68 + 0.01 * static_cast<double>(e.step - 40); });
    } else if (id == "never_better") {
        eachEval([](train::EvalDone& e) { e.loss = 3 + 0.001 * static_cast<double>(e.step); });
    } else if (id == "general_worse") {
        events.insert(events.begin() + 1, eval(0, 2, "general"));
        events.insert(events.end() - 1, eval(100, 2.4, "general"));
    } else if (id == "slower") {
        eachStep([](train::StepDone& s) { s.tokensPerSecond = s.step > 70 ? 300 : 1000; });
    } else if (id == "cut_rows") {
        std::get<train::RunStarted>(events.front()).truncatedRows = 20;
    } else if (id == "cut_answers") {
        eachStep([](train::StepDone& s) { s.measures.push_back({&measures::measureOf("ended_share"), 0.2}); });
    } else if (id == "stuck_at_chance") {
        eachStep([](train::StepDone& s) { s.loss = 0.6931 + 0.002 * (s.step % 2 ? 1 : -1); });
    } else if (id == "barely_learned") {
        eachEval([](train::EvalDone& e) { e.loss = 0.6931 - 3e-4 * static_cast<double>(e.step); });
    } else if (id == "chosen_falls") {
        eachEval([](train::EvalDone& e) { e.measures = {{&measures::measureOf("logp_chosen"), -20 - 0.1 * static_cast<double>(e.step)}}; });
    } else if (id == "kl_runs_away") {
        eachStep([](train::StepDone& s) { s.measures = {{&measures::measureOf("kl"), 1e-5 * static_cast<double>(s.step * s.step * s.step)}}; });
    } else if (id == "bought_reward") {
        eachStep([](train::StepDone& s) {
            s.measures = {{&measures::measureOf("reward"), 0.01 * static_cast<double>(s.step)}, {&measures::measureOf("answer_tokens"), 20.0 + static_cast<double>(s.step)}};
        });
    } else if (id == "entropy_gone") {
        eachStep([](train::StepDone& s) { s.measures = {{&measures::measureOf("entropy"), 1 / (1 + static_cast<double>(s.step * s.step))}}; });
    } else if (id == "no_spread") {
        eachStep([](train::StepDone& s) { s.measures = {{&measures::measureOf("no_spread_share"), 0.9}, {&measures::measureOf("reward"), 1.0}}; });
    }
    return events;
}

config::RunConfig recipeOf(const std::string& id)
{
    auto config = recipe();
    if (id == "stuck_at_chance" || id == "barely_learned" || id == "chosen_falls") {
        config.objective.kind = "dpo";
    } else if (id == "kl_runs_away" || id == "bought_reward" || id == "entropy_gone" || id == "cut_answers") {
        config.objective.kind = "ppo";
    } else if (id == "no_spread") {
        config.objective.kind = "grpo";
    }
    if (id == "cut_answers") {
        config.objective.kind = "grpo";
    }
    if (id == "still_warming") {
        config.schedule.warmupRatio = 1;
    }
    return config;
}

} // namespace

class TestDoctor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aGoodRunHasNoFindings();
    void aGoodRunOfPreferencesHasNoFindings_data();
    void aGoodRunOfPreferencesHasNoFindings();
    void rewardByRepetition();
    void everyRowSees_data();
    void everyRowSees();
    void remediesAreSettings();
    void remediesFitTheMethod();
    void standingStillIsNoRise();
    void whatComesBackIsNoRise();
    void aFindingComesOnce();
    void whatMovedNothing();
    void numbersAreShort();
    void rolloutsMayHaveNoLoss();
    void aResumedRunLooksAtItsOwnSteps();
};

void TestDoctor::aGoodRunHasNoFindings()
{
    for (const Finding& finding : train::findingsOf(healthy(), recipe())) {
        QFAIL(finding.text().c_str());
    }
}

void TestDoctor::aGoodRunOfPreferencesHasNoFindings_data()
{
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"dpo", "kto", "reward", "grpo", "rloo", "ppo"}) {
        QTest::newRow(kind) << QString::fromLatin1(kind);
    }
}

// What such runs say of themselves when they go well: a margin that grows while the chosen answers lose a little, a reward that rises at a
// KL that settles, answers of about the same length, less entropy, some groups without spread, some answers cut.
void TestDoctor::aGoodRunOfPreferencesHasNoFindings()
{
    QFETCH(QString, kind);
    auto config = recipe();
    config.objective.kind = kind.toStdString();
    auto events = healthy();
    const bool isOfPairs = kind == QLatin1String("dpo") || kind == QLatin1String("kto") || kind == QLatin1String("reward");
    for (train::Event& event : events) {
        if (auto* done = std::get_if<train::StepDone>(&event)) {
            const double part = static_cast<double>(done->step) / 100;
            if (isOfPairs) {
                done->loss = 0.693 - 0.5 * part;
                done->measures = {{&measures::measureOf("reward_margin"), 2 * part}, {&measures::measureOf("reward_accuracy"), 0.5 + 0.4 * part}, {&measures::measureOf("kl"), 0.1}};
            } else {
                done->loss = -0.01 * part;
                done->measures = {{&measures::measureOf("reward"), 0.4 + 0.5 * part},       {&measures::measureOf("kl"), 0.2 * (1 - std::exp(-5 * part))},
                                  {&measures::measureOf("entropy"), 1.2 - 0.6 * part},      {&measures::measureOf("answer_tokens"), 20 + 4 * part},
                                  {&measures::measureOf("ended_share"), 0.9},               {&measures::measureOf("repeat_share"), 0.05},
                                  {&measures::measureOf("no_spread_share"), 0.2 + 0.3 * part}};
            }
        } else if (auto* done = std::get_if<train::EvalDone>(&event); done && isOfPairs) {
            const double part = static_cast<double>(done->step) / 100;
            done->loss = 0.693 - 0.4 * part;
            done->measures = {{&measures::measureOf("logp_chosen"), -20 - 0.3 * part}};
        }
    }
    for (const Finding& finding : train::findingsOf(events, config)) {
        QFAIL((finding.id + std::string(": ") + finding.text()).c_str());
    }
}

void TestDoctor::rewardByRepetition()
{
    auto config = recipe();
    config.objective.kind = "grpo";
    auto events = healthy();
    for (train::Event& event : events) {
        if (auto* done = std::get_if<train::StepDone>(&event)) {
            const double part = static_cast<double>(done->step) / 100;
            done->measures = {{&measures::measureOf("reward"), part}, {&measures::measureOf("answer_tokens"), 20.0}, {&measures::measureOf("repeat_share"), 0.02 + 0.6 * part}};
        }
    }
    const auto findings = train::findingsOf(events, config);
    QCOMPARE(idsOf(findings), std::set<std::string>{"bought_reward"});
    QVERIFY2(findings.front().explanation.find("Repetition") != std::string::npos, findings.front().explanation.c_str());
}

void TestDoctor::everyRowSees_data()
{
    QTest::addColumn<QString>("id");
    for (const doctor::Row& row : doctor::rows()) {
        QVERIFY(doctor::findRow(row.id) == &row);
        QTest::newRow(row.id) << QString::fromLatin1(row.id);
    }
}

void TestDoctor::everyRowSees()
{
    QFETCH(QString, id);
    if (id == QLatin1String("unmoved")) {
        return; // whatMovedNothing()
    }
    const std::string wanted = id.toStdString();
    const auto config = recipeOf(wanted);
    const auto events = sickWith(wanted);
    const auto findings = train::findingsOf(events, config);
    QCOMPARE(idsOf(findings), std::set<std::string>{wanted});
    QVERIFY(!findings.front().sentence.empty() && !findings.front().explanation.empty() && !findings.front().remedies.empty());

    Log log; // the same live, and once
    train::DoctorWatch watch(config, log);
    for (const train::Event& event : events) {
        watch.onEvent(event);
    }
    watch.lookBack({true, std::nullopt, 100});
    std::vector<train::Warning> told;
    for (const train::Event& event : log.events) {
        if (const auto* warning = std::get_if<train::Warning>(&event)) {
            told.push_back(*warning);
        }
    }
    QCOMPARE(told.size(), std::size_t{1});
    QCOMPARE(told.front().cause, wanted);
    QCOMPARE(told.front().sentence, findings.front().text());
    QCOMPARE(told.front().remedies.size(), findings.front().remedies.size());
}

// Whatever is proposed, the recipe takes it.
void TestDoctor::remediesAreSettings()
{
    for (const doctor::Row& row : doctor::rows()) {
        for (const Finding& finding : train::findingsOf(sickWith(row.id), recipeOf(row.id))) {
            for (const doctor::Remedy& remedy : finding.remedies) {
                auto config = recipeOf(row.id);
                const auto before = config::toJson(config);
                QVERIFY2(!remedy.sentence.empty(), remedy.key.c_str());
                if (remedy.value.empty()) {
                    continue;
                }
                const auto set = config::setByKey(config, remedy.key, remedy.value);
                QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
                QVERIFY2(config::toJson(config) != before, (remedy.key + "=" + remedy.value).c_str());
            }
        }
    }
}

void TestDoctor::remediesFitTheMethod()
{
    const auto keysFor = [](const std::string& method) {
        auto config = recipe();
        config.method.kind = method;
        std::set<std::string> keys;
        for (const Finding& finding : train::findingsOf(sickWith("overfitting"), config)) {
            for (const doctor::Remedy& remedy : finding.remedies) {
                keys.insert(remedy.key);
            }
        }
        return keys;
    };
    QVERIFY(keysFor("lora").contains("method.dropout"));
    QVERIFY(!keysFor("full").contains("method.dropout")); // it has none
    for (const char* key : {"optimizer.weight_decay", "run.patience", "run.keep", "data.train"}) {
        QVERIFY2(keysFor("full").contains(key), key);
    }
}

// A preference run that stood still is told to take longer steps, not shorter ones, and a run of a step or two is told nothing.
void TestDoctor::standingStillIsNoRise()
{
    const auto config = recipeOf("barely_learned");
    auto events = healthy();
    for (train::Event& event : events) {
        if (auto* done = std::get_if<train::EvalDone>(&event)) {
            done->loss = 0.6931 + 1e-6 * static_cast<double>(done->step);
        }
    }
    const auto findings = train::findingsOf(events, config);
    QCOMPARE(idsOf(findings), std::set<std::string>{"barely_learned"});
    QCOMPARE(findings.front().remedies.front().key, std::string("optimizer.learning_rate"));
    QVERIFY(std::stod(findings.front().remedies.front().value) > config.optimizer.learningRate);
    train::RunEnded ended;
    ended.outcome = train::Outcome::Finished;
    ended.step = 1;
    QVERIFY(train::findingsOf({start(1), eval(0, 0.6931), step(1, 0.6931), eval(1, 0.69310001), ended}, config).empty());
}

// A held-out loss that goes up and down, as it does at a high rate, is not one that rises.
void TestDoctor::whatComesBackIsNoRise()
{
    auto events = healthy();
    for (train::Event& event : events) {
        if (auto* done = std::get_if<train::EvalDone>(&event)) {
            done->loss = *done->loss + (done->step % 30 == 20 ? 0.6 : done->step % 30 == 0 ? 0.3 : 0);
        }
    }
    QVERIFY(train::findingsOf(events, recipe()).empty());
}

void TestDoctor::aFindingComesOnce()
{
    doctor::Watch watch(recipe());
    QVERIFY(watch.take(doctor::Start{100, 10, 0, 0, 0}).empty());
    QCOMPARE(watch.take(doctor::Step{1, kNan, 1, 1e-4, 100}).size(), std::size_t{1});
    QVERIFY(watch.take(doctor::Step{2, kNan, 1, 1e-4, 100}).empty());
    QVERIFY(watch.take(doctor::Step{3, 1, std::numeric_limits<double>::infinity(), 1e-4, 100}).empty());
}

void TestDoctor::numbersAreShort()
{
    for (const auto& [value, text] : {std::pair(0.0002, "0.0002"), {1e-5, "1e-05"}, {2.718, "2.72"}, {999.4, "999"}, {1270.4, "1270"}, {-123456.0, "-123456"}, {2e8, "2e+08"}}) {
        QCOMPARE(doctor::shortNumber(value), std::string(text));
    }
}

void TestDoctor::whatMovedNothing()
{
    doctor::Watch watch(recipe());
    watch.take(doctor::Start{1, 10, 0, 0, 0});
    watch.take(doctor::Step{1, 2, 1, 1e-4, 100});
    const auto found = watch.take(doctor::End{true, false, 1});
    QCOMPARE(idsOf(found), std::set<std::string>{"unmoved"});
    QCOMPARE(found.front().remedies.front().value, std::string("0.001"));

    // Where no gradient came, no rate helps.
    for (const char* kind : {"sft", "grpo"}) {
        auto config = recipe();
        config.objective.kind = kind;
        doctor::Watch still(config);
        still.take(doctor::Start{1, 10, 0, 0, 0});
        still.take(doctor::Step{1, 2, 0, 1e-4, 100});
        const auto flat = still.take(doctor::End{true, false, 1});
        QCOMPARE(idsOf(flat), std::set<std::string>{"unmoved"});
        for (const doctor::Remedy& remedy : flat.front().remedies) {
            QVERIFY2(remedy.key != "optimizer.learning_rate", remedy.sentence.c_str());
        }
    }

    // Only the run itself could see it, so it is taken from what it told.
    std::vector<train::Event> events = healthy();
    events.insert(events.end() - 1, train::Warning{100, found.front().text(), "unmoved", found.front().remedies});
    QCOMPARE(idsOf(train::findingsOf(events, recipe())), std::set<std::string>{"unmoved"});
}

// A loss around zero is usual where answers are compared with each other.
void TestDoctor::rolloutsMayHaveNoLoss()
{
    auto config = recipe();
    config.objective.kind = "grpo";
    QVERIFY(train::findingsOf(sickWith("zero_loss"), config).empty());
}

// What was usual before says nothing of the speed on another machine.
void TestDoctor::aResumedRunLooksAtItsOwnSteps()
{
    std::vector<train::Event> events{start()};
    for (int i = 1; i <= 70; ++i) {
        events.push_back(step(i, 2, 1, 1000));
    }
    auto again = start();
    again.firstStep = 70;
    events.push_back(again);
    for (int i = 71; i <= 100; ++i) {
        events.push_back(step(i, 2, 1, 100));
    }
    QVERIFY(train::findingsOf(events, recipe()).empty());
}

QTEST_APPLESS_MAIN(TestDoctor)
#include "tst_doctor.moc"
