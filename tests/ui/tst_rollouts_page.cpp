// SPDX-License-Identifier: GPL-3.0-or-later
// The page of answers: a run's updates and answers as they lie in its folder, in each order, token by token, with the rules that
// judged them, and one prompt across updates.
#include "tests/support/page_test.h"
#include "tests/support/rollout_story.h"
#include "tests/support/workshop.h"
#include "core/objectives/rollout_settings.h"
#include "ui/pages/rollouts/rollout_reader.h"
#include "ui/pages/rollouts/rollouts_page.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 30'000;

} // namespace

class TestRolloutsPage : public QObject, private support::PageTest<RolloutsPage> {
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
            config::RunConfig config;
            config.model.path = base::bundledModel().string();
            config.objective.kind = "ppo";
            config.objective.of<objectives::AnswerSettings>().rewards = {"contains texts=because", "length most=20 weight=0.5"};
            const auto row = (*project)->createRun("First rewards", config::toJson(config));
            QVERIFY(row.ok());
            m_run = row->folder;
            support::writeAnswers(m_run);
        }
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(find<QTableView>("rolloutAnswers")->model()->rowCount() == 4, kAwaitMs);
    }

    void cleanup() { closePage(); }

    void runsUpdatesAndOrders()
    {
        QCOMPARE(find<QComboBox>("rolloutRun")->currentText(), QStringLiteral("First rewards"));
        auto* updates = find<QComboBox>("rolloutUpdate");
        QCOMPARE(updates->count(), 3);
        QCOMPARE(updates->currentIndex(), 2); // the newest
        auto* view = find<QTableView>("rolloutAnswers");
        const auto answer = [&](int row) { return view->model()->index(row, 4).data().toString(); };
        QCOMPARE(answer(0), QStringLiteral("Mira sells rye bread, because people like it."));
        auto* order = find<QComboBox>("rolloutOrder");
        order->setCurrentIndex(order->findData(QStringLiteral("reward")));
        QCOMPARE(answer(0), QStringLiteral("Mira sells rye bread."));
        QCOMPARE(answer(3), QStringLiteral("Tam works at the forge, because he is the smith."));
        updates->setCurrentIndex(0);
        QTRY_VERIFY(answer(1) == QStringLiteral("Tam works at the forge."));
        m_page->activated(); // the list is read again, and what was chosen stays
        QTest::qWait(50);
        waitForJobs();
        QCOMPARE(updates->currentIndex(), 0);
    }

    // The worst rule is chosen and explained; a key goes to where the recipe names it.
    void aBadRewardIsOneStepFromItsRule()
    {
        auto* order = find<QComboBox>("rolloutOrder");
        order->setCurrentIndex(order->findData(QStringLiteral("reward")));
        auto* rules = find<QTableWidget>("rolloutRules");
        QTRY_COMPARE(rules->rowCount(), 2);
        QCOMPARE(rules->item(0, 0)->text(), QStringLiteral("contains texts=because"));
        QCOMPARE(rules->item(0, 2)->text(), QStringLiteral("0 of 1 found"));
        QCOMPARE(rules->currentRow(), 0);
        QVERIFY(find<QLabel>("rolloutRuleHelp")->text().startsWith(QStringLiteral("Contains")));
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        find<QPushButton>("rolloutRule")->click();
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.front().at(0).toString(), QStringLiteral("tune"));
        QCOMPARE(wanted.front().at(1).toString(), QStringLiteral("remedy:%1:objective.rewards").arg(find<QComboBox>("rolloutRun")->currentData().toLongLong()));
    }

    void tokensCarryTheirNumbers()
    {
        auto* strip = find<DiffText>("rolloutAnswer");
        QTRY_COMPARE(static_cast<int>(strip->heat().size()), 5);
        auto* number = find<QComboBox>("rolloutNumber");
        number->setCurrentIndex(number->findData(QStringLiteral("advantages")));
        QVERIFY(strip->heat().front().help.startsWith(number->currentText()));
        QVERIFY(!strip->heat().front().isBad);
        QCOMPARE(strip->heat().back().strength, 1.0);
        auto* tokens = find<QTableWidget>("rolloutTokens");
        QCOMPARE(tokens->rowCount(), 5);
        QCOMPARE(tokens->columnCount(), 7); // the token, and six numbers
    }

    void onePromptAcrossUpdates()
    {
        find<QTabWidget>("rolloutTabs")->setCurrentIndex(1);
        auto* again = find<QTableWidget>("rolloutAgain");
        QTRY_COMPARE_WITH_TIMEOUT(again->columnCount(), 3, kAwaitMs);
        QCOMPARE(again->rowCount(), 2);
        QVERIFY(again->item(0, 2)->text().startsWith(QStringLiteral("Mira sells rye bread, because")));
        QVERIFY(again->item(0, 0)->text().contains(QStringLiteral("reward")));
    }

    // A rule is tried on the answer in view and on all of them, while it is written.
    void aRuleIsTried()
    {
        find<QTabWidget>("rolloutTabs")->setCurrentIndex(3);
        auto* rule = find<QLineEdit>("trialRule");
        rule->setFocus();
        QTest::keyClicks(rule, QStringLiteral("contains texts=because"));
        QVERIFY2(find<QLabel>("trialVerdict")->text().contains(QStringLiteral("1 of 1 found")), qPrintable(find<QLabel>("trialVerdict")->text()));
        QVERIFY(find<QLabel>("trialAll")->text().contains(QStringLiteral("4 answer")));
        rule->setText(QStringLiteral("contains texts=never_said"));
        QVERIFY(find<QLabel>("trialAll")->text().contains(QStringLiteral("never fire")));
        rule->setText(QStringLiteral("lenght most=2"));
        QVERIFY(find<QLabel>("trialVerdict")->text().contains(QStringLiteral("there is no rule")));
    }

    // A file that was cut short is told, and the rest is shown.
    void aDamagedUpdateIsTold()
    {
        const auto file = std::filesystem::path(m_run) / "rollouts" / "update-000002.jsonl";
        QVERIFY(QFile::resize(QString::fromStdString(file.string()), 40));
        m_page->activated();
        QTRY_VERIFY_WITH_TIMEOUT(!find<QLabel>("rolloutProblem")->isHidden(), kAwaitMs);
        QVERIFY(find<QLabel>("rolloutProblem")->text().contains(QStringLiteral("update-000002")));
        QCOMPARE(find<QComboBox>("rolloutUpdate")->count(), 2);
    }

    void looks_data() { support::addThemes(); }
    void looks()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_page->resize(1024, 680);
        auto* number = find<QComboBox>("rolloutNumber");
        number->setCurrentIndex(number->findData(QStringLiteral("advantages")));
        QTest::qWait(50);
        support::savePicture(m_page.get(), QStringLiteral("rollouts"));
        find<QTabWidget>("rolloutTabs")->setCurrentIndex(1);
        QTRY_COMPARE_WITH_TIMEOUT(find<QTableWidget>("rolloutAgain")->columnCount(), 3, kAwaitMs);
        support::savePicture(m_page.get(), QStringLiteral("rollouts-again"));
    }

    void emptyWithoutAnswers()
    {
        closePage();
        makeFolder();
        openPage();
        QTRY_COMPARE(m_page->findChild<QStackedWidget*>()->currentIndex(), 0);
    }

private:
    std::string m_run;
};

QTEST_MAIN(TestRolloutsPage)
#include "tst_rollouts_page.moc"
