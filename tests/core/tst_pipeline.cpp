// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline from preferences to a model: what is kept, how each stage is seen, the recipes that follow from what was made, and
// the whole way by the command line, stopped and gone on with.
#include "core/base/files.h"
#include "core/config/usual_rate.h"
#include "core/objectives/rollout_settings.h"
#include "core/pipeline/collection.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/reward_scores.h"
#include "tests/support/json_lines.h"
#include "tests/support/tiny_run.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <filesystem>
#include <memory>

using namespace luthier;
using pipeline::Choices;
using pipeline::State;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

using Outcome = support::JsonLines;

Outcome luthierRun(const QStringList& arguments)
{
    return support::jsonLinesOf(kProgram, arguments + QStringList{"--json", "--device", "cpu", "--threads", "1"}, 200'000);
}

train::EvalDone evaluated(std::int64_t step, const char* measure, double value)
{
    train::EvalDone done;
    done.step = step;
    done.set = "held_out";
    done.loss = 1.0 / static_cast<double>(step + 1);
    done.measures = {{&measures::measureOf(measure), value}};
    return done;
}

std::string pairs(int count)
{
    std::string rows;
    for (int i = 0; i < count; ++i) {
        rows += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"chosen", "A saw, because it is sharp."}, {"rejected", "Planes."}}) + "\n";
    }
    return rows;
}

} // namespace

