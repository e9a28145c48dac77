// SPDX-License-Identifier: GPL-3.0-or-later
// The models beside one that learns from its answers: values that warm up or have adapters of their own, and a reward model that
// shares the base, or is one of its own.
#include "core/config/named_paths.h"
#include "core/inference/judge_spec.h"
#include "core/inference/judged_row.h"
#include "core/inference/session.h"
#include "core/inference/shared_judge.h"
#include "core/objectives/rollout_settings.h"
#include "core/peft/folders/score_folder.h"
#include "core/rewards/rule.h"
#include "core/rollouts/rollout_log.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/train/answers/first_answers.h"
#include "core/train/plan/method_size.h"
#include "core/train/plan/run_plan.h"
#include "core/train/start_point.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <ATen/ops/ones.h>

#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

constexpr double kSame = 1e-5;

void setUp(TinyRun& run, const std::string& kind)
{
    run.config.objective.kind = kind;
    auto& answers = run.config.objective.of<objectives::AnswerSettings>();
    answers.rewards = {"length most=2 slack=20 unit=words"};
    answers.maxNew = 12;
    answers.look = 0;
    run.config.objective.of<objectives::GroupSettings>().group = 4;
    run.config.run.batchSize = 4;
    run.config.run.gradientAccumulation = 2;
    run.config.run.maxSteps = 8;
    run.config.run.epochs = 20;
    run.config.run.evalEvery = 100;
    run.config.run.checkpointEvery = 100;
    auto& ppo = run.config.objective.of<objectives::PpoSettings>();
    ppo.epochs = 2;
    ppo.valueWarmUp = 0;
}

double measured(const train::StepDone& step, const char* id)
{
    return *measures::find(step.measures, measures::measureOf(id));
}

// A reward model of the run's base, learned from pairs.
std::string makeJudge(TinyRun& run, const std::string& name, const std::string& method)
{
    std::string rows;
    for (int i = 0; i < 16; ++i) {
        rows += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"chosen", "A saw."}, {"rejected", "Planes, planes and planes."}}) + "\n";
    }
    if (!base::writeFileAtomically(run.path("pairs.jsonl"), rows)) {
        return {};
    }
    const config::RunConfig kept = run.config;
    run.config.objective.kind = "reward";
    run.config.method.kind = method;
    run.config.data.train = {run.path("pairs.jsonl")};
    run.config.run.maxSteps = 4;
    run.config.run.batchSize = 2;
    EventLog log;
    const auto ended = run.run(name, log);
    run.config = kept;
    return ended.outcome == Outcome::Finished ? run.path(name) : std::string();
}

