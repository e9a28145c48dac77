// SPDX-License-Identifier: GPL-3.0-or-later
// What stands around a page: its main action, pressed by an impatient hand.
#include "tests/support/page_test.h"
#include "ui/frame/page_frame.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QApplication>
#include <QPushButton>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

// Its action means something else after each time, as on Tune: to the gate, then through it.
class Gated : public Page {
public:
    explicit Gated(QWidget* parent) : Page(parent), m_action(new QAction(QStringLiteral("Start tuning"), this))
    {
        connect(m_action, &QAction::triggered, this, [this] {
            done += m_action->text();
            m_action->setText(QStringLiteral("Start now"));
        });
    }
    QAction* mainAction() override { return m_action; }

    QStringList done;

private:
    QAction* m_action;
};

constexpr PageRow kRow{"gated", "Gated", "A page with a gate", "play", [](Workspace&, QWidget* parent) -> Page* { return new Gated(parent); }};

} // namespace

class TestPageFrame : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        support::keepSettingsIn(m_folder);
        m_workspace = std::make_unique<Workspace>();
        m_frame = std::make_unique<PageFrame>(kRow, *m_workspace);
        m_frame->resize(600, 400);
        m_frame->show();
        QVERIFY(QTest::qWaitForWindowActive(m_frame.get()));
        m_button = support::child<QPushButton>(m_frame.get(), "gatedMainAction");
    }

    void cleanup()
    {
        m_frame.reset();
        m_workspace.reset();
    }

    // Four quick clicks open the gate and go no further; one after a look goes through.
    void quickClicksPassNoGate()
    {
        for (int i = 0; i < 2; ++i) {
            QTest::mouseClick(m_button, Qt::LeftButton);
            QTest::mouseDClick(m_button, Qt::LeftButton);
        }
        QCOMPARE(page()->done, QStringList{QStringLiteral("Start tuning")});
        QTest::qWait(QApplication::doubleClickInterval() + 100);
        QTest::mouseClick(m_button, Qt::LeftButton);
        QCOMPARE(page()->done, QStringList({QStringLiteral("Start tuning"), QStringLiteral("Start now")}));
    }

    // Keys are pressed on purpose, and what is called the same may be pressed as often as one likes.
    void keysAndTheSameActionAreNotHeldBack()
    {
        m_button->setFocus();
        QTest::keyClick(m_button, Qt::Key_Space);
        QTest::keyClick(m_button, Qt::Key_Space);
        QCOMPARE(page()->done.size(), 2);
        QTest::mouseClick(m_button, Qt::LeftButton);
        QTest::mouseClick(m_button, Qt::LeftButton);
        QCOMPARE(page()->done.size(), 4);
    }

private:
    Gated* page() const { return static_cast<Gated*>(m_frame->page()); }

    QTemporaryDir m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<PageFrame> m_frame;
    QPushButton* m_button = nullptr;
};

QTEST_MAIN(TestPageFrame)
#include "tst_page_frame.moc"
