// SPDX-License-Identifier: GPL-3.0-or-later
// The shoot-out by keyboard: what each method would train, the queue with one cancelled and one that fails, the table that
// stays over a closed window, and what was stopped gone on with.
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/peft/methods/ia3_settings.h"
#include "core/peft/methods/method.h"
#include "tests/support/tiny_run.h"
#include "ui/forms/recipe_document.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/settings/app_settings.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;
using State = ShootoutLine::State;

} // namespace

class TestShootoutPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_tiny = std::make_unique<support::TinyRun>();
        qputenv("LUTHIER_SETTINGS", QByteArray::fromStdString(m_tiny->path("settings.ini")));
        m_tiny->config.run.maxSteps = 3;
        open();
        useRecipe();
    }

    void cleanup()
    {
        close();
        m_tiny.reset();
    }

    void saysWhatEachWouldTrain()
    {
        QCOMPARE(page()->table()->rowCount(), static_cast<int>(peft::methods().size()));
        for (const ShootoutLine& line : page()->table()->lines()) {
            QVERIFY2(line.size && line.size->trainedParameters > 0 && line.sentence.isEmpty(), qPrintable(line.method + line.sentence));
            QCOMPARE(line.isChosen, line.method == QLatin1String("lora") || line.method == QLatin1String("full"));
        }
        // Space chooses; with none there is nothing to start.
        QVERIFY(m_tune->mainAction()->isEnabled());
        QCOMPARE(m_tune->mainAction()->text(), QStringLiteral("Start shoot-out"));
        toggle("lora");
        toggle("full");
        QVERIFY(!m_tune->mainAction()->isEnabled());
        toggle("ia3");
        QVERIFY(m_tune->mainAction()->isEnabled());
        // By the numbers, not by their text.
        view()->sortByColumn(3, Qt::AscendingOrder);
        double before = 0;
        for (int row = 0; row < view()->model()->rowCount(); ++row) {
            const double trained = view()->model()->index(row, 3).data(ShootoutTable::SortRole).toDouble();
            QVERIFY(trained >= before);
            before = trained;
        }
        QTest::keyClick(view(), Qt::Key_Escape);
        QVERIFY(!page()->isVisible());
    }

    void fillsOneTable()
    {
        m_tiny->config.method.of<peft::Ia3Settings>().modules = {"absent"}; // that one cannot run, and says so before
        useRecipe();
        QTRY_VERIFY_WITH_TIMEOUT(!line("ia3").sentence.isEmpty(), kAwaitMs);
        QVERIFY2(line("ia3").sentence.contains(QStringLiteral("scaled at the input")), qPrintable(line("ia3").sentence));
        toggle("ia3");
        toggle("prompt");
        start();
        QVERIFY(find<QAction>("shootoutCancelAll")->isEnabled());
        choose("prompt");
        QTest::keyClick(view(), Qt::Key_Delete);
        QTRY_COMPARE_WITH_TIMEOUT(line("prompt").state, State::Cancelled, kAwaitMs);
        waitForEnd();
        const ShootoutLine lora = line("lora");
        const ShootoutLine full = line("full");
        for (const ShootoutLine* each : {&lora, &full}) {
            QVERIFY2(each->state == State::Finished, qPrintable(each->sentence));
            QVERIFY(each->measured.measures.heldOut() && each->measured.peakMemoryBytes > 0 && each->measured.ended.seconds > 0);
            QVERIFY(each->measured.resultBytes > 0);
        }
        QCOMPARE(line("ia3").state, State::Failed);
        QVERIFY2(line("ia3").sentence.contains(QStringLiteral("scaled at the input")), qPrintable(line("ia3").sentence));
        QCOMPARE(full.measured.trainedShare(), 1.0);
        QCOMPARE(lora.measured.learningRate, m_tiny->config.optimizer.learningRate);
        QCOMPARE(line("prompt").run, 0);

        // Copied in full, in the order shown.
        view()->sortByColumn(ShootoutTable::kMethodColumn, Qt::DescendingOrder);
        find<QAction>("shootoutCopy")->trigger();
        const QStringList csv = QGuiApplication::clipboard()->text().split(u'\n');
        QCOMPARE(csv.size(), 6);
        QVERIFY(csv[1].startsWith(QStringLiteral("prompt,")) && csv[4].startsWith(QStringLiteral("lora,finished,")));
        QCOMPARE(csv[4].split(u',')[4].toDouble(), *lora.measured.measures.heldOut());

        // Saved as JSON with the recipe, or as CSV.
        for (const char* name : {"table.json", "table.csv"}) {
            find<QAction>("shootoutSave")->trigger();
            auto* dialog = find<QFileDialog>("shootoutSaveDialog");
            Q_EMIT dialog->fileSelected(QString::fromStdString(m_tiny->path(name)));
            delete dialog;
            QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(QString::fromStdString(m_tiny->path(name))), kAwaitMs);
        }
        const auto saved = base::readJson(m_tiny->path("table.json"));
        QVERIFY(saved.ok());
        QCOMPARE(saved->at("rows").size(), std::size_t(4));
        QCOMPARE(saved->at("rows")[3].at("held_out").get<double>(), *lora.measured.measures.heldOut());
        QCOMPARE(saved->at("recipe").at("run").at("max_steps").get<int>(), 3);
        QCOMPARE(*base::readFile(m_tiny->path("table.csv")), csv.join(u'\n').toStdString());

        // A line opens its run, its adapter and the comparison.
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        choose("lora");
        QTest::keyClick(view(), Qt::Key_Return);
        find<QAction>("shootoutAdapter")->trigger();
        find<QAction>("shootoutCompare")->trigger();
        QCOMPARE(wanted.size(), 3);
        QCOMPARE(wanted[0], (QList<QVariant>{QStringLiteral("runs"), QString::number(lora.run)}));
        QVERIFY(QFile::exists(wanted[1][1].toString() + QStringLiteral("/adapter_config.json")));
        QCOMPARE(wanted[2], (QList<QVariant>{QStringLiteral("compare"), QString::number(lora.run)}));
        choose("full");
        QVERIFY(!find<QAction>("shootoutAdapter")->isEnabled());

        // On another day.
        close();
        open();
        QTRY_COMPARE_WITH_TIMEOUT(find<QComboBox>("shootoutWhich")->count(), 2, kAwaitMs);
        look(1);
        QCOMPARE(line("lora").state, State::Finished);
        QCOMPARE(*line("lora").measured.measures.heldOut(), *lora.measured.measures.heldOut());
        QCOMPARE(line("full").measured.resultBytes, full.measured.resultBytes);
        QCOMPARE(line("prompt").state, State::Cancelled);
    }

    void whatWasStoppedGoesOn()
    {
        m_tiny->config.run.maxSteps = 0; // long enough to be stopped
        m_tiny->config.run.epochs = 40;
        useRecipe();
        start();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->step() > 1, kAwaitMs);
        QVERIFY(line("lora").totalSteps > 0);
        m_workspace->runs()->stop(); // as its badge and a closing window do
        waitForEnd();
        QCOMPARE(line("lora").state, State::Stopped);
        QCOMPARE(line("full").state, State::Waiting);
        const auto run = line("lora").run;
        close();
        open();
        QTRY_COMPARE_WITH_TIMEOUT(find<QComboBox>("shootoutWhich")->count(), 2, kAwaitMs);
        look(1);
        QCOMPARE(m_tune->mainAction()->text(), QStringLiteral("Go on"));
        QVERIFY(m_tune->mainAction()->isEnabled());
        m_tune->mainAction()->trigger();
        waitForEnd();
        QVERIFY2(line("lora").state == State::Finished, qPrintable(line("lora").sentence));
        QCOMPARE(line("lora").run, run); // resumed, not begun again
        QCOMPARE(line("full").state, State::Finished);
        QVERIFY(!m_tune->mainAction()->isEnabled());
    }

    void cancelledWhileTraining()
    {
        m_tiny->config.run.maxSteps = 0;
        m_tiny->config.run.epochs = 400;
        useRecipe();
        start();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->step() > 1, kAwaitMs);
        choose("lora");
        find<QAction>("shootoutCancel")->trigger(); // on to the next
        QTRY_COMPARE_WITH_TIMEOUT(line("lora").state, State::Cancelled, kAwaitMs);
        QTRY_COMPARE_WITH_TIMEOUT(line("full").state, State::Training, kAwaitMs);
        find<QAction>("shootoutCancelAll")->trigger();
        waitForEnd();
        QCOMPARE(line("full").state, State::Cancelled);
        QVERIFY(!m_tune->mainAction()->isEnabled());
    }