class TestPipeline : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_run = std::make_unique<support::TinyRun>();
        m_project.reset();
        QVERIFY(base::writeFileAtomically(m_run->path("pairs.jsonl"), pairs(60)));
        auto project = store::Project::open(m_run->path("project"));
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        m_project = *project;
    }

    void choicesReadBackEqual()
    {
        QVERIFY(!*pipeline::readChoices(*m_project));
        Choices choices{"ppo", "/models/a", "rows.jsonl", "pairs.jsonl", "length most=20\ncontains texts=please", {{"tuning.ppo", {{"run.epochs", "2"}}}}, {{"reward", 7}}};
        QVERIFY(pipeline::writeChoices(*m_project, choices).ok());
        QVERIFY(**pipeline::readChoices(*m_project) == choices);
        QVERIFY(m_project->setValue("pipeline", {{"route", "sideways"}, {"runs", "none"}, {"settings", Json::array()}}).ok()); // by another hand
        const auto read = pipeline::readChoices(*m_project);
        QVERIFY(read.ok() && *read && (*read)->route == "dpo" && (*read)->runs.empty());
    }

    void straightToDpo()
    {
        Choices choices;
        auto look = pipeline::look(*m_project, choices);
        QVERIFY(look.ok() && look->next.empty());
        QVERIFY(stateOf(*look, "examples") == State::LeftOut && stateOf(*look, "reward") == State::LeftOut);
        QVERIFY(stateOf(*look, "tuning") == State::Waiting);
        choices.model = m_run->config.model.path;
        look = pipeline::look(*m_project, choices);
        QCOMPARE(look->next, std::string("preferences"));
        choices.preferences = m_run->path("pairs.jsonl");
        look = pipeline::look(*m_project, choices);
        QCOMPARE(look->next, std::string("tuning"));
        QCOMPARE(viewOf(*look, "preferences").check, std::string("60 pairs"));
        QVERIFY(*viewOf(*look, "preferences").isGood);
        QVERIFY(look->advice.find("DPO is the better choice") != std::string::npos);
        const auto recipe = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY2(recipe, recipe ? "" : recipe.message().c_str());
        QCOMPARE(recipe->objective.kind, std::string("dpo"));
        QVERIFY(recipe->model.adapter.empty());
        QCOMPARE(recipe->optimizer.learningRate, config::usualRate("lora", "dpo"));
        QVERIFY(!pipeline::recipeOf(*m_project, choices, "reward").ok()); // this way has none
        choices.settings["tuning.dpo"] = {{"run.epochs", "2"}, {"optimizer.learning_rate", "0.001"}};
        const auto changed = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY(changed && changed->run.epochs == 2 && changed->optimizer.learningRate == 0.001);
    }

    // Questions and rules are all that rewards need; a judge or pairs bring the reward model back.
    void rulesAloneNeedNoRewardModel()
    {
        Choices choices;
        choices.route = "grpo";
        choices.model = m_run->config.model.path;
        choices.rules = "length most=20";
        auto look = pipeline::look(*m_project, choices);
        QCOMPARE(look->next, std::string("preferences"));
        QVERIFY(viewOf(*look, "preferences").missing.find("Questions are enough") != std::string::npos);
        choices.collect.questions = m_run->path("rows.jsonl");
        look = pipeline::look(*m_project, choices);
        QCOMPARE(look->next, std::string("tuning"));
        QVERIFY(stateOf(*look, "preferences") == State::LeftOut && stateOf(*look, "reward") == State::LeftOut);
        QVERIFY(look->advice.starts_with("Rules alone"));
        const auto recipe = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY2(recipe, recipe ? "" : recipe.message().c_str());
        QCOMPARE(recipe->data.train, std::vector<std::string>{choices.collect.questions});
        QVERIFY(recipe->objective.of<objectives::AnswerSettings>().rewardModel.empty() && config::brokenRules(*recipe).empty());
        std::vector<Choices> others(4, choices);
        others[0].rules.clear();
        others[1].route = "dpo";
        others[2].collect.judge = m_run->config.model.path;
        others[3].preferences = m_run->path("pairs.jsonl");
        for (const Choices& other : others) {
            QVERIFY(stateOf(*pipeline::look(*m_project, other), "preferences") != State::LeftOut);
        }
    }

    // Pairs are made by the model that is chosen now, not by one that other examples made.
    void collectionAsksTheModelThatIsChosen()
    {
        Choices choices;
        choices.model = m_run->config.model.path;
        choices.examples = m_run->path("rows.jsonl");
        choices.collect.questions = m_run->path("rows.jsonl");
        choices.collect.judge = m_run->config.model.path;
        choices.runs["examples"] = finished(choices, "examples", {evaluated(0, "accuracy", 0.5), evaluated(4, "accuracy", 0.5)});
        QCOMPARE(*pipeline::resultOf(*m_project, choices, "examples"), viewOf(*pipeline::look(*m_project, choices), "examples").made);
        choices.examples = m_run->path("pairs.jsonl");
        const auto stale = pipeline::resultOf(*m_project, choices, "examples");
        QVERIFY(!stale.ok());
        QVERIFY2(stale.message().find("comes first") != std::string::npos && stale.message().find("another data file") != std::string::npos, stale.message().c_str());
        const auto collected = pipeline::collect(*m_project, choices, "cpu", "auto", [](const std::string&, std::int64_t, std::int64_t) {}, {});
        QVERIFY(!collected.ok() && collected.message() == stale.message());
    }

    void stagesStandOnEachOther()
    {
        Choices choices;
        choices.route = "ppo";
        choices.model = m_run->config.model.path;
        choices.examples = m_run->path("rows.jsonl");
        choices.preferences = m_run->path("pairs.jsonl");
        choices.rules = "length most=20\n\ncontains texts=because";
        auto look = pipeline::look(*m_project, choices);
        QCOMPARE(look->next, std::string("examples"));
        QVERIFY(stateOf(*look, "reward") == State::Waiting && stateOf(*look, "tuning") == State::Waiting);
        QVERIFY(look->advice.find("60 pairs, so DPO") != std::string::npos);
        const auto early = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY(!early.ok());
        QVERIFY2(early.message().find("Tune on examples") != std::string::npos, early.message().c_str());

        choices.runs["examples"] = finished(choices, "examples", {evaluated(0, "accuracy", 0.5), evaluated(4, "accuracy", 0.5)});
        look = pipeline::look(*m_project, choices);
        QVERIFY(stateOf(*look, "examples") == State::Done && *viewOf(*look, "examples").isGood);
        QCOMPARE(look->next, std::string("reward"));
        choices.runs["reward"] = finished(choices, "reward", {evaluated(0, "reward_accuracy", 0.5), evaluated(4, "reward_accuracy", 0.55)});
        look = pipeline::look(*m_project, choices);
        QVERIFY(!*viewOf(*look, "reward").isGood); // a coin does as well
        QCOMPARE(look->next, std::string("tuning"));
        const auto recipe = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY2(recipe, recipe ? "" : recipe.message().c_str());
        const auto& answers = recipe->objective.of<objectives::AnswerSettings>();
        QCOMPARE(recipe->objective.kind, std::string("ppo"));
        QCOMPARE(recipe->model.adapter, viewOf(*look, "examples").made);
        QCOMPARE(answers.rewardModel, viewOf(*look, "reward").made);
        QVERIFY((answers.rewards == std::vector<std::string>{"length most=20", "contains texts=because"}));
        QVERIFY(config::brokenRules(*recipe).empty());
    }

    // Each way has a last stage of its own, and a run counts for what it was made of.
    void runsOfOtherChoicesDoNotCount()
    {
        Choices choices;
        choices.model = m_run->config.model.path;
        choices.preferences = m_run->path("pairs.jsonl");
        choices.settings["tuning.dpo"] = {{"optimizer.learning_rate", "0.5"}};
        choices.runs["tuning.dpo"] = finished(choices, "tuning", {evaluated(0, "reward_accuracy", 0.5), evaluated(4, "reward_accuracy", 0.9)});
        auto look = pipeline::look(*m_project, choices);
        QVERIFY(look->next.empty() && stateOf(*look, "tuning") == State::Done);
        choices.route = "ppo";
        look = pipeline::look(*m_project, choices);
        QVERIFY(look->next == "reward" && stateOf(*look, "tuning") == State::Waiting);
        choices.runs["reward"] = finished(choices, "reward", {evaluated(0, "reward_accuracy", 0.5), evaluated(4, "reward_accuracy", 0.9)});
        look = pipeline::look(*m_project, choices);
        QVERIFY(look->next == "tuning" && stateOf(*look, "tuning") == State::Ready && viewOf(*look, "tuning").made.empty());
        const auto recipe = pipeline::recipeOf(*m_project, choices, "tuning");
        QVERIFY(recipe && recipe->optimizer.learningRate == config::usualRate("lora", "ppo"));
        choices.runs["tuning.ppo"] = finished(choices, "tuning", {evaluated(0, "reward", 0.1), evaluated(4, "reward", 0.9)});
        look = pipeline::look(*m_project, choices);
        QVERIFY(look->next.empty());
        const auto tells = [&](const char* stage, const char* part) {
            look = pipeline::look(*m_project, choices);
            const std::string& missing = viewOf(*look, stage).missing;
            return look->next == stage && missing.find(part) != std::string::npos ? true : (qWarning("%s: %s", stage, missing.c_str()), false);
        };
        choices.rules = "length most=20";
        QVERIFY(tells("tuning", "another list of rules (none) than what is chosen now (length most=20)"));
        choices.rules.clear();
        QVERIFY(base::writeFileAtomically(m_run->path("others.jsonl"), pairs(70)));
        choices.preferences = m_run->path("others.jsonl");
        QVERIFY(tells("reward", "another data file (pairs.jsonl) than what is chosen now (others.jsonl)"));
        choices.route = "dpo";
        QVERIFY(tells("tuning", "another data file"));
        choices.preferences = m_run->path("pairs.jsonl");
        choices.examples = m_run->path("rows.jsonl");
        choices.runs["examples"] = finished(choices, "examples", {evaluated(0, "accuracy", 0.5), evaluated(4, "accuracy", 0.5)});
        QVERIFY(tells("tuning", "another adapter to begin with (none)"));
        choices.examples.clear();
        look = pipeline::look(*m_project, choices);
        QVERIFY(look->next.empty()); // what was chosen again counts again
        QVERIFY(m_project->setValue("pipeline", {{"route", "grpo"}, {"runs", {{"tuning", 7}, {"reward", 3}}}, {"settings", {{"tuning", Json::array({Json::array({"run.epochs", "2"})})}}}}).ok());
        const auto old = pipeline::readChoices(*m_project); // as it was kept once
        QVERIFY((*old)->runs == (std::map<std::string, store::RunId>{{"tuning.grpo", 7}, {"reward", 3}}) && (*old)->settings.count("tuning.grpo") == 1);
    }

    void badPairsAreSaid()
    {
        Choices choices;
        choices.model = m_run->config.model.path;
        choices.preferences = m_run->path("rows.jsonl"); // answers, and no pairs
        auto look = pipeline::look(*m_project, choices);
        QVERIFY(stateOf(*look, "preferences") == State::Failed);
        QVERIFY(viewOf(*look, "preferences").missing.find("no row has a chosen and a rejected answer") != std::string::npos);
        choices.preferences = m_run->path("nowhere.jsonl");
        look = pipeline::look(*m_project, choices);
        QVERIFY(stateOf(*look, "preferences") == State::Failed && viewOf(*look, "preferences").missing.find("nowhere.jsonl") != std::string::npos);
        QVERIFY(base::writeFileAtomically(m_run->path("few.jsonl"), pairs(3)));
        choices.preferences = m_run->path("few.jsonl");
        look = pipeline::look(*m_project, choices);
        QVERIFY(stateOf(*look, "preferences") == State::Done && !*viewOf(*look, "preferences").isGood);
    }

    // A file whose answers are all the same says which row and why; one of such rows among others is named beside the count.
    void equalAnswersAreSaid()
    {
        std::string rows;
        for (int i = 0; i < 3; ++i) {
            rows += base::dumpJson(Json{{"prompt", "Which is bench " + std::to_string(i) + "?"}, {"chosen", "This one."}, {"rejected", "This one."}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(m_run->path("equal.jsonl"), rows));
        QVERIFY(base::writeFileAtomically(m_run->path("mixed.jsonl"), pairs(60) + rows));
        Choices choices;
        choices.model = m_run->config.model.path;
        choices.preferences = m_run->path("equal.jsonl");
        const auto equal = viewOf(*pipeline::look(*m_project, choices), "preferences");
        QVERIFY(equal.state == State::Failed);
        QVERIFY2(equal.missing.find("row 1: ") != std::string::npos && equal.missing.find("are the same") != std::string::npos && equal.missing.find("Mend the file") != std::string::npos,
                 equal.missing.c_str());
        choices.preferences = m_run->path("mixed.jsonl");
        const auto mixed = viewOf(*pipeline::look(*m_project, choices), "preferences");
        QVERIFY2(mixed.state == State::Done && mixed.check.find("60 pairs, 3 rows without one (the first: row 61: ") == 0, mixed.check.c_str());
    }

    // What a stage needs and is not there is said before anything is started, and nothing is next.
    void whatIsGoneIsSaid()
    {
        const auto seen = [&](const Choices& choices, const char* stage, const char* part) {
            const auto look = pipeline::look(*m_project, choices);
            const auto& view = viewOf(*look, stage);
            return look->next.empty() && view.state == State::Waiting && view.missing.find(part) != std::string::npos ? true : (qWarning("%s: %s", stage, view.missing.c_str()), false);
        };
        Choices choices;
        choices.model = m_run->path("nowhere");
        choices.preferences = m_run->path("pairs.jsonl");
        QVERIFY(seen(choices, "tuning", "nowhere"));
        choices.model = m_run->config.model.path;
        choices.examples = m_run->path("gone.jsonl");
        QVERIFY(seen(choices, "examples", "gone.jsonl is not there"));
        choices.examples.clear();
        choices.route = "grpo";
        choices.preferences.clear();
        choices.collect.questions = m_run->path("rows.jsonl");
        choices.rules = "length most=20\nregex pattern='(a'";
        QVERIFY(seen(choices, "tuning", "rule 2"));
        choices.rules = "json_schema schema=" + m_run->path("gone.json");
        QVERIFY(seen(choices, "tuning", "gone.json"));
        choices.rules.clear();
        choices.preferences = m_run->path("pairs.jsonl");
        choices.runs["reward"] = finished(choices, "reward", {evaluated(0, "reward_accuracy", 0.5), evaluated(4, "reward_accuracy", 0.9)});
        QVERIFY(stateOf(*pipeline::look(*m_project, choices), "reward") == State::Done);
        std::filesystem::remove_all(viewOf(*pipeline::look(*m_project, choices), "reward").made);
        const auto gone = pipeline::look(*m_project, choices);
        QVERIFY(gone->next == "reward" && stateOf(*gone, "reward") == State::Ready && stateOf(*gone, "tuning") == State::Waiting);
        QVERIFY2(viewOf(*gone, "reward").missing.find("is not there any more") != std::string::npos, viewOf(*gone, "reward").missing.c_str());
    }

    // Every stage by the command line: chosen, run in turn, seen as done, and the last one over the reward model.
    void theWholeWay()
    {
        m_project.reset();
        const QString project = QString::fromStdString(m_run->path("project"));
        const auto run = [&](QStringList arguments) { return luthierRun(QStringList{"pipeline"} + arguments + QStringList{"--project", project}); };
        QCOMPARE(run({"show"}).code, 1); // nothing was chosen
        auto outcome = run({"choose", "--route", "ppo", "--model", QString::fromStdString(m_run->config.model.path), "--preferences", QString::fromStdString(m_run->path("pairs.jsonl"))});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QCOMPARE(outcome.lines.back()["next"].toString(), QStringLiteral("reward"));
        QCOMPARE(run({"choose", "--set", "run.epochs=1"}).code, 1); // of which stage?
        for (const char* flag : {"--model", "--examples", "--preferences", "--questions", "--judge"}) { // refused where they are named
            const auto refused = run({"choose", QString::fromLatin1(flag), QStringLiteral("/nowhere")});
            QVERIFY2(refused.code == 1 && refused.err.contains(flag) && refused.err.contains("/nowhere is not there"), refused.err.constData());
        }
        const auto rule = run({"choose", "--rules", "regex pattern='(a'"});
        QVERIFY2(rule.code == 1 && rule.err.contains("--rules: rule 1"), rule.err.constData());
        QCOMPARE(run({"choose"}).lines.back()["model"].toString(), QString::fromStdString(m_run->config.model.path)); // as they were
        QCOMPARE(run({"run", "tuning"}).code, 1);                   // not yet
        for (const char* stage : {"reward", "tuning"}) {
            outcome = run({"choose", QString::fromLatin1(stage), "--set", "run.max_steps=4", "--set", "objective.max_new=8"});
            QVERIFY2(outcome.code == 0, outcome.err.constData());
            outcome = run({"run"});
            QVERIFY2(outcome.code == 0, outcome.err.constData());
        }
        const QJsonObject last = outcome.lines.back();
        QVERIFY(last["next"].isNull());
        for (const auto& stage : last["stages"].toArray()) {
            const QString state = stage.toObject()["state"].toString();
            QVERIFY2(state == QStringLiteral("done") || state == QStringLiteral("left out"), qPrintable(state));
        }
        QCOMPARE(run({"run"}).code, 1); // all is done
        QCOMPARE(run({"show", "tuning", "--set", "run.max_steps=2"}).code, 1);
        QCOMPARE(run({"run", "tuning", "--again", "--set", "no.such=1"}).code, 1);
        outcome = run({"run", "tuning", "--again", "--set", "run.max_steps=2"}); // settings count where they are given
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        auto again = store::Project::open(m_run->path("project"));
        QVERIFY(again.ok());
        const auto choices = **pipeline::readChoices(**again);
        const auto tuned = (*again)->run(choices.runs.at(pipeline::keyOf(choices, "tuning")));
        QVERIFY(tuned.ok());
        const auto recorded = config::fromJson(tuned->recipe);
        QCOMPARE(recorded->run.maxSteps, 2);
        QVERIFY(recorded->run.threads == 1 && recorded->model.device == "cpu"); // as every command takes --threads and --device
        scoreOddRows(QString::fromStdString((*again)->run(choices.runs.at("reward"))->folder));
        const auto scores = pipeline::rewardScores(**again, choices.runs.at("reward"), 100, {});
        QVERIFY2(scores, scores ? "" : scores.message().c_str());
        QVERIFY(scores->pairs() > 0 && scores->accuracy() >= 0 && scores->range().high > scores->range().low);
        const auto none = pipeline::rewardScores(**again, choices.runs.at("tuning.ppo"), 100, {});
        QVERIFY2(!none && none.message().find("no reward model") != std::string::npos, none ? "" : none.message().c_str());
    }

private:
    static const pipeline::View& viewOf(const pipeline::Look& look, const std::string& stage)
    {
        for (const pipeline::View& view : look.stages) {
            if (stage == view.stage->id) {
                return view;
            }
        }
        qFatal("no such stage");
    }
    static State stateOf(const pipeline::Look& look, const std::string& stage) { return viewOf(look, stage).state; }

    // What there is of an answer is scored, what cannot be says why with its row, and the exit code tells.
    void scoreOddRows(const QString& judge)
    {
        std::string tooLong;
        for (int i = 0; i < 2000; ++i) {
            tooLong += " and a saw";
        }
        const auto answered = [](const char* chosen, const char* rejected) {
            Json row{{"prompt", "Where is Tam?"}};
            for (const auto& [key, text] : {std::pair{"chosen", chosen}, {"rejected", rejected}}) {
                if (text) {
                    row[key] = text;
                }
            }
            return base::dumpJson(row) + "\n";
        };
        const auto scored = [&](const std::string& rows) {
            const std::string file = m_run->path("odd.jsonl");
            return base::writeFileAtomically(file, rows) ? luthierRun({"reward", "--model", judge, "--data", QString::fromStdString(file)}) : Outcome();
        };
        const auto pair = scored(answered("At the mill.", "No."));
        QVERIFY2(pair.code == 0, pair.err.constData());
        const double chosen = pair.lines.front()["chosen"].toDouble();
        const double rejected = pair.lines.front()["rejected"].toDouble();
        const auto lone = scored(answered("At the mill.", nullptr) + answered("No.", nullptr)); // no row has another answer
        QVERIFY2(lone.code == 0, lone.err.constData());
        const auto isSame = [](double a, double b) { return std::abs(a - b) < 1e-6; }; // sums of another batch end otherwise
        QVERIFY(!isSame(chosen, rejected) && isSame(lone.lines.at(0)["score"].toDouble(), chosen));
        QVERIFY(isSame(lone.lines.at(1)["score"].toDouble(), rejected));
        QVERIFY(!lone.lines.back().contains("accuracy"));
        const auto odd = scored(answered("At the mill.", "No.") + answered("At the mill.", "") + answered("At the mill.", tooLong.c_str()) + answered("No.", "At the mill."));
        QCOMPARE(odd.code, 1);
        QVERIFY(isSame(odd.lines.at(0)["chosen"].toDouble(), chosen));
        QVERIFY(isSame(odd.lines.at(1)["score"].toDouble(), chosen)); // no pair
        const QString said = odd.lines.at(2)["error"].toString();
        QVERIFY2(said.contains("tokens; the model reads texts of") && said.contains("tokens at most"), qPrintable(said));
        QVERIFY(isSame(odd.lines.at(3)["chosen"].toDouble(), rejected));
        QCOMPARE(odd.lines.back()["pairs"].toInt(), 2);
        QVERIFY2(odd.err.contains("odd.jsonl: 1 of 4 rows could not be scored, the others were; row 3: "), odd.err.constData());
        const auto prompts = scored("{\"prompt\":\"Where is Tam?\"}\n");
        QVERIFY2(prompts.code == 1 && prompts.err.contains("no answer to score"), prompts.err.constData());
    }

    store::RunId finished(const Choices& choices, const std::string& stage, const std::vector<train::Event>& events)
    {
        const auto recipe = pipeline::recipeOf(*m_project, choices, stage);
        if (!recipe) {
            return 0;
        }
        const auto row = m_project->createRun(stage, config::toJson(*recipe));
        std::filesystem::create_directories(row->folder + "/adapter");
        std::vector<train::Event> all = events;
        all.emplace_back(train::RunEnded{train::Outcome::Finished, {}, 1, row->folder + "/adapter", 4});
        return m_project->appendEvents(row->id, all).ok() ? row->id : 0;
    }

    std::unique_ptr<support::TinyRun> m_run;
    std::shared_ptr<store::Project> m_project;
};

QTEST_GUILESS_MAIN(TestPipeline)
#include "tst_pipeline.moc"