// Of the family qwen2, a vocabulary of its own; with a chat template or without any.
std::string makeOtherModel(TinyRun& run, bool talks)
{
    const std::string folder = run.path(talks ? "other" : "mute");
    fs::create_directory(folder);
    fs::copy_file(fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/tokenizers/qwen2.json", fs::path(folder) / "tokenizer.json");
    const auto tokenizer = text::loadTokenizer(folder);
    if (!tokenizer) {
        qFatal("%s", tokenizer.message().c_str());
    }
    const Json config{{"model_type", "qwen2"}, {"architectures", {"Qwen2ForCausalLM"}}, {"hidden_size", 24}, {"intermediate_size", 40}, {"num_hidden_layers", 2},
                      {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"vocab_size", (*tokenizer)->vocabSize()}, {"max_position_embeddings", 512},
                      {"rms_norm_eps", 1e-6}, {"rope_theta", 10000.0}, {"hidden_act", "silu"}, {"tie_word_embeddings", true}, {"torch_dtype", "float32"}};
    Json spoken{{"tokenizer_class", "Qwen2Tokenizer"}};
    if (talks) {
        spoken["chat_template"] = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</{{ m['role'] }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
    }
    const auto write = [&](const char* name, const Json& json) { return base::writeFileAtomically(fs::path(folder) / name, base::dumpJson(json)); };
    if (!write("config.json", config) || !write("tokenizer_config.json", spoken)) {
        qFatal("the other model cannot be written");
    }
    nn::Decoder decoder(*nn::readDecoderConfig(folder), at::kCPU, at::kFloat);
    decoder.initialise(7);
    const std::string target = folder + "-model";
    if (const auto saved = weights::saveModelFolder(decoder, folder, target, at::kFloat); !saved) {
        qFatal("%s", saved.message().c_str());
    }
    return target;
}

} // namespace

class TestRolloutModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // While the values warm up the policy rests, whatever they read: not a weight of it moves.
    void policyRestsWhileValuesWarmUp_data()
    {
        QTest::addColumn<QString>("reads");
        QTest::newRow("what answers") << QStringLiteral("policy");
        QTest::newRow("adapters of their own") << QStringLiteral("own");
    }
    void policyRestsWhileValuesWarmUp()
    {
        QFETCH(QString, reads);
        TinyRun run;
        setUp(run, "ppo");
        auto& ppo = run.config.objective.of<objectives::PpoSettings>();
        ppo.valueWarmUp = 2; // of 4 updates
        ppo.valueAdapters = reads.toStdString();
        EventLog log;
        const auto ended = run.run("run", log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        const auto steps = log.all<train::StepDone>();
        QCOMPARE(steps.size(), std::size_t{8});
        for (std::size_t i = 0; i < 5; ++i) { // the first step of the third update still reads it as it was
            QCOMPARE(measured(steps[i], "kl"), 0.0);
        }
        QVERIFY(measured(steps[7], "kl") > 0);
        const auto second = rollouts::readUpdate(run.path("run"), 2);
        const auto third = rollouts::readUpdate(run.path("run"), 3);
        const auto fourth = rollouts::readUpdate(run.path("run"), 4);
        QVERIFY(second && third && fourth);
        const auto rests = [](const rollouts::Update& update) {
            return std::all_of(update.answers.begin(), update.answers.end(), [](const auto& a) { return a.numbers.logProbs == a.numbers.reference; });
        };
        QVERIFY(rests(*second) && rests(*third) && !rests(*fourth));
        const auto& values = third->answers.front().numbers.values;
        QVERIFY(std::any_of(values.begin(), values.end(), [](float value) { return value != 0; })); // they learned
    }

    // Values with adapters of their own leave the policy's numbers to the policy's loss alone, and go on to the bit.
    void valuesOfTheirOwn()
    {
        TinyRun run;
        setUp(run, "ppo");
        run.config.objective.of<objectives::PpoSettings>().valueAdapters = "own";
        EventLog whole;
        const auto uninterrupted = run.run("whole", whole);
        QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
        EventLog before;
        QVERIFY(run.runUntil("parts", before, 5).outcome == Outcome::Stopped);
        EventLog after;
        const auto resumed = run.run("parts", after, true);
        QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
        QVERIFY(!bytesOf(resumed.adapter + "/adapter_model.safetensors").empty());
        for (const char* file : {"/adapter_model.safetensors", "/value/adapter_model.safetensors"}) {
            QVERIFY(bytesOf(resumed.adapter + file) == bytesOf(uninterrupted.adapter + file));
        }
        run.config.objective.of<objectives::PpoSettings>().valueAdapters = "policy";
        EventLog shared;
        QVERIFY(run.run("shared", shared).outcome == Outcome::Finished);
        const auto trained = [](const EventLog& log) { return log.all<train::RunStarted>().front().trainableParameters; };
        QVERIFY(trained(whole) > trained(shared)); // twice the adapters, and the heads
        QCOMPARE(train::methodSize(run.config)->trainedParameters, trained(shared)); // as planned
        run.config.objective.of<objectives::PpoSettings>().valueAdapters = "own";
        QCOMPARE(train::methodSize(run.config)->trainedParameters, trained(whole));
        run.config.method.kind = "full";
        EventLog full;
        const auto refused = run.run("full", full);
        QVERIFY(refused.outcome == Outcome::Failed);
        QVERIFY2(refused.sentence.find("adapters of their own") != std::string::npos, refused.sentence.c_str());
    }

    // The values are part of the result, and a run that goes on from it begins with them, not with a head that says 0.
    void valuesGoOn_data()
    {
        QTest::addColumn<QString>("reads");
        QTest::addColumn<QString>("method");
        QTest::newRow("what answers") << QStringLiteral("policy") << QStringLiteral("lora");
        QTest::newRow("adapters of their own") << QStringLiteral("own") << QStringLiteral("lora");
        QTest::newRow("a method of another kind") << QStringLiteral("own") << QStringLiteral("ia3");
        QTest::newRow("all weights") << QStringLiteral("policy") << QStringLiteral("full");
    }
    void valuesGoOn()
    {
        QFETCH(QString, reads);
        QFETCH(QString, method);
        TinyRun run;
        setUp(run, "ppo");
        run.config.method.kind = method.toStdString();
        run.config.objective.of<objectives::PpoSettings>().valueAdapters = reads.toStdString();
        EventLog log;
        const auto first = run.run("first", log);
        QVERIFY2(first.outcome == Outcome::Finished, first.sentence.c_str());
        const fs::path values = fs::path(first.adapter) / "value";
        const bool isWhole = method == QStringLiteral("full");
        QVERIFY(fs::exists(values / (isWhole ? "score_head.safetensors" : "adapter_model.safetensors")));
        if (isWhole) {
            run.config.model.path = first.adapter;
        } else {
            run.config.model.adapter = run.path("first");
        }
        run.config.run.maxSteps = 2;
        EventLog again;
        const auto second = run.run("second", again);
        QVERIFY2(second.outcome == Outcome::Finished, second.sentence.c_str());
        const auto update = rollouts::readUpdate(run.path("second"), 1);
        QVERIFY(update);
        for (const rollouts::Answered& answered : update->answers) {
            const auto& said = answered.numbers.values;
            QVERIFY(!said.empty() && std::all_of(said.begin(), said.end(), [](float value) { return value != 0; }));
        }
        if (isWhole) {
            return;
        }
        QVERIFY(fs::exists(run.path("second") + "/start/value/adapter_config.json")); // it goes on when the first run is gone
        run.config.model.adapter = values.string(); // what was expected answers nothing
        EventLog wrong;
        const auto refused = run.run("wrong", wrong);
        QVERIFY(refused.outcome == Outcome::Failed);
        QVERIFY2(refused.sentence.find("token by token") != std::string::npos, refused.sentence.c_str());
    }

    // What a run would begin with, before it does: the same answers as it then tells, and nothing kept.
    void firstAnswersAreThoseOfTheRun()
    {
        TinyRun run;
        setUp(run, "grpo");
        run.config.objective.of<objectives::AnswerSettings>().look = 8;
        run.config.run.maxSteps = 1;
        train::StopControl control;
        const auto first = train::firstAnswers(run.config, train::runRows(run.config.data), control);
        QVERIFY2(first, first ? "" : first.message().c_str());
        QCOMPARE(first->answers.size(), std::size_t{8});
        EventLog log;
        QVERIFY(run.run("run", log).outcome == Outcome::Finished);
        const auto told = log.all<train::SampleDone>();
        QCOMPARE(told.size(), first->answers.size());
        double reward = 0;
        for (std::size_t i = 0; i < told.size(); ++i) {
            QCOMPARE(first->answers[i].answer, told[i].answer);
            QCOMPARE(first->answers[i].prompt, told[i].prompt);
            reward += first->answers[i].reward / 8;
        }
        QVERIFY(std::abs(first->reward - reward) < 1e-12 && first->withoutSpread && first->cut() >= 0 && first->cut() <= 8);
        run.config.objective.kind = "sft";
        const auto none = train::firstAnswers(run.config, train::runRows(run.config.data), control);
        QVERIFY2(!none && none.message().find("has its answers in the data") != std::string::npos, none ? "" : none.message().c_str());
        run.config.objective.kind = "grpo";
        control.requestStop();
        const auto stopped = train::firstAnswers(run.config, train::runRows(run.config.data), control);
        QVERIFY(!stopped && stopped.message() == "cancelled");
    }

    // Every answer's reward is what the reward model says of it when it is opened alone, whether it shares the base (an adapter) or
    // is a model of its own (all its weights).
    void rewardModelJudges_data()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("an adapter over the base") << QStringLiteral("lora");
        QTest::newRow("a whole model") << QStringLiteral("full");
    }
    void rewardModelJudges()
    {
        QFETCH(QString, method);
        TinyRun run;
        setUp(run, "grpo");
        const std::string judge = makeJudge(run, "judge", method.toStdString());
        QVERIFY(!judge.empty());
        auto& answers = run.config.objective.of<objectives::AnswerSettings>();
        answers.rewards = {};
        answers.rewardModel = judge;
        answers.rewardModelWeight = 0.5;
        EventLog log;
        const auto ended = run.run("run", log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        const auto spec = inference::judgeSpec({judge, {}, "cpu", "auto"});
        QVERIFY(spec);
        const auto alone = inference::Session::open(*spec);
        QVERIFY2(alone, alone ? "" : alone.message().c_str());
        for (const std::int64_t number : rollouts::updatesIn(run.path("run"))) {
            const auto update = rollouts::readUpdate(run.path("run"), number);
            QVERIFY(update);
            for (const rollouts::Answered& answered : update->answers) {
                data::Example example;
                example.messages = {{"user", answered.prompt, {}}, {"assistant", answered.answer, {}}};
                const auto texts = inference::textsToJudge(**alone, example);
                QVERIFY2(texts, texts ? "" : texts.message().c_str());
                const auto scores = (*alone)->judge(*texts, {});
                QVERIFY(scores);
                const auto score = static_cast<double>((*scores)[0].front());
                QCOMPARE(answered.verdicts.size(), std::size_t{1});
                QVERIFY2(std::abs(answered.verdicts.front().reward - score) < kSame, std::to_string(answered.verdicts.front().reward - score).c_str());
                QVERIFY(std::abs(answered.numbers.reward - 0.5 * score) < kSame);
            }
        }
    }

    // A judge of another family, width and vocabulary reads the text anew in its own words.
    void judgeOfAnotherVocabulary()
    {
        TinyRun run;
        setUp(run, "grpo");
        const std::string other = makeOtherModel(run, true);
        const std::string kept = run.config.model.path;
        run.config.model.path = other;
        const std::string judge = makeJudge(run, "judge", "lora");
        run.config.model.path = kept;
        QVERIFY(!judge.empty());
        auto& answers = run.config.objective.of<objectives::AnswerSettings>();
        answers.rewards = {"length most=2 slack=20 unit=words"}; // both count
        answers.rewardModel = judge;
        EventLog log;
        const auto ended = run.run("run", log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        QVERIFY(!log.warningWith("cuts text into other tokens").empty());
        const auto alone = inference::Session::open(*inference::judgeSpec({judge, {}, "cpu", "auto"}));
        const auto own = inference::Session::open({run.config.model.path, {}, "cpu", "auto"});
        QVERIFY(alone && own);
        const auto update = rollouts::readUpdate(run.path("run"), 1);
        QVERIFY(update);
        bool differs = false;
        for (const rollouts::Answered& answered : update->answers) {
            data::Example example;
            example.messages = {{"user", answered.prompt, {}}, {"assistant", answered.answer, {}}};
            const auto texts = inference::textsToJudge(**alone, example);
            const auto ownTexts = inference::textsToJudge(**own, example);
            QVERIFY2(texts && ownTexts, texts ? "" : texts.message().c_str());
            differs = differs || *texts != *ownTexts;
            const auto score = static_cast<double>((*(*alone)->judge(*texts, {}))[0].front());
            QCOMPARE(answered.verdicts.size(), std::size_t{2});
            QVERIFY2(std::abs(answered.verdicts.back().reward - score) < kSame, std::to_string(answered.verdicts.back().reward - score).c_str());
            QVERIFY(std::abs(answered.numbers.reward - answered.verdicts.front().reward - score) < kSame);
        }
        QVERIFY(differs); // the vocabularies are not one
    }

    // One that has no template cannot read a conversation, and one that was made to tell labels apart gives no score.
    void judgesThatCannotBe()
    {
        TinyRun run;
        setUp(run, "grpo");
        const std::string other = makeOtherModel(run, false);
        const std::string kept = run.config.model.path;
        run.config.model.path = other;
        run.config.model.chatTemplate = "chatml";
        const std::string judge = makeJudge(run, "judge", "lora");
        run.config.model.path = kept;
        run.config.model.chatTemplate = "folder";
        QVERIFY(!judge.empty());
        for (const fs::path& place : {fs::path(judge) / "adapter"}) { // what it was trained with is forgotten
            fs::remove(place / "chat_template.jinja");
            fs::remove(place / "tokenizer_config.json");
        }
        run.config.objective.of<objectives::AnswerSettings>().rewardModel = judge;
        EventLog log;
        const auto plan = train::planRun(run.config, train::runRows(run.config.data), {1}); // the window's, too
        QVERIFY2(!plan && plan.message().find("the reward model cannot read an answer") != std::string::npos, plan ? "it plans" : plan.message().c_str());
        const auto ended = run.run("run", log);
        QVERIFY(ended.outcome == Outcome::Failed);
        QVERIFY(log.all<train::StepDone>().empty() && log.all<train::SampleDone>().empty());
        QVERIFY2(ended.sentence.find("the reward model cannot read an answer") != std::string::npos && ended.sentence.find("template") != std::string::npos, ended.sentence.c_str());
    }

    // It stands on the loaded base and leaves no trace in it; what cannot share says so by being none.
    void sharesTheBase()
    {
        TinyRun run;
        setUp(run, "grpo");
        const std::string judge = makeJudge(run, "judge", "lora");
        const std::string whole = makeJudge(run, "whole", "full");
        QVERIFY(!judge.empty() && !whole.empty());
        auto folder = weights::ModelFolder::open(run.config.model.path);
        auto loaded = weights::loadDecoder(*folder, at::kCPU, at::kFloat);
        QVERIFY(folder && loaded);
        const auto spec = inference::judgeSpec({judge, {}, "cpu", "auto"});
        const auto shared = inference::shareBase({*loaded, run.config.model.path, {}}, *spec);
        QVERIFY2(shared && *shared, shared ? "it is none" : shared.message().c_str());
        QVERIFY((*shared)->judges() && !(*loaded)->scoreHead().exists());
        for (const nn::LinearGroup* group : (*loaded)->groups()) {
            QVERIFY(group->adapters.empty());
        }
        QVERIFY(!(*shared)->score({1, 2}).ok()); // it judges and does nothing else
        const auto alone = inference::Session::open(*spec);
        const std::vector<std::vector<text::TokenId>> texts{{1, 17, 398, 457, 2}, {1, 5, 6}};
        const auto a = (*shared)->judge(texts, {});
        const auto b = (*alone)->judge(texts, {});
        QVERIFY(a && b);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            QVERIFY(std::abs((*a)[i].front() - (*b)[i].front()) < kSame);
        }
        const auto other = inference::shareBase({*loaded, run.config.model.path, {}}, *inference::judgeSpec({whole, {}, "cpu", "auto"}));
        QVERIFY(other && !*other);
        const auto rounded = inference::shareBase({*loaded, run.config.model.path, quant::Quantisation{}}, *spec);
        QVERIFY(rounded && !*rounded);
    }

    void whatIsNoRewardModelIsSaid()
    {
        TinyRun run;
        setUp(run, "grpo");
        run.config.objective.of<objectives::AnswerSettings>().rewardModel = run.config.model.path;
        EventLog log;
        const auto ended = run.run("run", log);
        QVERIFY(ended.outcome == Outcome::Failed);
        QVERIFY2(ended.sentence.find("is no reward model") != std::string::npos, ended.sentence.c_str());
        run.config.objective.of<objectives::AnswerSettings>().rewardModel = run.path("nowhere");
        EventLog missing;
        const auto gone = run.run("gone", missing);
        QVERIFY(gone.outcome == Outcome::Failed);
        QVERIFY2(gone.sentence.find("objective.reward_model") != std::string::npos && gone.sentence.find("nowhere") != std::string::npos, gone.sentence.c_str());
    }

    // All that a recipe names beside model and data is looked at by its plan and before the run has a folder.
    void whatARecipeNamesIsThere_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<QString>("rewardModel");
        QTest::addColumn<QString>("adapter");
        QTest::addColumn<QString>("said");
        const QString fine = QStringLiteral("length most=2 slack=20 unit=words");
        const auto row = [](const char* name, const QString& rule, const char* rewardModel, const char* adapter, const char* said) {
            QTest::newRow(name) << rule << QString::fromLatin1(rewardModel) << QString::fromLatin1(adapter) << QString::fromLatin1(said);
        };
        row("a reward model that is not there", fine, "nowhere", "", "nowhere is not there");
        row("a model that only answers", fine, "model", "", "is no reward model: it has no head");
        row("a run that ended without a result", fine, "begun", "", "a run without a result");
        row("a folder of something else", fine, "empty", "", "choose the folder of a model");
        row("an adapter without its base", fine, "orphan", "", "the base of this adapter");
        row("a classifier", fine, "labels", "", "tells labels apart");
        row("a schema that is not there", QStringLiteral("json_schema schema=nowhere.json"), "", "", "nowhere.json");
        row("a schema that is broken", QStringLiteral("json_schema schema=broken.json"), "", "", "broken.json");
        row("a pattern that is none", QStringLiteral("regex pattern='(a'"), "", "", "rule 1");
        row("no such rule", QStringLiteral("kindness"), "", "", "no rule \"kindness\"");
        row("an adapter to start from that is not there", fine, "", "nowhere", "nowhere is not there");
    }

    void whatARecipeNamesIsThere()
    {
        QFETCH(QString, rule);
        QFETCH(QString, rewardModel);
        QFETCH(QString, adapter);
        QFETCH(QString, said);
        TinyRun run;
        setUp(run, "grpo");
        fs::create_directories(run.path("empty"));
        fs::create_directories(run.path("begun"));
        fs::create_directories(run.path("orphan"));
        QVERIFY(base::writeFileAtomically(run.path("begun/recipe.json"), "{}"));
        QVERIFY(base::writeFileAtomically(run.path("broken.json"), "{\"type\": "));
        if (rewardModel == QLatin1String("orphan") || rewardModel == QLatin1String("labels")) {
            const std::string judge = makeJudge(run, "judge", "lora");
            QVERIFY(!judge.empty());
            fs::copy(fs::path(judge) / "adapter", run.path(rewardModel.toStdString()), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
            const fs::path place = run.path(rewardModel.toStdString());
            if (rewardModel == QLatin1String("orphan")) {
                auto config = *base::readJson(place / "adapter_config.json");
                config["base_model_name_or_path"] = "/nowhere/at/all";
                QVERIFY(base::writeFileAtomically(place / "adapter_config.json", base::dumpJson(config)));
            } else {
                fs::remove(place / "score_head.safetensors");
                QVERIFY(peft::addScoreHead(place, {at::ones({2, 16}), {"good", "bad"}}));
            }
        }
        QString text = rule;
        auto& answers = run.config.objective.of<objectives::AnswerSettings>();
        answers.rewards = {text.replace(QLatin1String("schema="), QStringLiteral("schema=") + QString::fromStdString(run.path(""))).toStdString()};
        answers.rewardModel = rewardModel.isEmpty() ? std::string() : run.path(rewardModel.toStdString());
        run.config.model.adapter = adapter.isEmpty() ? std::string() : run.path(adapter.toStdString());
        const auto started = train::startedFrom(run.config);
        QVERIFY2(!started && started.message().find(said.toStdString()) != std::string::npos, started ? "it starts" : started.message().c_str());
        const auto plan = train::planRun(run.config, train::runRows(run.config.data), {1});
        const std::string& planned = plan ? plan->sizeProblem : plan.message();
        QVERIFY2(planned == started.message(), planned.c_str());
        EventLog log;
        QCOMPARE(run.run("refused", log).sentence, started.message());
        QVERIFY(!fs::exists(run.path("refused")));
    }

    // Relative ones are the recipe's own, wherever it is read from, and the run's recipe names them whole.
    void pathsOfARecipe()
    {
        TinyRun run;
        setUp(run, "grpo");
        run.config.objective.of<objectives::AnswerSettings>().rewards = {"exact", "json_schema schema='my schema.json' weight=0.5", "json_schema schema='{\"type\": \"object\"}'"};
        run.config.objective.of<objectives::AnswerSettings>().rewardModel = "judge";
        run.config.model.adapter = "start";
        run.config.data.heldOut = {"kept.jsonl"};
        run.config.data.general = {"/abs/general.jsonl"};
        QVERIFY(base::writeFileAtomically(run.path("recipe.json"), base::dumpJson(config::toJson(run.config))));
        auto read = config::readRecipe(run.path("recipe.json"));
        QVERIFY2(read, read ? "" : read.message().c_str());
        std::vector<std::string> paths;
        config::eachPath(*read, [&](std::string& path) { paths.push_back(path); });
        const std::vector<std::string> expected{run.config.model.path, run.path("start"), run.config.data.train.front(), run.path("kept.jsonl"), "/abs/general.jsonl",
                                                run.path("judge"), run.path("my schema.json")};
        QVERIFY2(paths == expected, paths.back().c_str());
        const auto& rules = read->objective.of<objectives::AnswerSettings>().rewards;
        QVERIFY(rules.front() == "exact" && rules.back() == run.config.objective.of<objectives::AnswerSettings>().rewards.back());
        QVERIFY(rewards::parseRule(rules[1])->weight == 0.5);
    }
};

QTEST_GUILESS_MAIN(TestRolloutModels)
#include "tst_rollout_models.moc"
