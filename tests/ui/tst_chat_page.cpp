// SPDX-License-Identifier: GPL-3.0-or-later
// The Chat page: who can be talked to, and, when the bundled model has its weights, a conversation of several turns.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "tests/support/page_test.h"
#include "tests/support/workshop.h"
#include "ui/pages/chat/chat_card.h"
#include "ui/pages/chat/chat_page.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/conversation/field_bubble.h"
#include "ui/workspace/model_library.h"

#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QtTest>

#include <algorithm>

#include <filesystem>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;

} // namespace

class TestChatPage : public QObject, private support::PageTest<ChatPage> {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeFolder();
        qputenv("XDG_DATA_HOME", m_folder->path().toUtf8());
        support::makeWorkshop(m_folder->filePath(QStringLiteral("project")));
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(find<QComboBox>("chatPartner")->count() >= 3, kAwaitMs);
    }

    void cleanup() { closePage(); }

    // What the runs made, over their base, then the models; each is found by what other pages call it.
    void everyoneCanBeTalkedTo()
    {
        auto* box = find<QComboBox>("chatPartner");
        QCOMPARE(box->itemText(0), QStringLiteral("smaller and faster, on luthier-tiny"));
        m_page->reveal(QStringLiteral("run:1"));
        QCOMPARE(m_page->partner(), QStringLiteral("run:1"));
        const ChatPartner partner = m_page->card()->session()->partner();
        QCOMPARE(partner.name, QStringLiteral("LoRA 16, workshop_instructions"));
        QCOMPARE(partner.adapters.size(), 1);
        QVERIFY(!partner.model.isEmpty() && partner.adapters.front() != partner.model);
        m_page->reveal(partner.adapters.front()); // as Adapters calls it
        QCOMPARE(m_page->partner(), QStringLiteral("run:1"));
        const QString bundled = QString::fromStdString(base::bundledModel().string());
        m_page->reveal(bundled);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->partner(), bundled, kAwaitMs);
        QVERIFY(m_page->card()->session()->partner().adapters.isEmpty());
        m_workspace->models()->refresh(); // the list is filled anew, and the choice stays
        QTest::qWait(100);
        waitForJobs();
        QCOMPARE(m_page->partner(), bundled);
    }

    // An answer is headed by who gave it: not by what the run made since, nor by its new name, and not by anybody where that was not kept.
    void anAnswerKeepsTheNameOfWhoGaveIt()
    {
        const QString id = QStringLiteral("run:1");
        m_page->reveal(id);
        auto* view = find<ConversationView>("chatMessages");
        ChatSession* session = m_page->card()->session();
        session->restore({{{"user", "Who are you?", {}}}, {{"assistant", "I am.", {}}, {QStringLiteral("of step 8"), QStringLiteral("LoRA, stopped at step 8")}},
                          {{"user", "Still?", {}}}, {{"assistant", "Yes.", {}}}});
        Q_EMIT session->answered();
        const auto headsAreKept = [&] {
            return view->numFields() == 4 && view->bubble(1)->field().label == QStringLiteral("LoRA, stopped at step 8") && view->bubble(3)->field().label == QStringLiteral("answer");
        };
        QVERIFY(headsAreKept());
        QVERIFY(m_workspace->project()->renameRun(1, "quite another").ok());
        Q_EMIT m_workspace->runsChanged();
        QTRY_COMPARE_WITH_TIMEOUT(session->partner().name, QStringLiteral("quite another"), kAwaitMs); // who answers next
        QVERIFY(headsAreKept());
        m_page->reveal(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY_WITH_TIMEOUT(session->messages().empty(), kAwaitMs);
        m_page->reveal(id);
        QVERIFY(headsAreKept());
        waitForJobs();
        closePage();
        openPage();
        view = find<ConversationView>("chatMessages");
        QTRY_VERIFY_WITH_TIMEOUT(headsAreKept(), kAwaitMs);
    }

    // What a stopped run left, and the best step of one that went on.
    void stoppedRunsAndTheBestStepCanBeTalkedTo()
    {
        const auto rows = m_workspace->project()->runs();
        QVERIFY(rows.ok());
        const auto folderOf = [&](store::RunId id) {
            return QString::fromStdString(std::find_if(rows->begin(), rows->end(), [id](const store::RunRow& row) { return row.id == id; })->folder);
        };
        // Run 1 has a best step beside its result; of run 2 only checkpoints are left.
        QVERIFY(QDir().mkpath(folderOf(1) + QStringLiteral("/best")));
        for (const char* file : {"adapter_config.json", "adapter_model.safetensors"}) {
            QVERIFY(QFile::copy(folderOf(1) + QStringLiteral("/adapter/") + QLatin1String(file), folderOf(1) + QStringLiteral("/best/") + QLatin1String(file)));
        }
        QVERIFY(QDir(folderOf(2) + QStringLiteral("/adapter")).removeRecursively());
        for (const int step : {4, 12}) {
            const QString folder = folderOf(2) + QStringLiteral("/checkpoints/step-%1").arg(step);
            QVERIFY(QDir().mkpath(folder) && base::writeFileAtomically((folder + QStringLiteral("/checkpoint.json")).toStdString(), "{}").ok());
        }
        m_page->activated();
        auto* box = find<QComboBox>("chatPartner");
        QTRY_VERIFY_WITH_TIMEOUT(box->findText(QStringLiteral("smaller and faster, checkpoint of step 12"), Qt::MatchStartsWith) >= 0, kAwaitMs);
        QVERIFY(box->findText(QStringLiteral("LoRA 16, workshop_instructions, lowest held-out loss"), Qt::MatchStartsWith) >= 0);
        m_page->reveal(folderOf(1) + QStringLiteral("/best"));
        QCOMPARE(m_page->card()->session()->partner().adapters.front(), folderOf(1) + QStringLiteral("/best"));
        m_page->reveal(QStringLiteral("run:2"));
        // What cannot be made to answer is said, and the question stands.
        auto* question = find<QPlainTextEdit>("chatQuestion");
        QTest::keyClicks(question, QStringLiteral("Who are you?"));
        QTest::keyClick(question, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("chatProblem")->isVisible(), kAwaitMs);
        QVERIFY2(find<QLabel>("chatProblem")->text().contains(QStringLiteral("step-12")) || find<QLabel>("chatProblem")->text().contains(QStringLiteral("checkpoint")),
                 qPrintable(find<QLabel>("chatProblem")->text()));
    }

    // A model whose template takes no system text is asked all the same, and that is said.
    void aSystemTextThatIsNotTakenStandsInTheQuestion()
    {
        if (!std::filesystem::exists(base::bundledModel() / "model.safetensors")) {
            QSKIP("the bundled model's weights are not here");
        }
        const QString folder = m_folder->filePath(QStringLiteral("refusing"));
        QVERIFY(QDir().mkpath(folder));
        for (const QFileInfo& file : QDir(QString::fromStdString(base::bundledModel().string())).entryInfoList(QDir::Files)) {
            QVERIFY(QFile::link(file.filePath(), folder + u'/' + file.fileName()));
        }
        QVERIFY(QFile::remove(folder + QStringLiteral("/chat_template.jinja")));
        const auto known = base::readFile(base::bundledModel() / "chat_template.jinja");
        QVERIFY(known.ok());
        QVERIFY(base::writeFileAtomically((folder + QStringLiteral("/chat_template.jinja")).toStdString(),
                                          "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + *known).ok());
        ChatSession session;
        QSignalSpy stages(&session, &ChatSession::stageChanged);
        QSignalSpy failures(&session, &ChatSession::failed);
        session.setPartner({QStringLiteral("refusing"), QStringLiteral("refusing"), folder});
        session.setSystem(QStringLiteral("Be brief."));
        inference::Sampling sampling;
        sampling.maxNew = 3;
        session.ask(QStringLiteral("Who is Mira?"), sampling);
        QTRY_VERIFY_WITH_TIMEOUT(!session.isRunning(), kAwaitMs);
        QVERIFY(failures.isEmpty());
        QVERIFY2(stages.back()[0].toString().contains(QStringLiteral("stands before the question")), qPrintable(stages.back()[0].toString()));
        QCOMPARE(session.messages().size(), std::size_t{2}); // what was said stays as it was said
    }

    void severalTurnsWithASystemText()
    {
        if (!std::filesystem::exists(base::bundledModel() / "model.safetensors")) {
            QSKIP("the bundled model's weights are not here");
        }
        const QString bundled = QString::fromStdString(base::bundledModel().string());
        m_page->reveal(bundled);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->partner(), bundled, kAwaitMs);
        ChatSession* session = m_page->card()->session();
        find<QPushButton>("chatSettings")->click();
        QTest::keyClicks(find<QPlainTextEdit>("chatSystem"), QStringLiteral("Answer shortly."));
        find<QSpinBox>("max_new")->setValue(12);
        auto* question = find<QPlainTextEdit>("chatQuestion");
        for (const char* asked : {"Who are you?", "And what do you do?"}) {
            QTest::keyClicks(question, QLatin1String(asked));
            QTest::keyClick(question, Qt::Key_Return);
            QVERIFY(question->toPlainText().isEmpty());
            QTRY_VERIFY_WITH_TIMEOUT(!session->isRunning(), kAwaitMs);
        }
        QVERIFY2(find<QLabel>("chatProblem")->isHidden(), qPrintable(find<QLabel>("chatProblem")->text()));
        QCOMPARE(session->messages().size(), std::size_t{4}); // the system text is none of the turns
        QCOMPARE(session->messages()[2].content, std::string("And what do you do?"));
        auto* view = find<ConversationView>("chatMessages");
        QCOMPARE(view->numFields(), 4);
        QCOMPARE(view->bubble(1)->field().label, QStringLiteral("luthier-tiny"));
        // Another day it goes on where it was, with the same settings.
        const std::vector<ChatTurn> said = session->messages();
        closePage();
        openPage();
        session = m_page->card()->session();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->partner() == bundled && session->messages().size() == said.size(), kAwaitMs);
        for (std::size_t i = 0; i < said.size(); ++i) {
            QCOMPARE(session->messages()[i].content, said[i].content);
            QCOMPARE(session->messages()[i].role, said[i].role);
            QVERIFY(session->messages()[i].by == said[i].by);
        }
        QCOMPARE(find<QPlainTextEdit>("chatSystem")->toPlainText(), QStringLiteral("Answer shortly."));
        QCOMPARE(find<QSpinBox>("max_new")->value(), 12);
        m_page->reveal(QStringLiteral("run:1")); // each has a conversation of its own; the list of runs may come later
        QTRY_VERIFY_WITH_TIMEOUT(session->messages().empty(), kAwaitMs);
        m_page->reveal(bundled);
        QTRY_COMPARE_WITH_TIMEOUT(session->messages().size(), said.size(), kAwaitMs);
        find<QPushButton>("chatClear")->click();
        QVERIFY(session->messages().empty());
        closePage();
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->partner() == bundled, kAwaitMs);
        QVERIFY(m_page->card()->session()->messages().empty()); // forgotten for good
        QVERIFY(find<QLabel>("promptHint")->text().contains(QStringLiteral("Enter")));
    }
};

QTEST_MAIN(TestChatPage)
#include "tst_chat_page.moc"
