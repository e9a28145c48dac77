// SPDX-License-Identifier: GPL-3.0-or-later
// The Evaluate page: nothing to evaluate, a run evaluated with the bundled model, stopped and gone on with, opened again, and its report on
// paper.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "tests/support/need.h"
#include "tests/support/page_test.h"
#include "ui/models/evaluation/evaluation_desk.h"
#include "ui/pages/evaluate/evaluate_page.h"
#include "ui/widgets/conversation/diff_text.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>

#include <algorithm>

using namespace luthier;
using namespace luthier::ui;
using support::need;

namespace {

constexpr int kLong = 120'000;

// results.json as an evaluation leaves it, with a run's checkpoints and general rows.
const char* const kResults = R"json({"metrics":{"accuracy":{"value":0.75,"low":0.6,"high":0.87}},"rows":40,"groups":40,
"verdict":"Tuned is better than base: accuracy 0.7500 instead of 0.4500 on 40 rows (the difference from 0.1250 to 0.4750, p = 0.004).",
"systems":{"base":{"title":"base","metrics":{"accuracy":{"value":0.45,"low":0.3,"high":0.6}},"confusion":{"labels":["good","bad"],"counts":[[9,8,3],[7,9,4]]},
"certainty":[{"rows":12,"confidence":0.4,"accuracy":0.3},{"rows":28,"confidence":0.8,"accuracy":0.55}]},
"tuned":{"title":"tuned","metrics":{"accuracy":{"value":0.75,"low":0.6,"high":0.87}},"confusion":{"labels":["good","bad"],"counts":[[15,5,0],[5,15,0]]},
"certainty":[{"rows":10,"confidence":0.55,"accuracy":0.5},{"rows":30,"confidence":0.9,"accuracy":0.83}]}},
"differences":[{"metric":"accuracy","first":"base","second":"tuned","difference":0.3,"low":0.125,"high":0.475,"p":0.004,"test":"mcnemar","better":14,"worse":2,"same":24,"shown":true,"rows_to_show":40}],
"slices":[{"name":"label: good","rows":20,"metric":"accuracy","systems":{"base":{"value":0.45,"low":0.26,"high":0.66},"tuned":{"value":0.75,"low":0.53,"high":0.89}}}],
"flips":{"better":[{"row":3,"change":1,"question":"Is hide glue reversible?","references":["good"],"answers":{"base":"bad","tuned":"good"}}],
"worse":[{"row":7,"change":-1,"question":"Is a butt joint strong?","references":["bad"],"answers":{"base":"bad","tuned":"good"}}]},
"by_likelihood":{"metrics":{"accuracy":{"value":0.9,"low":0.77,"high":0.97}},"rows":40,"systems":{"base":{"title":"base","metrics":{"accuracy":{"value":0.55,"low":0.4,"high":0.7}},"confusion":{"labels":["good","bad"],"counts":[[11,9,0],[9,11,0]]}},
"tuned":{"title":"tuned","metrics":{"accuracy":{"value":0.9,"low":0.77,"high":0.97}},"confusion":{"labels":["good","bad"],"counts":[[18,2,0],[2,18,0]]}}},
"differences":[{"metric":"accuracy","first":"base","second":"tuned","difference":0.35,"low":0.2,"high":0.5,"p":0.001,"test":"mcnemar","better":15,"worse":1,"same":24,"shown":true,"rows_to_show":40}]},
"notes":["2 answers of base are empty."],"skipped":[{"row":9,"why":"nothing is asked in it"}],
"asked":{"systems":[{"id":"base","title":"base","model":"/m","adapters":[],"step":0},{"id":"tuned","title":"tuned","model":"/m","adapters":["/p/runs/1/adapter"],"step":40}]},
"general":{"curve":{"name":"perplexity","points":[[0,8.0],[10,8.4],[20,9.5]]},"metrics":{"perplexity":{"value":9.5,"low":8,"high":11}},"rows":30,"forgetting":"Something was forgotten: perplexity 8.0 before, 9.5 now on 30 general rows.",
"systems":{"base":{"title":"base","metrics":{"perplexity":{"value":8,"low":7,"high":9}}},"tuned":{"title":"tuned","metrics":{"perplexity":{"value":9.5,"low":8,"high":11}}}}}})json";

} // namespace

