// SPDX-License-Identifier: GPL-3.0-or-later
// The Runs page with runs of a project: found by words, annotated, laid side by side, taken along and brought back.
#include "core/store/project.h"
#include "ui/models/runs/run_color.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_files.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_notes.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include "core/config/run_config.h"

#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QHeaderView>
#include <QAction>
#include <QLocale>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QToolButton>
#include <QCheckBox>
#include <QSlider>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 20'000;
const char* const kNames[] = {"alder", "birch", "cedar"};

} // namespace

class TestRunsPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("LUTHIER_SETTINGS", m_folder->filePath(QStringLiteral("settings.ini")).toUtf8());
        m_workspace = std::make_unique<Workspace>();
        m_workspace->openProject(m_folder->filePath(QStringLiteral("project")));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != nullptr, kAwaitMs);
        for (int i = 0; i < 3; ++i) {
            addRun(i);
        }
        m_page = std::make_unique<RunsPage>(*m_workspace);
        m_page->resize(1200, 760);
        m_page->show();
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 3, kAwaitMs);
        waitForJobs();
    }

    void cleanup()
    {
        m_page.reset();
        waitForJobs();
        m_workspace.reset();
        waitForJobs();
    }

    void wordsFindRuns()
    {
        auto* search = m_page->findChild<QLineEdit*>(QStringLiteral("runSearch"));
        search->setText(QStringLiteral("TUNE birch"));
        QVERIFY(isShown(rowOf(2)) && !isShown(rowOf(1)) && !isShown(rowOf(3)));
        QVERIFY(m_page->findChild<QLabel*>(QStringLiteral("runsFound"))->text().startsWith(u'1'));
        search->setText(QStringLiteral("state:finished"));
        QVERIFY(isShown(0) && isShown(1) && isShown(2));
        search->setText(QStringLiteral("tag:none"));
        QVERIFY(!isShown(0) && !isShown(1) && !isShown(2));
        search->clear();
        QVERIFY(isShown(0) && isShown(1) && isShown(2));
    }

    // A search that leaves nothing says so, with a way back; Escape is one, too.
    void nothingFoundIsSaid()
    {
        auto* search = m_page->findChild<QLineEdit*>(QStringLiteral("runSearch"));
        auto* table = m_page->findChild<QTableView*>(QStringLiteral("runs"));
        auto* words = table->findChild<QLabel*>(QStringLiteral("noMatchText"));
        QVERIFY(!words->isVisible());
        search->setText(QStringLiteral("no such run"));
        QVERIFY(words->isVisible());
        QCOMPARE(words->text(), QStringLiteral("No run matches \u201cno such run\u201d."));
        table->findChild<QPushButton*>(QStringLiteral("clearSearch"))->click();
        QVERIFY(search->text().isEmpty() && !words->isVisible() && isShown(0));
        for (QWidget* from : {static_cast<QWidget*>(search), static_cast<QWidget*>(table)}) {
            search->setText(QStringLiteral("birch"));
            QVERIFY(!isShown(rowOf(1)));
            from->setFocus();
            QTest::keyClick(from, Qt::Key_Escape);
            QVERIFY2(search->text().isEmpty() && isShown(rowOf(1)), qPrintable(from->objectName()));
        }
    }

    // The runs that were chosen and the search are there after a restart; a run that was made meanwhile is no reason to look elsewhere.
    void whatWasChosenComesBack()
    {
        auto* table = m_page->findChild<QTableView*>(QStringLiteral("runs"));
        QTRY_VERIFY(m_workspace->places()->isRead());
        table->selectRow(rowOf(1));
        table->selectionModel()->select(m_page->model()->index(rowOf(2), 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
        m_page->findChild<QLineEdit*>(QStringLiteral("runSearch"))->setText(QStringLiteral("state:finished"));
        waitForJobs();
        m_page.reset();
        waitForJobs();
        m_workspace.reset();
        m_workspace = std::make_unique<Workspace>();
        m_page = std::make_unique<RunsPage>(*m_workspace);
        m_page->show();
        m_workspace->openProject(m_folder->filePath(QStringLiteral("project")));
        table = m_page->findChild<QTableView*>(QStringLiteral("runs"));
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 3, kAwaitMs);
        QTRY_COMPARE(table->selectionModel()->selectedRows().size(), 2);
        QVERIFY(table->selectionModel()->isRowSelected(rowOf(1), {}) && table->selectionModel()->isRowSelected(rowOf(2), {}));
        QCOMPARE(m_page->findChild<QLineEdit*>(QStringLiteral("runSearch"))->text(), QStringLiteral("state:finished"));
        addRun(0);
        Q_EMIT m_workspace->runsChanged();
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 4, kAwaitMs);
        QVERIFY(table->selectionModel()->isRowSelected(rowOf(1), {}));
    }

    void notesAreKept()
    {
        m_page->chooseRun(2);
        auto* tags = m_page->findChild<QLineEdit*>(QStringLiteral("runTags"));
        auto* note = m_page->findChild<QPlainTextEdit*>(QStringLiteral("runNote"));
        tags->setText(QStringLiteral("good, small ,"));
        note->setPlainText(QStringLiteral("Worth another look."));
        m_page->chooseRun(1); // what was written is saved
        QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(m_workspace->project()->run(2)->notes), QStringLiteral("Worth another look."), kAwaitMs);
        QCOMPARE(m_workspace->project()->run(2)->tags, (std::vector<std::string>{"good", "small"}));
        QVERIFY(note->toPlainText().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->model()->find(2)->tags.size() == 2, kAwaitMs);
        m_page->findChild<QLineEdit*>(QStringLiteral("runSearch"))->setText(QStringLiteral("tag:good"));
        QTRY_VERIFY_WITH_TIMEOUT(!isShown(rowOf(1)) && isShown(rowOf(2)), kAwaitMs);
        m_page->chooseRun(2);
        QTRY_COMPARE_WITH_TIMEOUT(note->toPlainText(), QStringLiteral("Worth another look."), kAwaitMs);
    }

    void groupsStandTogether()
    {
        auto* groups = m_page->findChild<QComboBox*>(QStringLiteral("runGroups"));
        auto* table = m_page->findChild<QTableView*>(QStringLiteral("runs"));
        QVERIFY(!table->verticalHeader()->isVisible());
        QVERIFY(m_workspace->project()->annotateRun(3, "", {"good"}).ok());
        QVERIFY(m_workspace->project()->annotateRun(1, "", {"good"}).ok());
        Q_EMIT m_workspace->runsChanged();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->model()->find(1)->tags.size() == 1, kAwaitMs);
        groups->setCurrentIndex(groups->findData(QStringLiteral("tag")));
        QTRY_VERIFY_WITH_TIMEOUT(table->verticalHeader()->isVisible(), kAwaitMs);
        QCOMPARE(rowOf(3), 0); // newest first within a group
        QCOMPARE(rowOf(1), 1);
        QCOMPARE(rowOf(2), 2);
        const auto heading = [&](int row) { return m_page->model()->headerData(row, Qt::Vertical).toString(); };
        QCOMPARE(heading(0), QStringLiteral("good"));
        QVERIFY(heading(1).isEmpty());
        QVERIFY(!heading(2).isEmpty());
        groups->setCurrentIndex(0);
        QTRY_COMPARE_WITH_TIMEOUT(rowOf(2), 1, kAwaitMs);
        QVERIFY(!table->verticalHeader()->isVisible());
    }

    // A run's checkpoints with what is known of them; there is one to choose, and both ways on.
    void checkpointsAreListed()
    {
        const auto run = *m_workspace->project()->run(2);
        for (const char* step : {"step-4", "step-10", "step-4.old", "other"}) {
            QVERIFY(QDir().mkpath(QString::fromStdString(run.folder) + QStringLiteral("/checkpoints/") + QLatin1String(step)));
        }
        train::EvalDone eval;
        eval.step = 10;
        eval.loss = 1.25;
        QVERIFY(m_workspace->project()->appendEvents(2, {eval}).ok());
        m_page->chooseRun(2);
        auto* from = m_page->findChild<QAction*>(QStringLiteral("resumeFrom"));
        QVERIFY(from->isEnabled());
        from->trigger();
        auto* dialog = m_page->findChild<QDialog*>(QStringLiteral("checkpointsDialog"));
        QVERIFY(dialog != nullptr);
        auto* table = dialog->findChild<QTableWidget*>(QStringLiteral("checkpoints"));
        QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 2, kAwaitMs);
        QCOMPARE(table->item(0, 0)->text(), QStringLiteral("4"));
        QCOMPARE(table->item(1, 0)->text(), QStringLiteral("10"));
        QVERIFY(table->item(1, 2)->text().startsWith(QLocale().toString(1.25, 'f', 4)));
        QCOMPARE(table->currentRow(), 1);
        QVERIFY(dialog->findChild<QPushButton*>(QStringLiteral("resumeFromCheckpoint"))->isEnabled());
        QVERIFY(dialog->findChild<QPushButton*>(QStringLiteral("forkFromCheckpoint"))->isEnabled());
        QVERIFY(QDir().mkpath(QStringLiteral(LUTHIER_BIN_DIR "/../screenshots")));
        dialog->grab().save(QStringLiteral(LUTHIER_BIN_DIR "/../screenshots/checkpoints-dialog.png"));
        m_page->grab().save(QStringLiteral(LUTHIER_BIN_DIR "/../screenshots/runs-page-actions.png"));
        dialog->close();
    }

    // A checkpoint answers, too: of a run that was stopped before it had a result.
    void whatWasStoppedCanBeAsked()
    {
        m_page->chooseRun(3);
        auto* compare = m_page->findChild<QAction*>(QStringLiteral("compareRun"));
        auto* chat = m_page->findChild<QAction*>(QStringLiteral("chatWithRun"));
        QVERIFY(!compare->isEnabled() && !chat->isEnabled());
        const auto run = *m_workspace->project()->run(3);
        QVERIFY(QDir().mkpath(QString::fromStdString(run.folder) + QStringLiteral("/checkpoints/step-4")));
        Q_EMIT m_workspace->runsChanged();
        QTRY_VERIFY_WITH_TIMEOUT(compare->isEnabled() && chat->isEnabled(), kAwaitMs);
        QStringList wanted;
        connect(m_workspace.get(), &Workspace::pageWanted, this, [&](const QString& page, const QString& what) { wanted += page + u' ' + what; });
        m_page->findChild<QToolButton*>(QStringLiteral("chatWithRunButton"))->click();
        compare->trigger();
        QCOMPARE(wanted, (QStringList{QStringLiteral("chat run:3"), QStringLiteral("compare 3")}));
        // What belongs to a run in progress stands beside it alone.
        QVERIFY(m_page->findChild<QToolButton*>(QStringLiteral("stopRunButton"))->isHidden());
        QVERIFY(m_page->findChild<QToolButton*>(QStringLiteral("holdRunButton"))->isHidden());
        QVERIFY(!m_page->findChild<QToolButton*>(QStringLiteral("resumeRunButton"))->isHidden());
    }

    // Three chosen runs: a column for each, rows for what differs in any.
    void threeAreCompared()
    {
        m_page->findChild<QTableView*>(QStringLiteral("runs"))->selectAll();
        auto* table = m_page->findChild<QTableWidget*>(QStringLiteral("runSettings"));
        QTRY_COMPARE_WITH_TIMEOUT(table->columnCount(), 4, kAwaitMs);
        waitForJobs();
        QCoreApplication::processEvents();
        QCOMPARE(table->columnCount(), 4);
        QStringList values;
        for (int column = 1; column < 4; ++column) {
            values += table->item(0, column)->text();
        }
        values.sort();
        QCOMPARE(values, (QStringList{QStringLiteral("10"), QStringLiteral("11"), QStringLiteral("12")})); // the ranks
        // Their curves lie over each other, each in the colour that its row has.
        const QString csv = m_page->charts()->findChild<ChartPanel*>()->csv();
        for (const char* name : kNames) {
            QVERIFY2(csv.contains(QStringLiteral("tune ") + QLatin1String(name)), qPrintable(csv.left(300)));
        }
    }

    void anySettingIsAColumn()
    {
        const int before = m_page->model()->columnCount();
        m_page->model()->setSettings({QStringLiteral("method.rank"), QStringLiteral("no.such")});
        QCOMPARE(m_page->model()->columnCount(), before + 1);
        QCOMPARE(m_page->model()->index(rowOf(1), before).data().toString(), QStringLiteral("10"));
        QVERIFY(!m_page->model()->headerData(before, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }

    void eachHasItsColourAndCurve()
    {
        QVERIFY(runColor(1) != runColor(2) && runColor(1) == runColor(1));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->model()->hasCurve(1, 6), kAwaitMs);
        QVERIFY(!m_page->model()->index(rowOf(1), RunsModel::kNameColumn).data(Qt::DecorationRole).value<QPixmap>().isNull());
        QVERIFY(sparkline(1, {1, 0.5, std::nan(""), 0.2}).width() > 0 && sparkline(1, {1}).isNull());
        QCOMPARE(thinned({0, 1, 2, 3, 4, 5, 6, 7, 8}, 3), (std::vector<double>{0, 4, 8}));
    }

    void goesAndComesBack()
    {
        auto* files = m_page->findChild<RunsFiles*>();
        m_page->chooseRun(1);
        const QString path = m_folder->filePath(QStringLiteral("one.luthier-run"));
        files->exportTo(path);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path), kAwaitMs);
        files->openRun(path);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 4, kAwaitMs);
        files->writeTensorBoard(m_folder->filePath(QStringLiteral("logs")));
        QTRY_VERIFY_WITH_TIMEOUT(QDir(m_folder->filePath(QStringLiteral("logs"))).entryList(QDir::Files).size() == 1, kAwaitMs);
        files->writeSheet(m_folder->filePath(QStringLiteral("sheet.md")));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(m_folder->filePath(QStringLiteral("sheet.md"))), kAwaitMs);
        QVERIFY(m_workspace->project()->deleteRun(2).ok());
        Q_EMIT m_workspace->runsChanged();
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 3, kAwaitMs);
        files->restore(2);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 4, kAwaitMs);
    }

    // How the charts are drawn is there again after a restart.
    void chartsAreDrawnAsTheyWereLeft()
    {
        m_page->findChild<QSlider*>(QStringLiteral("smoothing"))->setValue(7);
        m_page->findChild<QComboBox*>(QStringLiteral("chartAxis"))->setCurrentIndex(2);
        m_page->findChild<QCheckBox*>(QStringLiteral("logarithmic"))->setChecked(true);
        m_page->findChild<QCheckBox*>(QStringLiteral("clipped"))->setChecked(true);
        m_page.reset();
        m_page = std::make_unique<RunsPage>(*m_workspace);
        m_page->show();
        QCOMPARE(m_page->findChild<QSlider*>(QStringLiteral("smoothing"))->value(), 7);
        QCOMPARE(m_page->findChild<QComboBox*>(QStringLiteral("chartAxis"))->currentIndex(), 2);
        QVERIFY(m_page->findChild<QCheckBox*>(QStringLiteral("logarithmic"))->isChecked() && m_page->findChild<QCheckBox*>(QStringLiteral("clipped"))->isChecked());
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model()->rowCount(), 3, kAwaitMs);
    }

    // A finding with a remedy is a button that leads to Tune.
    void findingsHaveRemedies()
    {
        auto* findings = m_page->findChild<RunsFindings*>();
        findings->show(3, {{"x", 4, "The loss rises.", "It learns by heart.", {{"method.dropout", "0.1", "More dropout."}, {"", "", "More data."}}}});
        QString where;
        connect(m_workspace.get(), &Workspace::pageWanted, this, [&](const QString& page, const QString& what) { where = page + u' ' + what; });
        const auto buttons = findings->findChildren<QPushButton*>(QStringLiteral("remedy"));
        QCOMPARE(buttons.size(), 1);
        buttons.front()->click();
        QCOMPARE(where, QStringLiteral("tune remedy:3:method.dropout=0.1"));
        findings->show(3, {});
        QVERIFY(!findings->findChildren<QLabel*>(QStringLiteral("finding")).isEmpty());
    }

