// SPDX-License-Identifier: GPL-3.0-or-later
// The Pipeline page: what is chosen is kept in the project, stages show what they need and made, and what waits cannot be started.
#include "tests/support/page_test.h"
#include "tests/support/workshop.h"
#include "core/pipeline/pipeline.h"
#include "ui/forms/number_box.h"
#include "ui/pages/pipeline/pipeline_page.h"
#include "ui/pages/pipeline/score_chart.h"
#include "ui/pages/pipeline/stage_settings.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 30'000;
constexpr int kSettled = 300; // ms, until what was written anew is laid out

} // namespace

class TestPipelinePage : public QObject, private support::PageTest<PipelinePage> {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeFolder();
        qputenv("XDG_DATA_HOME", m_folder->path().toUtf8());
        const QString folder = m_folder->filePath(QStringLiteral("project"));
        support::makeWorkshop(folder);
        {
            auto project = store::Project::open(folder.toStdString());
            QVERIFY(project.ok());
            m_pairs = (base::datasetsFolder() / "preferences.jsonl").string();
            QVERIFY((*project)->addSource(m_pairs, "auto").ok());
        }
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(find<QComboBox>("pipelinePreferences")->count() >= 4, kAwaitMs);
    }

    void cleanup() { closePage(); }

    void whatIsChosenIsKept()
    {
        auto* pairs = find<QComboBox>("pipelinePreferences");
        choose(pairs, QString::fromStdString(m_pairs));
        QTRY_VERIFY_WITH_TIMEOUT(facts("preferences").contains(QStringLiteral("480 pairs")), kAwaitMs);
        QTRY_VERIFY(m_page->mainAction()->isEnabled());
        QVERIFY(!shown("reward")); // straight from pairs
        choose(find<QComboBox>("pipelineRoute"), QStringLiteral("ppo"));
        QTRY_VERIFY_WITH_TIMEOUT(shown("reward"), kAwaitMs);
        QVERIFY(!find<QPushButton>("stage.tuning.act")->isEnabled()); // the reward model comes first
        QVERIFY(find<QPushButton>("stage.reward.act")->isEnabled());
        QStringList numbers; // of what is shown, from one on
        for (const char* stage : {"examples", "preferences", "reward", "tuning"}) {
            numbers += shown(stage) ? find<QWidget>(("stage." + std::string(stage)).c_str())->findChild<QLabel*>()->text().section(u'.', 0, 0) : QString();
        }
        numbers.removeAll(QString());
        for (int i = 0; i < numbers.size(); ++i) {
            QCOMPARE(numbers[i], QString::number(i + 1));
        }
        QTRY_VERIFY(find<QLabel>("pipelineAdvice")->text().contains(QStringLiteral("480 pairs, so DPO")));
        auto* rules = find<QLineEdit>("pipelineRules");
        QVERIFY(rules->isVisible());
        rules->setFocus();
        QTest::keyClicks(rules, QStringLiteral("length most=20; contains texts=because"));
        QTest::keyClick(rules, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(kept().rules == "length most=20\ncontains texts=because", kAwaitMs);
        QCOMPARE(kept().route, std::string("ppo"));
        QCOMPARE(kept().preferences, m_pairs);
    }

    // Questions and a judge take the place of a file of pairs; what cannot be begun says why, and a file takes their place again.
    void aJudgeMakesPairs()
    {
        QVERIFY(find<QLineEdit>("pipelineJudge")->isVisible());
        QCOMPARE(find<QPushButton>("stage.preferences.act")->text(), QStringLiteral("Choose a file\u2026"));
        choose(find<QComboBox>("pipelineQuestions"), QString::fromStdString(m_pairs));
        auto* judge = find<QLineEdit>("pipelineJudge");
        judge->setFocus();
        QTest::keyClicks(judge, QStringLiteral("/nowhere/judge"));
        QTest::keyClick(judge, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(find<QPushButton>("stage.preferences.act")->text(), QStringLiteral("Have them judged"), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(facts("preferences").contains(QStringLiteral("judges")), kAwaitMs);
        QTest::mouseClick(find<QPushButton>("stage.preferences.act"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("pipelineProblem")->text().contains(QStringLiteral("/nowhere/judge is not there")), kAwaitMs);
        auto* rubric = find<QPlainTextEdit>("pipelineRubric");
        rubric->setPlainText(QStringLiteral("Which is better?"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("pipelineProblem")->text().contains(QStringLiteral("{first}")), kAwaitMs);
        choose(find<QComboBox>("pipelinePreferences"), QString::fromStdString(m_pairs));
        QTRY_VERIFY_WITH_TIMEOUT(facts("preferences").contains(QStringLiteral("480 pairs")), kAwaitMs);
        QTRY_VERIFY(!find<QLineEdit>("pipelineJudge")->isVisible());
    }

    // A stage whose run was stopped says so and goes on; a finished one shows its check.
    void stagesShowTheirRuns()
    {
        pipeline::Choices choices;
        choices.route = "grpo";
        choices.model = base::bundledModel().string();
        choices.preferences = m_pairs;
        const auto row = m_workspace->project()->createRun("reward", config::toJson(*pipeline::recipeOf(*m_workspace->project(), choices, "reward")));
        QVERIFY(row.ok());
        train::EvalDone before{0, "held_out", 0.7, 1, {{&measures::measureOf("reward_accuracy"), 0.5}}};
        train::EvalDone after{4, "held_out", 0.3, 1, {{&measures::measureOf("reward_accuracy"), 0.9}}};
        QVERIFY(m_workspace->project()->appendEvents(row->id, {before, after, train::RunEnded{train::Outcome::Stopped, {}, 1, {}, 4}}).ok());
        choices.runs["reward"] = row->id;
        QVERIFY(pipeline::writeChoices(*m_workspace->project(), choices).ok());
        m_page->activated();
        QTRY_COMPARE_WITH_TIMEOUT(find<QPushButton>("stage.reward.act")->text(), QStringLiteral("Go on"), kAwaitMs);
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        find<QPushButton>("stage.reward.other")->click();
        QCOMPARE(wanted.front().at(0).toString(), QStringLiteral("runs"));
        const std::string made = row->folder + "/adapter";
        QVERIFY(m_workspace->project()->appendEvents(row->id, {train::RunEnded{train::Outcome::Finished, {}, 1, made, 4}}).ok());
        m_page->activated();
        QTRY_VERIFY_WITH_TIMEOUT(facts("reward").contains(QStringLiteral("is not there any more")), kAwaitMs);
        QVERIFY(!find<QPushButton>("stage.tuning.act")->isEnabled());
        QVERIFY(QDir().mkpath(QString::fromStdString(made)));
        m_page->activated();
        QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("stage.tuning.act")->isEnabled(), kAwaitMs);
        QVERIFY(facts("reward").contains(QStringLiteral("0.9000")));
        QVERIFY(facts("reward").contains(QStringLiteral("good: ")));
    }

    // Rules and questions are enough for GRPO; when all is done, the next thing is to look at what came of it.
    void rulesAloneAndWhatComesThen()
    {
        choose(find<QComboBox>("pipelineRoute"), QStringLiteral("grpo"));
        auto* rules = find<QLineEdit>("pipelineRules");
        rules->setFocus();
        QTest::keyClicks(rules, QStringLiteral("length most=20"));
        QTest::keyClick(rules, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(kept().rules == "length most=20", kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(facts("preferences").contains(QStringLiteral("Questions are enough")), kAwaitMs);
        choose(find<QComboBox>("pipelineQuestions"), QString::fromStdString(m_pairs));
        QTRY_VERIFY_WITH_TIMEOUT(!shown("reward") && !shown("preferences") && find<QPushButton>("stage.tuning.act")->isEnabled(), kAwaitMs);
        QVERIFY(find<QLabel>("pipelineAdvice")->text().contains(QStringLiteral("Rules alone")));
        pipeline::Choices choices = kept();
        const auto row = m_workspace->project()->createRun("grpo", config::toJson(*pipeline::recipeOf(*m_workspace->project(), choices, "tuning")));
        QVERIFY(row.ok());
        const std::string made = row->folder + "/adapter";
        QVERIFY(QDir().mkpath(QString::fromStdString(made)));
        QVERIFY(m_workspace->project()->appendEvents(row->id, {train::RunEnded{train::Outcome::Finished, {}, 1, made, 4}}).ok());
        choices.runs["tuning.grpo"] = row->id;
        QVERIFY(pipeline::writeChoices(*m_workspace->project(), choices).ok());
        m_page->activated();
        QTRY_COMPARE_WITH_TIMEOUT(m_page->mainAction()->text(), QStringLiteral("Compare with the base"), kAwaitMs);
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        m_page->mainAction()->trigger();
        QCOMPARE(wanted.front().at(0).toString(), QStringLiteral("compare"));
        QCOMPARE(wanted.front().at(1).toString(), QString::number(row->id));
    }

    // The forms of Tune, for one stage: what is other than usual is kept, shown, and in the recipe.
    void settingsOfAStage()
    {
        choose(find<QComboBox>("pipelinePreferences"), QString::fromStdString(m_pairs));
        QTRY_VERIFY_WITH_TIMEOUT(facts("preferences").contains(QStringLiteral("480 pairs")), kAwaitMs);
        QTest::mouseClick(find<QPushButton>("stage.tuning.settings"), Qt::LeftButton);
        auto* dialog = m_page->findChild<StageSettings*>();
        QVERIFY(dialog);
        auto* rate = dialog->findChild<NumberBox*>(QStringLiteral("optimizer.learning_rate"));
        auto* epochs = dialog->findChild<NumberBox*>(QStringLiteral("run.epochs"));
        QVERIFY(rate && epochs && !dialog->findChild<QWidget*>(QStringLiteral("data.train")) && !dialog->findChild<QWidget*>(QStringLiteral("objective.reward_model")));
        dialog->findChild<QTabWidget*>()->setCurrentIndex(1);
        QTest::qWait(kSettled);
        support::savePicture(dialog, QStringLiteral("pipeline-settings"));
        rate->setFocus();
        rate->selectAll();
        QTest::keyClicks(rate, QStringLiteral("5e-4"));
        epochs->selectAll();
        QTest::keyClicks(epochs, QStringLiteral("2"));
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("stageSettingsUse")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(facts("tuning").contains(QStringLiteral("Learning rate: 5e-4")), kAwaitMs);
        QTRY_COMPARE_WITH_TIMEOUT(kept().settings["tuning.dpo"].size(), std::size_t{2}, kAwaitMs);
        const auto recipe = pipeline::recipeOf(*m_workspace->project(), kept(), "tuning");
        QVERIFY(recipe && recipe->optimizer.learningRate == 5e-4 && recipe->run.epochs == 2);
        choose(find<QComboBox>("pipelineRoute"), QStringLiteral("grpo")); // which has its own
        QTRY_VERIFY_WITH_TIMEOUT(shown("reward") && !facts("tuning").contains(QStringLiteral("Learning rate")), kAwaitMs);
    }

    void looks_data() { support::addThemes(); }
    void looks()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_page->resize(1024, 680);
        choose(find<QComboBox>("pipelineQuestions"), QString::fromStdString(m_pairs));
        QTRY_VERIFY_WITH_TIMEOUT(kept().collect.questions == m_pairs, kAwaitMs);
        QTest::qWait(kSettled);
        support::savePicture(m_page.get(), QStringLiteral("pipeline-judge"));
        choose(find<QComboBox>("pipelinePreferences"), QString::fromStdString(m_pairs));
        choose(find<QComboBox>("pipelineRoute"), QStringLiteral("ppo"));
        QTRY_VERIFY_WITH_TIMEOUT(shown("reward") && facts("preferences").contains(QStringLiteral("480")), kAwaitMs);
        QTest::qWait(kSettled);
        support::savePicture(m_page.get(), QStringLiteral("pipeline"));
        ScoreChart chart;
        pipeline::RewardScores scores;
        for (int i = 0; i < 40; ++i) {
            scores.scores[0].push_back(1 + 0.05 * (i % 17));
            scores.scores[1].push_back(-0.5 + 0.07 * (i % 23));
        }
        chart.setScores(scores);
        chart.resize(chart.sizeHint());
        QVERIFY(chart.accessibleDescription().contains(QStringLiteral("40 pair")));
        support::savePicture(&chart, QStringLiteral("pipeline-scores"));
    }

private:
    void choose(QComboBox* box, const QString& data)
    {
        const int row = box->findData(data);
        QVERIFY(row >= 0);
        box->setCurrentIndex(row);
        Q_EMIT box->activated(row);
        QTest::qWait(20);
        waitForJobs();
        QTest::qWait(20);
        waitForJobs();
    }
    QString facts(const char* stage) const { return find<QLabel>(("stage." + std::string(stage) + ".facts").c_str())->text(); }
    bool shown(const char* stage) const { return find<QWidget>(("stage." + std::string(stage)).c_str())->isVisible(); }
    pipeline::Choices kept() const
    {
        const auto read = pipeline::readChoices(*m_workspace->project());
        return read.ok() && *read ? **read : pipeline::Choices();
    }

    std::string m_pairs;
};

QTEST_MAIN(TestPipelinePage)
#include "tst_pipeline_page.moc"
