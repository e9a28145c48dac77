// SPDX-License-Identifier: GPL-3.0-or-later
// The Judge page: a judging by keyboard alone, sides that hide their makers, votes on disk before the next pair, corrections, and preferences
// opened in Data.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/data/dataset.h"
#include "core/store/judgings.h"
#include "tests/support/need.h"
#include "tests/support/page_test.h"
#include "ui/models/judging/judging_desk.h"
#include "ui/pages/judge/judge_page.h"
#include "ui/widgets/conversation/diff_text.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

#include <array>

using namespace luthier;
using namespace luthier::ui;
using support::need;

namespace {

std::vector<evaluation::JudgedPair> pairs()
{
    const std::string rhyme = "Shellac is thinned with alcohol. Start with a two-pound cut, pad it on in thin coats, and let each dry for an hour before the next one.";
    return {{0, {{"user", "How is shellac thinned?", {}}}, "base", "tuned", "You thin shellac. Shellac is thinned. It is thinned by thinning.", rhyme, ""},
            {0, {{"user", "Which glue for a guitar top?", {}}}, "base", "tuned", "Any glue.", "Hide glue: it is hard, thin, and can be opened again.", ""},
            {0, {{"system", "Be brief.", {}}, {"user", "Which saw for a dovetail?", {}}}, "base", "tuned", "A saw.", "A fine rip saw.", ""}};
}

} // namespace