class TestEvaluatePage : public QObject, private support::PageTest<EvaluatePage> {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }
    void cleanup() { closePage(); }

    void emptyPageSaysWhatBelongsHere()
    {
        openPage();
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        QVERIFY(!m_page->mainAction()->isEnabled());
        QTest::qWait(50);
        find<QPushButton>("emptyButton")->click();
        QCOMPARE(wanted.size(), 1);
    }

    // In what state a run is, is told as everywhere: one that is running has not stopped.
    void aRunIsToldByItsState()
    {
        openPage();
        const auto row = m_workspace->project()->createRun("under way", Json::object());
        QVERIFY(row.ok() && base::makeDirectories(std::filesystem::path(row->folder) / "checkpoints" / "step-2").ok());
        train::RunStarted started;
        started.totalSteps = 10;
        train::StepDone step;
        step.step = 3;
        QVERIFY(m_workspace->project()->appendEvents(row->id, {started, step}).ok());
        const auto shows = [this](const QString& text) {
            Q_EMIT m_workspace->runsChanged();
            waitForJobs();
            QCoreApplication::processEvents();
            return find<QComboBox>("evalRun")->itemText(0) == text;
        };
        QTRY_VERIFY2(shows(QStringLiteral("under way (running, step 3)")), qPrintable(find<QComboBox>("evalRun")->itemText(0)));
        train::RunEnded ended;
        ended.outcome = train::Outcome::Stopped;
        QVERIFY(m_workspace->project()->appendEvents(row->id, {ended}).ok());
        QTRY_VERIFY2(shows(QStringLiteral("under way (stopped at step 3)")), qPrintable(find<QComboBox>("evalRun")->itemText(0)));
    }

    void aRunIsEvaluated()
    {
        openWithRun(6);
        find<QSpinBox>("evalMaxNew")->setValue(6);
        find<QLineEdit>("evalFile")->setText(rowsFile(6));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->mainAction()->isEnabled(), kLong);
        QVERIFY2(find<QLabel>("evalPlan")->text().startsWith(QStringLiteral("6 row")), qPrintable(find<QLabel>("evalPlan")->text()));
        m_page->mainAction()->trigger();
        QVERIFY(m_page->desk()->isRunning() && !m_page->mainAction()->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isRunning(), kLong);
        QVERIFY2(m_page->desk()->results().is_object(), qPrintable(find<QLabel>("evalProblem")->text()));
        QVERIFY(find<QLabel>("evalVerdict")->isVisible() && !find<QLabel>("evalVerdict")->text().isEmpty());
        QTRY_COMPARE(find<QListWidget>("evalPast")->count(), 2);
        // The card of the run that was evaluated knows of it.
        m_page->saveCard(m_folder->filePath(QStringLiteral("README.md")));
        QTRY_VERIFY(QFile::exists(m_folder->filePath(QStringLiteral("README.md"))));
        const std::string card = need(base::readFile(m_folder->filePath(QStringLiteral("README.md")).toStdString()));
        QVERIFY2(card.starts_with("---\nbase_model: ") && card.find("On 6 rows that were not trained on") != std::string::npos, card.c_str());
        QVERIFY(card.find(m_folder->path().toStdString()) == std::string::npos); // no folder of this machine
        // Reopened on another day.
        m_page.reset();
        m_page = std::make_unique<EvaluatePage>(*m_workspace);
        m_page->show();
        QTRY_COMPARE(find<QListWidget>("evalPast")->count(), 2);
        find<QListWidget>("evalPast")->setCurrentRow(1);
        QTRY_VERIFY(find<QLabel>("evalVerdict")->isVisible());
    }

    // Examples that a person names; what is no row is said before anything is loaded.
    void examplesByHand()
    {
        openWithRun(6, rowsFile(9));
        find<QSpinBox>("evalMaxNew")->setValue(4);
        find<QLineEdit>("evalFile")->setText(rowsFile(6));
        find<QCheckBox>("evalPrompted")->setChecked(true);
        find<QComboBox>("evalShotChoice")->setCurrentIndex(2);
        QVERIFY(find<QLineEdit>("evalShotRows")->isVisible() && !find<QSpinBox>("evalShots")->isVisible());
        find<QLineEdit>("evalShotRows")->setText(QStringLiteral("2, two"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("evalPlan")->text().contains(QStringLiteral("\"two\" is no row")), kLong);
        QVERIFY(!m_page->mainAction()->isEnabled());
        m_page->resize(864, 560);
        support::savePicture(m_page->grab(), QStringLiteral("evaluate-by-hand"));
        find<QLineEdit>("evalShotRows")->setText(QStringLiteral("3, 1"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->mainAction()->isEnabled(), kLong);
        m_page->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isRunning(), kLong);
        QVERIFY2(m_page->desk()->results().is_object(), qPrintable(find<QLabel>("evalProblem")->text()));
        const auto& asked = m_page->desk()->results()["asked"];
        QVERIFY2(asked["shot_choice"] == "by hand" && asked["shot_rows"] == Json({3, 1}), asked.dump().c_str());
        EvaluationChoice choice;
        choice.byHand = true;
        choice.shotRows = QStringLiteral("3, 1");
        QVERIFY(choiceFromJson(toJson(choice)).byHand && choiceFromJson(toJson(choice)).shotRows == choice.shotRows);
    }

    void stoppedAndGoneOnWith()
    {
        openWithRun(6);
        find<QLineEdit>("evalFile")->setText(rowsFile(60));
        find<QSpinBox>("evalMaxNew")->setValue(48);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->mainAction()->isEnabled(), kLong);
        m_page->mainAction()->trigger();
        QSignalSpy progress(m_page->desk(), &EvaluationDesk::progressed);
        QTRY_VERIFY_WITH_TIMEOUT(std::any_of(progress.begin(), progress.end(), [](const auto& told) { return told[1].toLongLong() > 0; }), kLong);
        find<QPushButton>("evalStop")->click();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isRunning(), kLong);
        QVERIFY(m_page->desk()->results().is_null());
        QVERIFY(!find<QLabel>("evalProblem")->isVisible()); // nothing went wrong
        const auto answers = need(base::readFile(m_workspace->project()->folder() / "evaluations/1/answers.jsonl"));
        QVERIFY(!answers.empty());
        QTRY_COMPARE(find<QListWidget>("evalPast")->count(), 2);
        find<QListWidget>("evalPast")->setCurrentRow(1);
        find<QSpinBox>("evalMaxNew")->setValue(7); // another choice meanwhile
        find<QListWidget>("evalPast")->setCurrentRow(0);
        find<QListWidget>("evalPast")->setCurrentRow(1);
        QTRY_VERIFY(find<QLabel>("evalProblem")->text().contains(QStringLiteral("stopped before its end")));
        QCOMPARE(find<QSpinBox>("evalMaxNew")->value(), 48);
        // It goes on in the same folder: what was answered is not answered again.
        QTRY_VERIFY_WITH_TIMEOUT(m_page->mainAction()->isEnabled(), kLong);
        m_page->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isRunning(), kLong);
        QVERIFY2(m_page->desk()->results().is_object(), qPrintable(find<QLabel>("evalProblem")->text()));
        QVERIFY(need(base::readFile(m_workspace->project()->folder() / "evaluations/1/answers.jsonl")).starts_with(answers));
    }

    void whatIsWrongIsSaid()
    {
        openWithRun(6);
        find<QLineEdit>("evalFile")->setText(QStringLiteral("/nowhere/rows.jsonl"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("evalPlan")->text().contains(QStringLiteral("/nowhere/rows.jsonl")), kLong);
        QVERIFY(!m_page->mainAction()->isEnabled());
        const QSize before = m_page->size();
        m_page->resize(before.width(), 420); // lower than the form, which scrolls
        QTRY_VERIFY2(find<QLabel>("evalPlan")->visibleRegion().boundingRect() == find<QLabel>("evalPlan")->rect(), "why it cannot begin is in sight");
        m_page->resize(before);
        find<QLineEdit>("evalFile")->setText(rowsFile(40));
        find<QComboBox>("evalAnswers")->setCurrentIndex(1); // the likeliest label
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("evalPlan")->text().contains(QStringLiteral("no labels")), kLong);
        QVERIFY(!m_page->mainAction()->isEnabled());
        find<QComboBox>("evalAnswers")->setCurrentIndex(0);
        // Rows without answers, another column than the metric needs, and some rows that lack theirs.
        const auto said = [&](const QByteArray& rows, const QString& what, bool canStart) {
            const QString path = m_folder->filePath(QStringLiteral("odd-%1.jsonl").arg(++m_files));
            QVERIFY(base::writeFileAtomically(path.toStdString(), rows.toStdString()).ok());
            find<QLineEdit>("evalFile")->setText(path);
            auto* plan = find<QLabel>("evalPlan");
            QTRY_VERIFY2_WITH_TIMEOUT(plan->text().contains(what), qPrintable(what + QStringLiteral(" | ") + plan->text()), kLong);
            QCOMPARE(m_page->mainAction()->isEnabled(), canStart);
        };
        said("{\"prompt\":\"What is 1 plus 1?\"}\n{\"prompt\":\"And 2?\"}\n", QStringLiteral("odd-1.jsonl"), false);
        said("{\"prompt\":\"What is 1 plus 1?\",\"completion\":\"2\"}\n{\"prompt\":\"And 2?\"}\n", QStringLiteral("1 row(s) cannot be asked (row 2"), true);
        find<QComboBox>("evalMetric")->setCurrentIndex(find<QComboBox>("evalMetric")->findData(QStringLiteral("acc")));
        said("{\"prompt\":\"What is 1 plus 1?\",\"completion\":\"2\"}\n", QStringLiteral("needs rows with choices"), false);
        find<QComboBox>("evalMetric")->setCurrentIndex(find<QComboBox>("evalMetric")->findData(QStringLiteral("reward")));
        said("{\"prompt\":\"What is 1 plus 1?\",\"completion\":\"2\"}\n", QStringLiteral("needs a reward model"), false);
        find<QComboBox>("evalMetric")->setCurrentIndex(find<QComboBox>("evalMetric")->findData(QStringLiteral("rougeL")));
        // Many rows on a processor: how long that takes is said before.
        find<QSpinBox>("evalLimit")->setValue(0);
        find<QLineEdit>("evalFile")->setText(rowsFile(10'000));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("evalPlan")->text().startsWith(QLocale().toString(10'000) + QStringLiteral(" row")), kLong);
        QVERIFY2(find<QLabel>("evalPlan")->text().contains(QStringLiteral("roughly")), qPrintable(find<QLabel>("evalPlan")->text()));
        support::savePicture(m_page->grab(), QStringLiteral("evaluate-10000"));
    }

    // What goes wrong behind the answers costs none of them.
    void nothingMeasuredIsLost()
    {
        openWithRun(6);
        find<QSpinBox>("evalMaxNew")->setValue(4);
        find<QLineEdit>("evalFile")->setText(rowsFile(3));
        find<QLineEdit>("evalReward")->setText(QString::fromStdString(base::bundledModel().string())); // no reward model
        find<QComboBox>("evalMetric")->setCurrentIndex(find<QComboBox>("evalMetric")->findData(QStringLiteral("reward")));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->mainAction()->isEnabled() && find<QLabel>("evalPlan")->text().contains(QStringLiteral("is not known")), kLong);
        m_page->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isRunning(), kLong);
        auto* problem = find<QLabel>("evalProblem");
        QVERIFY2(problem->isVisible() && problem->text().contains(QStringLiteral("no reward model")) && problem->text().contains(QStringLiteral("is kept")), qPrintable(problem->text()));
        support::savePicture(m_page->grab(), QStringLiteral("evaluate-problem"));
        const auto answers = need(base::readFile(m_workspace->project()->folder() / "evaluations/1/answers.jsonl"));
        QCOMPARE(std::count(answers.begin(), answers.end(), '\n'), std::ptrdiff_t{6}); // three rows of two
    }

    void resultsInBothSchemes_data() { support::addThemes(); }
    void resultsInBothSchemes()
    {
        QFETCH(Theme::Choice, theme);
        Theme choice(*qApp);
        choice.setChoice(theme);
        openWithRun(6);
        keepResults();
        m_page->desk()->reload();
        QTest::qWait(100); // until the scroll bar has gone
        support::savePicture(m_page.get(), QStringLiteral("evaluate-setup"));
        QTRY_COMPARE(find<QListWidget>("evalPast")->count(), 2);
        find<QListWidget>("evalPast")->setCurrentRow(1);
        QTRY_VERIFY(find<QLabel>("evalVerdict")->isVisible());
        auto* tabs = find<QTabWidget>("evalTabs");
        for (int i = 0; i < tabs->count(); ++i) {
            QVERIFY(tabs->isTabVisible(i));
            tabs->setCurrentIndex(i);
            QTest::qWait(20);
            support::savePicture(m_page.get(), QStringLiteral("evaluate-%1").arg(i));
        }
        tabs->setCurrentIndex(1);
        QCOMPARE(find<QListWidget>("evalChanged")->count(), 1);
        QVERIFY(!find<QListWidget>("evalChanged")->horizontalScrollBar()->isVisible());
        // What was written and the likeliest labels stand below each other, named apart.
        const auto cell = [this](const char* table, int row, int column) { return find<QTableView>(table)->model()->index(row, column).data().toString(); };
        QCOMPARE(find<QTableView>("evalNumbers")->model()->rowCount(), 2);
        QCOMPARE(cell("evalNumbers", 0, 0), QStringLiteral("accuracy"));
        const auto sideOf = [&](const char* table, int column) {
            const auto* model = find<QTableView>(table)->model();
            const auto side = model->index(0, column).data(Qt::TextAlignmentRole);
            return side == model->headerData(column, Qt::Horizontal, Qt::TextAlignmentRole) ? side : QVariant(-1); // a heading stands over its numbers
        };
        QVERIFY(!sideOf("evalNumbers", 0).isValid() && (sideOf("evalNumbers", 2).toInt() & Qt::AlignRight) != 0);
        QVERIFY(!sideOf("evalDifferences", 1).isValid() && (sideOf("evalDifferences", 2).toInt() & Qt::AlignRight) != 0);
        QCOMPARE(cell("evalNumbers", 1, 0), QStringLiteral("accuracy, of the likeliest label"));
        QVERIFY(cell("evalNumbers", 0, 2).startsWith(QStringLiteral("0.7500")) && cell("evalNumbers", 1, 2).startsWith(QStringLiteral("0.9000")));
        QCOMPARE(cell("evalDifferences", 1, 1), QStringLiteral("accuracy, of the likeliest label"));
        QCOMPARE(cell("evalDifferences", 1, 5), QStringLiteral("15"));
        auto* system = find<QComboBox>("evalSystemShown");
        QCOMPARE(system->count(), 4);
        QCOMPARE(system->currentText(), QStringLiteral("tuned"));
        QCOMPARE(cell("evalConfusion", 0, 1), QStringLiteral("15"));
        system->setCurrentIndex(3);
        Q_EMIT system->activated(3);
        QCOMPARE(system->currentText(), QStringLiteral("tuned, the likeliest label"));
        QCOMPARE(cell("evalConfusion", 0, 1), QStringLiteral("18"));
        tabs->setCurrentIndex(3);
        QTest::qWait(20);
        support::savePicture(m_page.get(), QStringLiteral("evaluate-likeliest"));
        tabs->setCurrentIndex(1);
        QCOMPARE(find<DiffText>("evalReference")->text(), QStringLiteral("bad"));
        const QString pdf = m_folder->filePath(QStringLiteral("report.pdf"));
        const QString html = m_folder->filePath(QStringLiteral("report.html"));
        m_page->saveReport(pdf);
        m_page->saveReport(html);
        QTRY_VERIFY(QFile::exists(pdf) && QFile::exists(html));
        QVERIFY(need(base::readFile(pdf.toStdString())).starts_with("%PDF"));
        QVERIFY(need(base::readFile(html.toStdString())).find("What was forgotten") != std::string::npos);
    }