private:
    void open()
    {
        m_workspace = std::make_unique<Workspace>();
        m_workspace->openProject(QString::fromStdString(m_tiny->path("project")));
        m_tune = std::make_unique<TunePage>(*m_workspace);
        m_tune->resize(1100, 700);
        m_tune->show();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->project() != nullptr, kAwaitMs);
        settle();
        m_tune->reveal(QStringLiteral("shootout"));
        settle();
    }

    void close()
    {
        m_tune.reset();
        waitForJobs();
        m_workspace.reset();
        waitForJobs();
    }

    void settle()
    {
        QTRY_VERIFY_WITH_TIMEOUT(!m_tune->isChecking(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(!page()->isReading(), kAwaitMs);
        waitForJobs();
        QTRY_VERIFY_WITH_TIMEOUT(!m_tune->isChecking() && !page()->isReading(), kAwaitMs);
    }

    void useRecipe()
    {
        m_tune->document()->replace(m_tiny->config);
        settle();
    }

    void start()
    {
        QVERIFY(m_tune->mainAction()->isEnabled());
        m_tune->mainAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->runs()->isBusy(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(line("lora").state == State::Training, kAwaitMs);
    }

    void waitForEnd()
    {
        QTRY_VERIFY_WITH_TIMEOUT(!page()->queue()->isRunning() && !m_workspace->runs()->isBusy(), kAwaitMs);
        settle();
    }

    void look(int row)
    {
        auto* which = find<QComboBox>("shootoutWhich");
        which->setCurrentIndex(row);
        Q_EMIT which->activated(row);
        settle();
    }

    template <class T>
    T* find(const char* name) const
    {
        T* found = m_tune->findChild<T*>(QString::fromLatin1(name));
        Q_ASSERT(found != nullptr);
        return found;
    }
    TuneShootout* page() const { return m_tune->shootout(); }
    QTableView* view() const { return find<QTableView>("shootoutTable"); }

    ShootoutLine line(const char* method) const
    {
        for (const ShootoutLine& each : page()->table()->lines()) {
            if (each.method == QLatin1String(method)) {
                return each;
            }
        }
        return {};
    }

    void choose(const char* method)
    {
        for (int row = 0; row < view()->model()->rowCount(); ++row) {
            const QModelIndex index = view()->model()->index(row, ShootoutTable::kMethodColumn);
            if (index.data(ShootoutTable::MethodRole).toString() == QLatin1String(method)) {
                view()->setCurrentIndex(index);
            }
        }
    }
    void toggle(const char* method)
    {
        choose(method);
        view()->setFocus();
        QTest::keyClick(view(), Qt::Key_Space);
    }

    std::unique_ptr<support::TinyRun> m_tiny;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<TunePage> m_tune;
};

QTEST_MAIN(TestShootoutPage)
#include "tst_shootout_page.moc"
