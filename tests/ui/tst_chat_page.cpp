// SPDX-License-Identifier: GPL-3.0-or-later
// The Chat page: who can be talked to, and, when the bundled model has its weights, a conversation of several turns.
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
        find<QPushButton>("chatClear")->click();
        QVERIFY(session->messages().empty());
        QVERIFY(find<QLabel>("promptHint")->text().contains(QStringLiteral("Enter")));
    }
};

QTEST_MAIN(TestChatPage)
#include "tst_chat_page.moc"