private:
    int m_files = 0;

    // A run whose result is an untrained copy of the base: what is evaluated is the page.
    void openWithRun(int, const QString& training = {})
    {
        openPage();
        config::RunConfig config;
        if (!training.isEmpty()) {
            config.data.train = {training.toStdString()};
        }
        config.model.path = base::bundledModel().string();
        const auto run = need(m_workspace->project()->createRun("first", config::toJson(config)));
        train::RunEnded ended;
        ended.outcome = train::Outcome::Finished;
        ended.adapter = config.model.path;
        QVERIFY(m_workspace->project()->appendEvents(run.id, {ended}).ok());
        Q_EMIT m_workspace->runsChanged();
        QTRY_COMPARE(static_cast<int>(m_page->desk()->runs().size()), 1);
    }

    QString rowsFile(int count) const
    {
        std::string rows;
        for (int i = 0; i < count; ++i) {
            rows += "{\"prompt\":\"What is " + std::to_string(i) + " plus 1?\",\"completion\":\"It is " + std::to_string(i + 1) + "\"}\n";
        }
        const QString path = m_folder->filePath(QStringLiteral("rows-%1.jsonl").arg(count));
        if (!base::writeFileAtomically(path.toStdString(), rows).ok()) {
            qFatal("cannot write");
        }
        return path;
    }

    void keepResults() const
    {
        const auto folder = m_workspace->project()->folder() / "evaluations/1";
        QVERIFY(base::makeDirectories(folder).ok());
        QVERIFY(base::writeFileAtomically(folder / "results.json", kResults).ok());
    }
};

QTEST_MAIN(TestEvaluatePage)
#include "tst_evaluate_page.moc"