class TestJudgePage : public QObject, private support::PageTest<JudgePage> {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }
    void cleanup() { closePage(); }

    void emptyPageSaysWhatBelongsHere()
    {
        openPage();
        QVERIFY(m_page->isVisible());
        QVERIFY(!m_page->mainAction()->isEnabled());
    }

    void judgedByKeyboard()
    {
        openWithPairs();
        QVERIFY(!m_page->mainAction()->isEnabled());
        std::vector<std::int64_t> expected;
        for (int i = 0; i < 3; ++i) {
            const auto* pair = m_page->desk()->pair();
            QVERIFY(pair != nullptr);
            expected.push_back(pair->number);
            const bool isTunedLeft = find<DiffText>("judgeLeft")->text() == QString::fromStdString(pair->secondAnswer);
            QCOMPARE(find<DiffText>(isTunedLeft ? "judgeRight" : "judgeLeft")->text(), QString::fromStdString(pair->firstAnswer));
            pressKey(isTunedLeft ? Qt::Key_1 : Qt::Key_2);
            QTRY_COMPARE(m_page->desk()->numDone(), i + 1);
            QCOMPARE(static_cast<int>(need(m_workspace->project()->judgings().votes(1)).size()), i + 1); // on disk already
        }
        QCOMPARE(m_page->desk()->pair(), nullptr);
        QCOMPARE(m_page->desk()->tally().won, 3);
        QVERIFY(!find<QPushButton>("judge_left")->isEnabled() && !find<DiffText>("judgeLeft")->isVisible()); // no empty boxes
        auto* done = find<QWidget>("judgeDone");
        QVERIFY(done->isVisible() && done->findChild<QPushButton*>(QStringLiteral("emptyButton"))->hasFocus()); // Enter makes preferences
        QVERIFY2(find<QLabel>("judgeTally")->text().startsWith(QStringLiteral("Tuned wins 100 %")), qPrintable(find<QLabel>("judgeTally")->text()));
        pressKey(Qt::Key_Backspace, Qt::ControlModifier);
        QTRY_VERIFY(m_page->desk()->pair() != nullptr);
        QCOMPARE(m_page->desk()->pair()->number, expected.back());
    }

    // Digits in a note are a note.
    void aNoteIsTyped()
    {
        openWithPairs();
        auto* note = find<QLineEdit>("judgeNote");
        note->setFocus();
        QTest::keyClicks(note, QStringLiteral("12 coats"));
        QCOMPARE(note->text(), QStringLiteral("12 coats"));
        QCOMPARE(m_page->desk()->numDone(), 0);
        find<QPushButton>("judge_tie")->click();
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        QCOMPARE(need(m_workspace->project()->judgings().votes(1)).front().note, std::string("12 coats"));
        QVERIFY(note->text().isEmpty());
    }

    void correctionsBecomePreferences()
    {
        openWithPairs();
        find<QToolButton>("judgeCorrect")->click();
        QTest::keyClicks(find<QPlainTextEdit>("judgeCorrection"), QStringLiteral("Two pounds to the gallon."));
        find<QPushButton>("judge_both_bad")->click();
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        QVERIFY(!find<QPlainTextEdit>("judgeCorrection")->isVisible());
        QSignalSpy written(m_page->desk(), &JudgingDesk::preferencesWritten);
        QSignalSpy opened(m_workspace.get(), &Workspace::fileWanted);
        QVERIFY(m_page->mainAction()->isEnabled());
        m_page->mainAction()->trigger();
        QTRY_COMPARE(written.size(), 1);
        QCOMPARE(opened.size(), 1);
        const auto dataset = need(data::Dataset::open(opened[0][0].toString().toStdString()));
        QCOMPARE(QString::fromStdString(dataset->format().id), QStringLiteral("preference"));
        QCOMPARE(dataset->rowCount(), 2); // over either answer
        QCOMPARE(need(dataset->example(0)).chosen.front().content, std::string("Two pounds to the gallon."));
    }

    // Which pairs were judged, and by whom, is there after a restart, also where newer pairs lie beside them.
    void theJudgingComesBack()
    {
        openWithPairs();
        const qint64 older = m_page->desk()->judging();
        need(m_workspace->project()->judgings().create("newer rows", 7, pairs()));
        m_page->desk()->setJudge(QStringLiteral("ann"));
        m_page->desk()->open(older);
        waitForJobs();
        QCoreApplication::processEvents();
        closePage();
        openPage();
        QTRY_VERIFY(m_page->desk()->judging() == older && m_page->desk()->pair() != nullptr);
        QCOMPARE(m_page->desk()->judge(), QStringLiteral("ann"));
        QCOMPARE(find<QLineEdit>("judgeName")->text(), QStringLiteral("ann"));
    }

    void anotherJudgeBeginsAnew()
    {
        openWithPairs();
        pressKey(Qt::Key_5);
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        m_page->desk()->setJudge(QStringLiteral("ann"));
        QCOMPARE(m_page->desk()->numDone(), 0);
        QCOMPARE(m_page->desk()->pair()->number, 1);
    }

    // Criteria are scored by keyboard, kept by system, and begin empty with the next pair.
    void criteriaAreScored()
    {
        openWithPairs();
        auto* criteria = find<QLineEdit>("judgeCriteria");
        criteria->setFocus();
        QTest::keyClicks(criteria, QStringLiteral("correct, friendly"));
        QTest::keyClick(criteria, Qt::Key_Return);
        QTRY_COMPARE(static_cast<int>(m_page->desk()->criteria().size()), 2);
        QTRY_VERIFY(m_page->findChild<QComboBox*>(QStringLiteral("judgeScore-correct-left")) != nullptr);
        const bool isTunedLeft = m_page->desk()->left() == QString::fromStdString(m_page->desk()->pair()->secondAnswer);
        auto* left = find<QComboBox>("judgeScore-correct-left");
        auto* right = find<QComboBox>("judgeScore-correct-right");
        left->setFocus();
        QTest::keyClick(left, Qt::Key_Down);
        QTest::keyClick(left, Qt::Key_Down);
        right->setFocus();
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(right, Qt::Key_Down);
        }
        find<QPushButton>("judge_tie")->click();
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        const auto vote = need(m_workspace->project()->judgings().votes(1)).front();
        QCOMPARE(vote.scores.size(), std::size_t{1});
        QCOMPARE(vote.scores.at("correct"), isTunedLeft ? std::pair(5, 2) : std::pair(2, 5));
        QCOMPARE(left->currentIndex(), 0);
        const auto* tally = find<QLabel>("judgeTally");
        QVERIFY2(!tally->text().contains(QStringLiteral("tuned")) && !tally->text().contains(QLatin1Char('%')), qPrintable(tally->text())); // blind until the end
        find<QToolButton>("judgeTell")->click();
        QVERIFY2(tally->text().contains(QStringLiteral("correct:")) && tally->text().contains(QStringLiteral("Tuned")), qPrintable(tally->text()));
    }

    // What a model says stands apart, and is held against people before it is believed.
    void aModelJudges()
    {
        openWithPairs();
        pressKey(Qt::Key_1);
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        find<QPushButton>("judgeByModel")->click();
        auto* dialog = find<QDialog>("judgeModel");
        QTRY_VERIFY(dialog->isVisible());
        auto* rubric = support::child<QPlainTextEdit>(dialog, "judgeRubric");
        auto* start = support::child<QPushButton>(dialog, "judgeModelStart");
        const QString usual = rubric->toPlainText();
        rubric->setPlainText(QStringLiteral("Which is better?"));
        start->click();
        QVERIFY(support::child<QLabel>(dialog, "judgeModelTold")->text().contains(QStringLiteral("{first}")));
        rubric->setPlainText(usual);
        QCOMPARE(support::child<QLabel>(dialog, "judgeModelTold")->text(), QString()); // it was said of another rubric
        support::child<QLineEdit>(dialog, "judgeModelPath")->setText(QString::fromStdString(base::bundledModel().string()));
        support::savePicture(dialog->grab(), QStringLiteral("judge-model"));
        start->click();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->desk()->isModelJudging(), 120'000);
        QTRY_COMPARE(static_cast<int>(m_page->desk()->models().size()), 1);
        QCOMPARE(m_page->desk()->models()[0].judged, std::int64_t{3});
        QCOMPARE(m_page->desk()->models()[0].common, std::int64_t{1});
        QVERIFY(support::child<QLabel>(dialog, "judgeModelAgreement")->text().contains(QStringLiteral("fewest")));
        support::savePicture(dialog->grab(), QStringLiteral("judge-model-trust"));
        QCOMPARE(m_page->desk()->tally().judged, std::int64_t{1}); // people's alone
    }

    void whatIsNoEvaluationIsSaid()
    {
        openPage();
        QSignalSpy problems(m_page->desk(), &JudgingDesk::problemFound);
        m_page->desk()->makeFrom(m_folder->path());
        QTRY_COMPARE(problems.size(), 1);
        QVERIFY(find<QLabel>("judgeProblem")->isVisible());
        QVERIFY(find<QLabel>("judgeProblem")->text().contains(QStringLiteral("no evaluation lies there")));
        QVERIFY(!find<QLabel>("judgeProblem")->text().contains(QStringLiteral("luthier eval"))); // no shell talk in the window
    }

    void everythingHasANameAndATooltip()
    {
        openWithPairs();
        for (const auto* button : m_page->findChildren<QAbstractButton*>()) {
            if (button->isVisible()) {
                QVERIFY2(!button->toolTip().isEmpty() && !(button->text() + button->accessibleName()).isEmpty(), qPrintable(button->objectName()));
            }
        }
        for (const char* name : {"judgeNote", "judgeCorrection", "judgeName", "judgeJudgings", "judgePrompt", "judgeLeft", "judgeRight"}) {
            QVERIFY2(!find<QWidget>(name)->accessibleName().isEmpty(), name);
        }
    }

    // More than two systems: how each stands to all, and the votes of every pair count.
    void threeSystems()
    {
        openPage();
        std::vector<evaluation::JudgedPair> many;
        const std::array<std::pair<const char*, const char*>, 3> meetings{std::pair("base", "tuned"), std::pair("tuned", "other"), std::pair("base", "other")};
        for (std::int64_t i = 1; i <= 6; ++i) {
            const auto& [first, second] = meetings[static_cast<std::size_t>(i - 1) % 3];
            many.push_back({i, {{"user", "question " + std::to_string(i), {}}}, first, second, "of " + std::string(first), "of " + std::string(second), ""});
        }
        need(m_workspace->project()->judgings().create("three", 42, many));
        m_page->desk()->reload();
        QTRY_VERIFY(m_page->desk()->pair() != nullptr);
        for (qint64 i = 0; i < 6; ++i) {
            const bool isLeft = m_page->desk()->left() == QStringLiteral("of tuned") || (m_page->desk()->right() != QStringLiteral("of tuned") && i % 2 == 0);
            find<QPushButton>(isLeft ? "judge_left" : "judge_right")->click();
            QTRY_COMPARE(m_page->desk()->numDone(), i + 1);
            QVERIFY(m_page->mainAction()->isEnabled());
        }
        const QString text = find<QLabel>("judgeTally")->text();
        QVERIFY2(text.startsWith(QStringLiteral("Ratings, the best first: tuned ")) && text.contains(QStringLiteral("base")) && text.contains(QStringLiteral("other")), qPrintable(text));
    }

    void pictures_data() { support::addThemes(); }
    void pictures()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        openPage();
        m_page->resize(1040, 680);
        QTest::qWait(50);
        support::savePicture(m_page.get(), QStringLiteral("judge-empty"));
        need(m_workspace->project()->judgings().create("held-out rows", 42, pairs()));
        m_page->desk()->reload();
        QTRY_VERIFY(m_page->desk()->pair() != nullptr);
        m_page->setFocus();
        pressKey(Qt::Key_1);
        QTRY_COMPARE(m_page->desk()->numDone(), 1);
        support::savePicture(m_page.get(), QStringLiteral("judge"));
        find<QToolButton>("judgeCorrect")->click();
        support::savePicture(m_page.get(), QStringLiteral("judge-correcting"));
        for (qint64 done = 1; done < m_page->desk()->numPairs(); ++done) {
            find<QPushButton>("judge_tie")->click();
            QTRY_COMPARE(m_page->desk()->numDone(), done + 1);
        }
        support::savePicture(m_page.get(), QStringLiteral("judge-done"));
    }

private:
    // To whoever has the focus, as a keyboard does.
    void pressKey(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QWidget* focus = QApplication::focusWidget();
        QTest::keyClick(focus == nullptr ? m_page.get() : focus, key, modifiers);
    }

    void openWithPairs()
    {
        openPage();
        need(m_workspace->project()->judgings().create("held-out rows", 42, pairs()));
        m_page->desk()->reload();
        QTRY_VERIFY(m_page->desk()->pair() != nullptr);
        m_page->setFocus();
    }
};

QTEST_MAIN(TestJudgePage)
#include "tst_judge_page.moc"
