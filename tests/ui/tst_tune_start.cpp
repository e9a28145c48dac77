// SPDX-License-Identifier: GPL-3.0-or-later
// What a run starts from, on Tune: choosing an adapter takes its settings as one step of undo, what stands against it is said
// before a run begins, and the base alone is one choice away.
#include "ui/bridge/job.h"
#include "ui/forms/recipe_document.h"
#include "ui/pages/tune/tune_start.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QUndoStack>
#include <QtTest>

#include <memory>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;
const QString kReference = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/");
const QString kAdapter = kReference + QStringLiteral("methods/rslora");

} // namespace

class TestTuneStart : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("LUTHIER_SETTINGS", m_folder->filePath(QStringLiteral("settings.ini")).toUtf8());
        m_workspace = std::make_unique<Workspace>();
        m_document = std::make_unique<RecipeDocument>();
        config::RunConfig first = usualConfig("lora");
        first.model.path = (kReference + QStringLiteral("llama/plain")).toStdString();
        m_document->replace(first);
        m_start = std::make_unique<TuneStart>(m_document.get(), *m_workspace);
        m_start->setVisible(true);
    }

    void cleanup()
    {
        m_start.reset();
        waitForJobs();
        m_document.reset();
        m_workspace.reset();
        waitForJobs();
    }

    void settingsAreTheAdapters()
    {
        const auto before = m_document->config();
        auto* choices = m_start->findChild<QComboBox*>(QStringLiteral("startChoice"));
        QVERIFY(!choices->toolTip().isEmpty() && !choices->accessibleName().isEmpty());
        QCOMPARE(choices->currentData().toString(), QString());
        m_start->choose(kAdapter);
        QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(m_document->config().model.adapter), kAdapter, kAwaitMs);
        QCOMPARE(text("method.rank"), std::string("4"));
        QCOMPARE(text("method.use_rslora"), std::string("true"));
        QCOMPARE(choices->currentData().toString(), kAdapter);
        auto* note = m_start->findChild<QLabel*>(QStringLiteral("startNote"));
        QTRY_VERIFY_WITH_TIMEOUT(note->text().contains(QStringLiteral("goes on from")), kAwaitMs);
        QVERIFY(m_start->problem().isEmpty());
        m_workspace->undoStack()->undo();
        QVERIFY(config::difference(before, m_document->config()).empty());
        QCOMPARE(choices->currentData().toString(), QString());
    }

    void whatStandsAgainstItIsSaid()
    {
        m_start->choose(kAdapter);
        QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(m_document->config().model.adapter), kAdapter, kAwaitMs);
        QSignalSpy changed(m_start.get(), &TuneStart::problemChanged);
        QVERIFY(m_document->setValue(RecipeDocument::find(QStringLiteral("method.rank")), std::int64_t{9}).ok());
        QTRY_VERIFY_WITH_TIMEOUT(m_start->problem().contains(QString::fromUtf8("\u201cRank\u201d is 9")), kAwaitMs);
        QCOMPARE(changed.size(), 1);
        m_start->choose({});
        QTRY_VERIFY_WITH_TIMEOUT(m_document->config().model.adapter.empty(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_start->problem().isEmpty(), kAwaitMs);
        QCOMPARE(text("method.rank"), std::string("9")); // a choice of the person's own stays
    }

    void whatIsNoAdapterChangesNothing()
    {
        const auto before = m_document->config();
        QSignalSpy said(m_workspace.get(), &Workspace::said);
        m_start->choose(kReference + QStringLiteral("llama/plain"));
        QTRY_COMPARE_WITH_TIMEOUT(said.size(), 1, kAwaitMs);
        QVERIFY(said[0][0].toString().contains(QStringLiteral("no adapter")));
        QVERIFY(config::difference(before, m_document->config()).empty());
    }

private:
    std::string text(const char* key) const
    {
        return fields::toText(m_document->value(RecipeDocument::find(QString::fromLatin1(key))));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<RecipeDocument> m_document;
    std::unique_ptr<TuneStart> m_start;
};

QTEST_MAIN(TestTuneStart)
#include "tst_tune_start.moc"
