// SPDX-License-Identifier: GPL-3.0-or-later
// The Tune page's numbers: those of the run it would start, whatever the data's columns, the batches and the method are.
#include "core/objectives/rollout_settings.h"
#include "tests/support/page_test.h"
#include "tests/support/tiny_run.h"

#include "core/peft/methods/full_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/store/data_files.h"
#include "core/store/next_recipe.h"
#include "ui/base/amounts.h"
#include "ui/pages/tune/memory_bar.h"
#include "ui/charts/parallel_coordinates.h"
#include "ui/charts/rate_chart.h"
#include "ui/pages/tune/tune_advice.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/pages/tune/tune_trials.h"
#include "ui/widgets/stacked_bar.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/run_queue.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTextBrowser>
#include <QUndoStack>
#include <QtTest>

#include <set>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;

} // namespace

class TestTunePage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_tiny = std::make_unique<support::TinyRun>();
        qputenv("LUTHIER_SETTINGS", m_tiny->folder.filePath(QStringLiteral("settings.ini")).toUtf8());
        m_workspace = std::make_unique<Workspace>();
        m_workspace->openProject(QString::fromStdString(m_tiny->path("project")));
        m_tune = std::make_unique<TunePage>(*m_workspace);
        m_tune->resize(1100, 700);
        m_tune->show();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != nullptr, kAwaitMs);
        settle();
    }

    void cleanup()
    {
        m_tune.reset();
        waitForJobs();
        m_workspace.reset();
        waitForJobs();
    }

    // Its columns named by hand on the Data page, or in the recipe: it can be started, and starts.
    void namedColumnsStart_data()
    {
        QTest::addColumn<bool>("inRecipe");
        QTest::newRow("in the recipe") << true;
        QTest::newRow("in the project alone") << false;
    }

    void namedColumnsStart()
    {
        QFETCH(bool, inRecipe);
        useCsv(inRecipe);
        QVERIFY2(plan().problem.isEmpty(), qPrintable(plan().problem));
        QCOMPARE(plan().trainRows + plan().heldOutRows, 30);
        QVERIFY(m_tune->mainAction()->isEnabled());
        QCOMPARE(plan().samples.front().file, QStringLiteral("rows.csv"));
        QVERIFY(plan().samples.front().text.contains(QStringLiteral("plank")));
        startsAsPlanned();
    }

    void countsWhatTrains_data()
    {
        QTest::addColumn<QString>("padding");
        QTest::addColumn<QString>("method");
        QTest::newRow("packed, DoRA") << QStringLiteral("packed") << QStringLiteral("lora");
        QTest::newRow("longest, full") << QStringLiteral("longest") << QStringLiteral("full");
        QTest::newRow("buckets, bottleneck") << QStringLiteral("length_buckets") << QStringLiteral("bottleneck");
    }

    void countsWhatTrains()
    {
        QFETCH(QString, padding);
        QFETCH(QString, method);
        m_tiny->config.data.padding = padding.toStdString();
        m_tiny->config.method.kind = method.toStdString();
        m_tiny->config.method.of<peft::LoraSettings>().useDora = true;
        m_tiny->config.method.of<peft::LoraSettings>().rankPattern = {"q_proj=2"};
        m_tiny->config.method.of<peft::FullSettings>().frozenLayers = 1;
        m_tiny->config.run.epochs = 1.5;
        QVERIFY(m_workspace->project()->setExcluded(m_tiny->path("rows.jsonl"), {1, 2}, true).ok());
        useRecipe();
        QCOMPARE(plan().excluded, 2);
        startsAsPlanned();
    }

    // At a scale of 1.25 the card was lower than its method buttons, and the last of them could not be seen or clicked.
    void everyMethodCanBeReached()
    {
        for (const QSize size : {QSize(800, 460), QSize(1100, 700)}) {
            m_tune->resize(size);
            QTest::qWait(50);
            int seen = 0;
            for (const peft::Method& method : peft::methods()) {
                auto* button = m_tune->findChild<QWidget*>(QStringLiteral("method.") + QString::fromStdString(method.id));
                QVERIFY2(button->parentWidget()->rect().contains(button->geometry()), method.id.c_str());
                ++seen;
            }
            QVERIFY(seen > 4);
        }
    }

    // Typing on: only the last settings count, and rows that did not change are not encoded again.
    void changesAreFollowed()
    {
        useRecipe();
        const std::int64_t before = plan().steps;
        for (int epochs = 2; epochs < 6; ++epochs) {
            setValue("run.epochs", static_cast<double>(epochs));
        }
        settle();
        QCOMPARE(plan().steps, before * 5);
        setValue("method.target_modules", std::vector<std::string>{"no_such_proj"});
        settle();
        QVERIFY(plan().sizeProblem.contains(QStringLiteral("no_such_proj")));
        QVERIFY(!m_tune->mainAction()->isEnabled());
        QVERIFY(shown("verdictProblem").contains(QStringLiteral("no_such_proj")));
        QCOMPARE(shown("verdict.steps"), QLocale().toString(qlonglong(before * 5)));
        setValue("method.target_modules", std::vector<std::string>{"q_proj"});
        settle();
        QVERIFY(m_tune->mainAction()->isEnabled());
    }

    // The later word counts: what was typed before the project's recipe was there stands over it, and the rest is the recipe's.
    void whatIsTypedBeforeTheRecipeIsReadStays()
    {
        m_tiny->config.run.epochs = 4;
        useRecipe();
        m_tune.reset(); // at once, within the second that saving waits for more
        waitForJobs();
        const auto kept = store::nextRecipe(*m_workspace->project());
        QVERIFY(kept && *kept);
        QCOMPARE((*kept)->run.epochs, 4.0);
        m_workspace.reset();
        waitForJobs();

        m_workspace = std::make_unique<Workspace>();
        m_tune = std::make_unique<TunePage>(*m_workspace);
        setValue("run.max_steps", std::int64_t{7}); // no project yet
        connect(m_workspace.get(), &Workspace::projectChanged, m_tune.get(), [this] { setValue("data.max_length", std::int64_t{64}); }); // and while it is read
        m_workspace->openProject(QString::fromStdString(m_tiny->path("project")));
        QTRY_COMPARE_WITH_TIMEOUT(m_tune->document()->config().run.epochs, 4.0, kAwaitMs);
        QCOMPARE(m_tune->document()->config().run.maxSteps, 7);
        QCOMPARE(m_tune->document()->config().data.maxLength, 64);
        QCOMPARE(m_tune->document()->config().data.train, m_tiny->config.data.train);
        settle();

        // Another project: what was typed last is the first one's, and the new one shows none of it.
        const auto first = m_workspace->project();
        setValue("run.epochs", 5.0);
        m_workspace->openProject(QString::fromStdString(m_tiny->path("another")));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != first, kAwaitMs);
        settle();
        QCOMPARE((*store::nextRecipe(*first))->run.epochs, 5.0);
        QCOMPARE(m_tune->document()->config().run.epochs, 3.0);
        QCOMPARE(m_tune->document()->config().run.maxSteps, 0);
        QCOMPARE(m_tune->document()->config().data.maxLength, 1024);
        QVERIFY(m_tune->document()->config().data.train.empty());
        QVERIFY(m_tune->document()->config().model.path.ends_with("luthier-tiny"));
        QCOMPARE(m_tune->verdict().problems, QStringList{QStringLiteral("Choose training data.")});
    }

    // While nobody has chosen what is learned from, it is what was opened last; a tick is a choice, on another day, too.
    void openedFilesAreLearnedFrom()
    {
        const auto train = [this] { return m_tune->document()->config().data.train; };
        const std::string rows = m_tiny->path("rows.jsonl");
        const std::string other = m_tiny->path("other.jsonl");
        std::filesystem::copy_file(rows, other);
        QVERIFY(m_workspace->project()->addSource(rows, "auto").ok());
        QVERIFY(m_workspace->project()->addSource(other, "auto").ok());
        Q_EMIT m_workspace->sourcesChanged();
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(rows)});
        QTRY_COMPARE(train(), std::vector<std::string>{rows});
        QCOMPARE(m_workspace->undoStack()->count(), 1);
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(other)});
        QCOMPARE(train(), std::vector<std::string>{other});
        settle();
        sitAgain();
        QTRY_COMPARE_WITH_TIMEOUT(train(), std::vector<std::string>{other}, kAwaitMs);
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(rows), QString::fromStdString(other)});
        QTRY_COMPARE(train(), (std::vector<std::string>{rows, other}));
        m_workspace->undoStack()->undo();
        QCOMPARE(train(), std::vector<std::string>{other});

        // By hand.
        auto* list = m_tune->findChild<QListWidget*>(QStringLiteral("data.train"));
        QTRY_COMPARE_WITH_TIMEOUT(list->count(), 2, kAwaitMs);
        for (int i = 0; i < list->count(); ++i) {
            const bool isRows = list->item(i)->data(Qt::UserRole).toString().toStdString() == rows;
            list->item(i)->setCheckState(isRows ? Qt::Checked : Qt::Unchecked);
        }
        QCOMPARE(train(), std::vector<std::string>{rows});
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(other)});
        QCOMPARE(train(), std::vector<std::string>{rows});
        settle();
        sitAgain();
        QTRY_COMPARE_WITH_TIMEOUT(train(), std::vector<std::string>{rows}, kAwaitMs);
        settle();
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(other)});
        settle();
        QCOMPARE(train(), std::vector<std::string>{rows});
    }

    // The first project holds the rows that come with Luthier, and nobody has chosen them: a person's own take their place, and
    // what the recipe asks about those rows goes with them. Opened before the project is there, it waits.
    void ownDataTakesThePlaceOfTheExample()
    {
        const std::string rows = m_tiny->path("rows.jsonl");
        m_workspace->openFirstProject(QString::fromStdString(m_tiny->path("first")));
        const auto before = m_workspace->project();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != before, kAwaitMs);
        Q_EMIT m_workspace->dataOpened({QString::fromStdString(rows)}); // the recipe is being read
        QTRY_COMPARE_WITH_TIMEOUT(m_tune->document()->config().data.train, std::vector<std::string>{rows}, kAwaitMs);
        QVERIFY(m_tune->document()->config().run.probePrompts.empty());
        QVERIFY(m_tune->document()->config().run.name.empty());
        QCOMPARE(m_tune->document()->config().optimizer.learningRate, 0.002); // the bundled model's
        m_workspace->undoStack()->undo();
        QVERIFY(m_tune->document()->config().data.train.front().ends_with("workshop_instructions.jsonl"));
        QCOMPARE(m_tune->document()->config().run.probePrompts.size(), std::size_t{2});
        settle();
    }

    // Three clicks to the first tune, in a project that has no data, too.
    void theExampleIsTakenWhereThereIsNothing()
    {
        m_tune->reveal(QStringLiteral("example"));
        QTRY_COMPARE_WITH_TIMEOUT(m_tune->document()->config().data.train.size(), std::size_t{1}, kAwaitMs);
        settle();
        QVERIFY2(m_tune->mainAction()->isEnabled(), qPrintable(m_tune->verdict().problems.join(u' ')));
        QCOMPARE(m_workspace->project()->sources()->size(), std::size_t{1});
        useRecipe();
        m_tune->reveal(QStringLiteral("example"));
        settle();
        QCOMPARE(m_tune->document()->config().data.train, m_tiny->config.data.train); // what is there stays
    }

    // A model that went since it was looked at is missed before the gate, by its name, and no run is made.
    void aModelThatWentIsFoundByTheGate()
    {
        useRecipe();
        QVERIFY(m_tune->mainAction()->isEnabled());
        std::filesystem::rename(m_tiny->path("model"), m_tiny->path("elsewhere"));
        m_tune->mainAction()->trigger();
        settle();
        QVERIFY(!m_tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible());
        QVERIFY(!m_tune->mainAction()->isEnabled());
        const QString sentence = shown("verdictProblem");
        QVERIFY2(sentence.contains(QStringLiteral("not there")) && !sentence.contains(QStringLiteral("tokenizer")), qPrintable(sentence));
        QVERIFY(m_workspace->project()->runs()->empty());
        std::filesystem::rename(m_tiny->path("elsewhere"), m_tiny->path("model"));
    }

    // Rows one after the other, round again, each with its own counts.
    void theGateWalks()
    {
        useRecipe();
        QVERIFY(plan().samples.size() > 2);
        m_tune->mainAction()->trigger();
        auto* strip = m_tune->findChild<QWidget*>(QStringLiteral("gateStrip"));
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), kAwaitMs);
        const QString first = shown("gateRow");
        QTest::keyClick(strip, Qt::Key_PageDown);
        QVERIFY(shown("gateRow") != first);
        QTest::keyClick(strip, Qt::Key_PageUp);
        QCOMPARE(shown("gateRow"), first);
        QTest::keyClick(strip, Qt::Key_PageUp);
        QVERIFY(shown("gateRow").contains(QLocale().toString(qlonglong(plan().samples.back().row))));
        for (std::size_t i = 0; i < plan().samples.size(); ++i) {
            m_tune->findChild<QPushButton*>(QStringLiteral("gateNext"))->click();
        }
        QVERIFY(shown("gateRow").contains(QLocale().toString(qlonglong(plan().samples.back().row))));
        QTest::keyClick(strip, Qt::Key_Escape);
    }

    // What the gate shows is what the objective reads: both answers of a pair, or the prompt alone where the model answers by itself.
    void theGateShowsWhatTheObjectiveReads_data()
    {
        QTest::addColumn<QString>("objective");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("dpo") << QStringLiteral("dpo") << QStringLiteral("chosen answer");
        QTest::newRow("reward") << QStringLiteral("reward") << QStringLiteral("scored as a whole");
        QTest::newRow("grpo") << QStringLiteral("grpo") << QStringLiteral("writes the answer itself");
    }

    void theGateShowsWhatTheObjectiveReads()
    {
        QFETCH(QString, objective);
        QFETCH(QString, sentence);
        std::string rows;
        for (int i = 0; i < 24; ++i) {
            rows += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"chosen", "A saw."}, {"rejected", "Nothing at all."}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(m_tiny->path("rows.jsonl"), rows).ok());
        m_tiny->config.objective.kind = objective.toStdString();
        m_tiny->config.objective.of<objectives::AnswerSettings>().rewards = {"length most=20"};
        m_tiny->config.objective.of<objectives::GroupSettings>().group = 4;
        m_tiny->config.run.batchSize = 4;
        useRecipe();
        QVERIFY2(plan().problem.isEmpty(), qPrintable(plan().problem));
        QVERIFY(plan().samples.size() > 2);
        const TuneSample& one = plan().samples[0];
        const TuneSample& two = plan().samples[1];
        QString read; // of the first sample, as its tiles are
        for (const TokenTile& tile : one.tokens.tiles) {
            read += tile.text;
        }
        const bool answers = objective == QStringLiteral("grpo");
        QVERIFY(read.contains(QStringLiteral("What lies on bench")) && read.contains(QStringLiteral("A saw")) != answers);
        QCOMPARE(one.tokens.numTrained() > 0, !answers);
        QCOMPARE(two.isRejected, !answers);
        QCOMPARE(two.row == one.row, !answers);
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible(), kAwaitMs);
        QVERIFY2(shown("gateRow").contains(sentence), qPrintable(shown("gateRow")));
        m_tune->findChild<QPushButton*>(QStringLiteral("gateNext"))->click();
        QCOMPARE(shown("gateRow").contains(QStringLiteral("rejected answer")), !answers);
    }

    // What starts all the same, and not without a word.
    void whatWouldSurpriseIsSaid()
    {
        m_tiny->config.method.of<peft::LoraSettings>().alpha = 8;
        m_tiny->config.optimizer.learningRate = 2e-4; // what is usual
        useRecipe();
        QVERIFY2(plan().remarks.isEmpty() && shown("verdictRemarks").isEmpty(), qPrintable(plan().remarks.join(u' ')));
        setValue("method.alpha", 64.0);
        setValue("method.rank", std::int64_t{4});
        settle();
        QVERIFY2(shown("verdictRemarks").contains(QStringLiteral("16 times")), qPrintable(shown("verdictRemarks")));
        QVERIFY(m_tune->mainAction()->isEnabled());
        setValue("method.alpha", 8.0);
        std::string rows;
        for (int i = 0; i < 20; ++i) {
            rows += base::dumpJson(Json{{"prompt", "Which?"}, {"chosen", "The oak " + std::to_string(i) + "."}, {"rejected", "None."}}) + "\n";
        }
        const std::string path = m_tiny->path("pairs.jsonl");
        QVERIFY(base::writeFileAtomically(path, rows).ok());
        setValue("data.train", std::vector<std::string>{path});
        settle();
        QVERIFY2(shown("verdictRemarks").contains(QStringLiteral("rejected")), qPrintable(shown("verdictRemarks") + shown("verdictProblem")));
    }

    // What the plan warns of on the command line, the page says as well: pairs without one of their answers, answers of one kind alone.
    void whatTheRowsLackIsSaid()
    {
        std::string rows;
        for (int i = 0; i < 20; ++i) {
            Json row = {{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"chosen", "The oak " + std::to_string(i) + "."}, {"rejected", "None."}};
            if (i == 3) {
                row.erase("rejected");
            } else if (i == 5) {
                row["rejected"] = row["chosen"];
            }
            rows += base::dumpJson(row) + "\n";
        }
        QVERIFY(base::writeFileAtomically(m_tiny->path("rows.jsonl"), rows).ok());
        m_tiny->config.objective.kind = "dpo";
        useRecipe();
        QVERIFY2(shown("verdictRemarks").contains(QStringLiteral("rows.jsonl: 2 rows were skipped because they give no example. First: row 4: \"rejected\" is missing")),
                 qPrintable(shown("verdictRemarks")));
        std::string judged;
        for (int i = 0; i < 20; ++i) {
            judged += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"completion", "The oak."}, {"label", true}}) + "\n";
        }
        const std::string path = m_tiny->path("judged.jsonl");
        QVERIFY(base::writeFileAtomically(path, judged).ok());
        m_tiny->config.objective.kind = "kto";
        m_tiny->config.data.train = {path};
        useRecipe();
        QVERIFY2(shown("verdictRemarks").contains(QStringLiteral("answers are judged good: KTO learns from good and bad ones")), qPrintable(shown("verdictRemarks")));
    }

    // Two runs of the same method and data are told apart by what is different, and a name given twice by a number.
    void runsAreNamedApart()
    {
        useRecipe();
        setValue("run.max_steps", std::int64_t{1});
        settle();
        for (const auto& [rate, name] : {std::pair(1e-2, ""), {5e-3, ""}, {5e-3, ""}, {5e-3, "mine"}, {5e-3, "mine"}}) {
            setValue("optimizer.learning_rate", rate);
            setValue("run.name", std::string(name));
            m_workspace->runs()->start(m_tune->document()->config());
            QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->isBusy(), kAwaitMs);
            QTRY_VERIFY_WITH_TIMEOUT(!m_workspace->runs()->isBusy(), kAwaitMs);
        }
        const auto runs = m_workspace->project()->runs();
        QVERIFY(runs.ok());
        QCOMPARE(runs->size(), std::size_t{5});
        std::set<std::string> names;
        for (const store::RunRow& run : *runs) {
            names.insert(run.name);
        }
        QCOMPARE(names.size(), std::size_t{5});
        QVERIFY(names.contains("mine") && names.contains("mine #2"));
        QVERIFY2((*runs)[3].name.find("learning rate 0.005") != std::string::npos, (*runs)[3].name.c_str());
    }

    // The bars follow every setting that memory hangs on, also those of the optimizer.
    void memoryFollowsTheSettings()
    {
        useRecipe();
        QVERIFY(plan().memory.has_value());
        const train::MemoryParts before = plan().memory->estimate.parts;
        QVERIFY(before.weights > 0 && before.activations > 0);
        QVERIFY2(shown("memoryHead").contains(byteText(before.total())), qPrintable(shown("memoryHead")));
        QVERIFY(shown("memory.weights").contains(byteText(before.weights)));
        const auto* bar = seen<StackedBar>();
        QVERIFY(bar->accessibleDescription().contains(byteText(before.activations)));
        setValue("run.batch_size", std::int64_t{8});
        settle();
        const train::MemoryParts larger = plan().memory->estimate.parts;
        QVERIFY(larger.activations > before.activations);
        setValue("run.activation_checkpointing", true);
        settle();
        const train::MemoryParts checkpointed = plan().memory->estimate.parts;
        // Of two layers nothing is saved on a host, whose allocator keeps the forward pass's room beside what is computed again.
        QVERIFY(checkpointed.activations != larger.activations);
        setValue("optimizer.kind", std::string("sgd"));
        settle();
        QVERIFY(plan().memory->estimate.parts.optimizer < checkpointed.optimizer);
    }

    // A click on a change that saves memory sets all that it names, as one step of undo.
    void aChangeIsOneClick()
    {
        useRecipe();
        train::RunMemory tight = *plan().memory;
        tight.estimate.free = 1;
        tight.changes = {{{{"run.batch_size", "1"}, {"run.gradient_accumulation", "4"}}, "The same steps, cut finer.", 1000, true},
                         {{{"run.activation_checkpointing", "true"}}, "Slower.", 500, false}};
        auto* bar = seen<MemoryBar>();
        bar->show(tight);
        QVERIFY(shown("memoryHead").contains(QStringLiteral("only")));
        auto* first = m_tune->findChild<QPushButton*>(QStringLiteral("memoryChange0"));
        QVERIFY(first && first->isVisible() && m_tune->findChild<QPushButton*>(QStringLiteral("memoryChange1")));
        first->click();
        QCOMPARE(m_tune->document()->config().run.batchSize, std::int64_t{1});
        QCOMPARE(m_tune->document()->config().run.gradientAccumulation, std::int64_t{4});
        m_workspace->undoStack()->undo();
        QCOMPARE(m_tune->document()->config().run.batchSize, std::int64_t{2});
        QCOMPARE(m_tune->document()->config().run.gradientAccumulation, std::int64_t{2});
        settle();
    }

    // "If it started now", also when the page is looked at again later.
    void theEndIsCountedFromNow()
    {
        TuneVerdict bar;
        Verdict verdict;
        verdict.plan.secondsPerStep = 1800;
        verdict.plan.steps = 2;
        bar.show(verdict);
        auto* end = bar.findChild<QLabel*>(QStringLiteral("verdict.end"));
        const QString wanted = end->text();
        QVERIFY(wanted.size() > 3);
        end->setText(QStringLiteral("an hour ago"));
        bar.QWidget::show();
        QVERIFY(end->text() != QStringLiteral("an hour ago"));
        verdict.plan.secondsPerStep.reset();
        bar.show(verdict);
        QCOMPARE(end->text(), QStringLiteral("\u2013"));
    }

    // The gate passes the largest batch once, says where results go, and the room there.
    void theGateMeasures()
    {
        useRecipe();
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(shown("gateMeasured").startsWith(QStringLiteral("Measured:")), kAwaitMs);
        QVERIFY(m_tune->verdict().measured && m_tune->verdict().measured->peakBytes > 0 && m_tune->verdict().measured->seconds > 0);
        QVERIFY2(shown("gatePlace").contains(QString::fromStdString(m_tiny->path("project"))), qPrintable(shown("gatePlace")));
        QVERIFY(shown("verdict.time") != QStringLiteral("\u2013"));
        QTest::keyClick(m_tune->findChild<QWidget*>(QStringLiteral("gateStrip")), Qt::Key_Escape);
        setValue("run.batch_size", std::int64_t{1});
        settle();
        QVERIFY(!m_tune->verdict().measured); // of another plan
    }

    // Rows with nothing to learn stand in the way until they were looked at or let go.
    void rowsWithNothingToLearnBlock()
    {
        std::string rows;
        for (int i = 0; i < 20; ++i) {
            const std::string question = i % 5 == 0 ? std::string(2000, 'w') : "Who bakes?";
            rows += base::dumpJson(Json{{"prompt", question}, {"completion", "Odo " + std::to_string(i) + "."}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(m_tiny->path("long.jsonl"), rows).ok());
        m_tiny->config.data.train = {m_tiny->path("long.jsonl")};
        useRecipe();
        QVERIFY2(plan().nothingToLearn == 4, qPrintable(shown("verdictProblem")));
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(shown("gateBlock").startsWith(u'4'), kAwaitMs);
        QVERIFY(!m_tune->mainAction()->isEnabled());
        QString filter;
        const auto connection = connect(m_workspace.get(), &Workspace::pageWanted, this, [&](const QString& page, const QString& what) { filter = page + u' ' + what; });
        m_tune->findChild<QPushButton*>(QStringLiteral("gateShowRows"))->click();
        QCOMPARE(filter, QStringLiteral("data filter:untrained"));
        disconnect(connection);
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(shown("gateBlock").startsWith(u'4'), kAwaitMs);
        m_tune->findChild<QPushButton*>(QStringLiteral("gateGoOn"))->click();
        QVERIFY(m_tune->mainAction()->isEnabled() && shown("gateBlock").isEmpty());
    }

    // Looks at model and rows, answers both tables, and its settings are taken on a click.
    void adviceIsTaken()
    {
        useRecipe();
        m_tune->reveal(QStringLiteral("advice"));
        auto* advice = m_tune->findChild<TuneAdvice*>();
        QTRY_VERIFY_WITH_TIMEOUT(advice->advice().has_value(), kAwaitMs);
        auto* priority = m_tune->findChild<QComboBox*>(QStringLiteral("wish.priority"));
        priority->setCurrentIndex(priority->findData(QStringLiteral("iteration")));
        QCOMPARE(advice->advice()->method, std::string("lora"));
        const QString text = m_tune->findChild<QTextBrowser*>(QStringLiteral("adviceText"))->toPlainText();
        QVERIFY2(text.contains(QStringLiteral("Quick iteration")) && text.contains(QStringLiteral("Data available")), qPrintable(text));
        m_tune->findChild<QPushButton*>(QStringLiteral("adviceTake"))->click();
        QCOMPARE(m_tune->document()->config().method.of<peft::LoraSettings>().rank, std::int64_t{8});
        m_workspace->undoStack()->undo();
        QCOMPARE(m_tune->document()->config().method.of<peft::LoraSettings>().rank, std::int64_t{4});
        settle();
    }

    // Rates are tried on real steps; the one that is suggested is taken on a click.
    void aRateIsFoundAndTaken()
    {
        m_tiny->config.run.epochs = 3;
        useRecipe();
        m_tune->reveal(QStringLiteral("trials"));
        auto* trials = m_tune->findChild<TuneTrials*>();
        m_tune->findChild<QPushButton*>(QStringLiteral("rateFind"))->click();
        QTRY_VERIFY_WITH_TIMEOUT(trials->curve().has_value(), kAwaitMs);
        QVERIFY(m_tune->findChild<RateChart*>()->numSamples() == static_cast<int>(trials->curve()->points.size()));
        if (trials->curve()->suggestion) {
            const double before = m_tune->document()->config().optimizer.learningRate;
            m_tune->findChild<QPushButton*>(QStringLiteral("rateTake"))->click();
            QCOMPARE(m_tune->document()->config().optimizer.learningRate, *trials->curve()->suggestion);
            m_workspace->undoStack()->undo();
            QCOMPARE(m_tune->document()->config().optimizer.learningRate, before);
        }
        settle();
    }

    // Closed and opened again while the last change waits to be kept, as it does for a second: what comes back is what was typed.
    void whatWasTypedLastComesBackWithTheProject()
    {
        useRecipe();
        const auto project = m_workspace->project();
        for (int i = 1; i <= 20; ++i) {
            setValue("run.max_steps", std::int64_t{i});
            m_workspace->setProject(nullptr);
            m_workspace->setProject(project);
            settle();
            QCOMPARE(m_tune->document()->config().run.maxSteps, std::int64_t{i});
            QCOMPARE(m_tune->document()->config().data.train, m_tiny->config.data.train);
            const auto kept = store::nextRecipe(*project);
            QVERIFY(kept.ok() && kept->has_value());
            QCOMPARE((*kept)->run.maxSteps, std::int64_t{i});
        }
    }

    // What is started while another run is at work waits, in an order that can be changed and that stays with the project. Stopping by hand
    // holds the queue; what ends by itself does not.
    void runsWaitForTheirTurn()
    {
        useRecipe();
        setValue("run.epochs", 1000.0);
        settle();
        m_workspace->runs()->start(m_tune->document()->config());
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->state() == RunController::State::Running && m_workspace->runs()->step() > 0, kAwaitMs);
        auto* list = m_tune->findChild<QListWidget*>(QStringLiteral("queueList"));
        auto* goOn = m_tune->findChild<QPushButton*>(QStringLiteral("queueGoOn"));
        QVERIFY(!list->isVisible());
        const away::WaitingRun same{m_tune->document()->config()};
        QCOMPARE(same.name(), m_workspace->project()->runs()->front().name); // as the run will be called
        for (const std::int64_t steps : {2, 3, 4}) {
            setValue("run.max_steps", steps);
            setValue("run.name", std::to_string(steps) + " steps");
            settle();
            m_tune->mainAction()->trigger();
            QTRY_VERIFY_WITH_TIMEOUT(m_tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible(), kAwaitMs);
            QCOMPARE(m_tune->mainAction()->text(), QStringLiteral("Add to the queue"));
            QVERIFY2(shown("gateMeasured").contains(QStringLiteral("another run")), qPrintable(shown("gateMeasured")));
            m_tune->mainAction()->trigger();
        }
        RunQueue* queue = m_tune->queue();
        QCOMPARE(list->count(), 3);
        QVERIFY(list->isVisible() && !goOn->isVisible());
        support::savePicture(m_tune->grab(), QStringLiteral("tune-queue"));
        list->setCurrentRow(1);
        m_tune->findChild<QPushButton*>(QStringLiteral("queueEarlier"))->click();
        QCOMPARE(list->item(0)->text(), QStringLiteral("3 steps"));
        list->setCurrentRow(2);
        m_tune->findChild<QPushButton*>(QStringLiteral("queueRemove"))->click();
        QCOMPARE(queue->waiting().size(), std::size_t{2});
        m_workspace->runs()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!m_workspace->runs()->isBusy(), kAwaitMs);
        waitForJobs();
        QVERIFY(queue->isHeld() && queue->waiting().size() == 2 && m_workspace->project()->runs()->size() == 1);
        const auto project = m_workspace->project(); // opened another day
        m_workspace->setProject(nullptr);
        QVERIFY(queue->waiting().empty());
        m_workspace->setProject(project);
        QTRY_VERIFY_WITH_TIMEOUT(queue->waiting().size() == 2 && queue->isHeld() && goOn->isVisible(), kAwaitMs);
        goOn->click();
        QTRY_VERIFY_WITH_TIMEOUT(project->runs()->size() == 3 && project->runs()->front().state == "finished", kAwaitMs);
        const auto runs = project->runs(); // newest first
        QCOMPARE(runs->at(1).name, std::string("3 steps"));
        QCOMPARE(runs->at(1).state, std::string("finished"));
        QCOMPARE(runs->at(0).name, std::string("2 steps"));
        QVERIFY(queue->waiting().empty() && !list->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(project->value("queue.runs")->empty(), kAwaitMs); // the page hears of an end behind the project

        // What the command line left: a run that was interrupted goes on first, then who waits.
        config::RunConfig config = m_tune->document()->config();
        config.run.name = "interrupted";
        const auto begun = project->createRun(config.run.name, config::toJson(config));
        QVERIFY(begun.ok());
        config::RunConfig next = config;
        next.run.name = "next";
        QVERIFY(away::keepWaitingRuns(*project, {{config, {}, begun->id}, {next, {}, 0}}).ok());
        m_workspace->setProject(nullptr);
        m_workspace->setProject(project);
        QTRY_VERIFY_WITH_TIMEOUT(queue->waiting().size() == 2 && goOn->isVisible(), kAwaitMs);
        QCOMPARE(list->item(0)->text(), QStringLiteral("interrupted, goes on from its last checkpoint"));
        QVERIFY(!queue->canMove(1, 0)); // what has begun goes on first
        goOn->click();
        QTRY_VERIFY_WITH_TIMEOUT(queue->waiting().empty() && !m_workspace->runs()->isBusy() && project->runs()->front().name == "next" && project->runs()->front().state == "finished", kAwaitMs);
        QCOMPARE(project->run(begun->id)->state, std::string("finished"));
        QCOMPARE(project->runs()->size(), std::size_t{5});
        QTRY_VERIFY_WITH_TIMEOUT(away::waitingRuns(*project)->empty(), kAwaitMs);
        waitForJobs();
    }

    // The command line asks while the window has the project: it is there within seconds, and nothing begins that nobody here wants.
    void theQueueHearsOfTheCommandLine()
    {
        useRecipe();
        RunQueue* queue = m_tune->queue();
        const auto project = m_workspace->project();
        away::WaitingRun first{m_tune->document()->config()};
        first.config.run.maxSteps = 1;
        first.config.run.name = "first";
        away::WaitingRun second = first;
        second.config.run.name = "second";
        QVERIFY(away::askForChange(project->folder(), {{}, {first, second}}).ok());
        QTRY_VERIFY_WITH_TIMEOUT(queue->waiting().size() == 2 && queue->isHeld(), kAwaitMs);
        QVERIFY(!m_workspace->runs()->isBusy());
        QVERIFY(away::askForChange(project->folder(), {{first, second}, {second, first}}).ok());
        QTRY_COMPARE_WITH_TIMEOUT(queue->waiting().front().name(), std::string("second"), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(away::waitingRuns(*project)->size() == 2 && away::waitingRuns(*project)->front().name() == "second", kAwaitMs);
        QVERIFY(away::askForChange(project->folder(), {{second, first}, {second}}).ok());
        QTRY_COMPARE_WITH_TIMEOUT(queue->waiting().size(), std::size_t{1}, kAwaitMs);
        queue->goOn();
        QTRY_VERIFY_WITH_TIMEOUT(project->runs()->size() == 1 && project->runs()->front().state == "finished" && !m_workspace->runs()->isBusy(), kAwaitMs);
        QCOMPARE(project->runs()->front().name, std::string("second"));
    }

    // Trials go through the queue as runs of the project, and the picture has them.
    void aSweepRuns()
    {
        useRecipe();
        setValue("run.max_steps", std::int64_t{1});
        settle();
        m_tune->reveal(QStringLiteral("trials"));
        auto* axes = m_tune->findChild<QPlainTextEdit*>(QStringLiteral("sweepAxes"));
        auto* start = m_tune->findChild<QPushButton*>(QStringLiteral("sweepStart"));
        axes->setPlainText(QStringLiteral("no.such=1"));
        QVERIFY(!start->isEnabled() && shown("sweepText").contains(QStringLiteral("no.such")));
        axes->setPlainText(QStringLiteral("optimizer.learning_rate=1e-3,1e-2\nmethod.rank=2,4"));
        QVERIFY2(start->isEnabled() && shown("sweepText").startsWith(u'4'), qPrintable(shown("sweepText")));
        start->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project()->runs().ok() && m_workspace->project()->runs()->size() == 4 && !m_tune->shootout()->queue()->isRunning(), kAwaitMs);
        waitForJobs();
        auto* picture = m_tune->findChild<ParallelCoordinates*>();
        QTRY_VERIFY_WITH_TIMEOUT(picture->numTrials() == 4 && picture->current() >= 0, kAwaitMs);
        std::set<std::int64_t> ranks;
        const auto runs = m_workspace->project()->runs();
        QVERIFY(runs.ok());
        for (const store::RunRow& run : *runs) {
            QVERIFY2(run.state == "finished" && run.name.find("rank") != std::string::npos, run.name.c_str());
            ranks.insert(config::fromJson(run.recipe)->method.of<peft::LoraSettings>().rank);
        }
        QCOMPARE(ranks, (std::set<std::int64_t>{2, 4}));
    }

private:
    const TunePlan& plan() const { return m_tune->verdict().plan; }

    // The gate has a bar like the page's: the one in view.
    template <class Widget>
    Widget* seen() const
    {
        for (Widget* widget : m_tune->findChildren<Widget*>()) {
            if (widget->isVisible()) {
                return widget;
            }
        }
        return nullptr;
    }

    QString shown(const char* name) const
    {
        for (const QLabel* label : m_tune->findChildren<QLabel*>(QLatin1String(name))) {
            if (label->isVisible()) {
                return label->text();
            }
        }
        return {};
    }

    void settle()
    {
        QTRY_VERIFY_WITH_TIMEOUT(!m_tune->isChecking(), kAwaitMs);
        waitForJobs();
        QTRY_VERIFY_WITH_TIMEOUT(!m_tune->isChecking(), kAwaitMs);
    }

    // The same project on another day.
    void sitAgain()
    {
        m_tune.reset();
        waitForJobs();
        m_workspace.reset();
        waitForJobs();
        m_workspace = std::make_unique<Workspace>();
        m_tune = std::make_unique<TunePage>(*m_workspace);
        m_workspace->openProject(QString::fromStdString(m_tiny->path("project")));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != nullptr, kAwaitMs);
        settle();
    }

    void useRecipe()
    {
        m_tune->document()->replace(m_tiny->config);
        settle();
    }

    void setValue(const char* key, const fields::Value& value)
    {
        QVERIFY(m_tune->document()->setValue(RecipeDocument::find(QLatin1String(key)), value).ok());
    }

    void useCsv(bool inRecipe)
    {
        std::string rows = "frage,antwort\n";
        for (int i = 0; i < 30; ++i) {
            rows += "What is " + std::to_string(i) + "?,It is plank " + std::to_string(i) + ".\n";
        }
        const std::string path = m_tiny->path("rows.csv");
        const std::vector<std::string> columns{"prompt=frage", "completion=antwort"};
        QVERIFY(base::writeFileAtomically(path, rows).ok());
        m_tiny->config.data.train = {path};
        if (inRecipe) {
            m_tiny->config.data.columns = columns;
        } else {
            QVERIFY(m_workspace->project()->addSource(path, "auto").ok());
            QVERIFY(store::keepColumns(*m_workspace->project(), path, columns).ok());
        }
        useRecipe();
    }

    // Through the gate, to the run's end.
    void startsAsPlanned()
    {
        const TunePlan planned = plan();
        QVERIFY2(m_tune->mainAction()->isEnabled(), qPrintable(m_tune->verdict().problems.join(u' ')));
        train::RunStarted started;
        const auto connection = connect(m_workspace->runs()->bridge(), &RunBridge::started, this,
                                        [&](const train::RunStarted& event) { started = event; });
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_tune->findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible(), kAwaitMs);
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->isBusy(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(!m_workspace->runs()->isBusy(), kAwaitMs);
        disconnect(connection);
        const auto runs = m_workspace->project()->runs();
        QVERIFY(runs.ok() && !runs->empty());
        QVERIFY2(runs->front().state == "finished", runs->front().sentence.c_str());
        QCOMPARE(started.totalSteps, planned.steps);
        QCOMPARE(started.trainRows, planned.trainRows);
        QCOMPARE(started.heldOutRows, planned.heldOutRows);
        QCOMPARE(started.truncatedRows, planned.cut);
        QVERIFY(planned.size.has_value());
        QCOMPARE(started.trainableParameters, planned.size->trainedParameters);
    }

    std::unique_ptr<support::TinyRun> m_tiny;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<TunePage> m_tune;
};

QTEST_MAIN(TestTunePage)
#include "tst_tune_page.moc"