private:
    int rowOf(store::RunId id) const { return m_page->model()->rowOf(id); }
    bool isShown(int row) const { return !m_page->findChild<QTableView*>(QStringLiteral("runs"))->isRowHidden(row); }

    void addRun(int number)
    {
        config::RunConfig config;
        QVERIFY(config::setByKey(config, "method.rank", std::to_string(10 + number)).ok());
        const auto run = m_workspace->project()->createRun(std::string("tune ") + kNames[number], config::toJson(config));
        QVERIFY(run.ok());
        std::vector<train::Event> events{train::RunStarted{.totalSteps = 6, .device = "cpu", .dtype = {}, .reason = {}}};
        for (int step = 1; step <= 6; ++step) {
            events.push_back(train::StepDone{.step = step, .loss = 2.0 / step + number, .learningRate = 1e-3, .gradNorm = 1, .tokens = 10, .trainedTokens = 5, .tokensPerSecond = 9});
        }
        train::RunEnded ended;
        ended.outcome = train::Outcome::Finished;
        ended.step = 6;
        events.push_back(ended);
        QVERIFY(m_workspace->project()->appendEvents(run->id, events).ok());
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<RunsPage> m_page;
};

QTEST_MAIN(TestRunsPage)
#include "tst_runs_page.moc"
