// SPDX-License-Identifier: GPL-3.0-or-later
// The Models page by keyboard and mouse: what is listed, added and forgotten; search and downloads against a hub of the test's own;
// the try-box when the bundled model has its weights; deleting.
#include "core/base/paths.h"
#include "tests/support/hub_server.h"
#include "tests/support/page_test.h"
#include "ui/bridge/chat_session.h"
#include "ui/bridge/job.h"
#include "ui/bridge/token_store.h"
#include "ui/models/card_list_model.h"
#include "ui/models/library/downloads.h"
#include "ui/pages/chat/chat_card.h"
#include "ui/pages/models/models_page.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/workspace.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;

QString bundledPath()
{
    return QString::fromStdString(base::bundledModel().lexically_normal().string());
}

bool hasWeights()
{
    return std::filesystem::exists(base::bundledModel() / "model.safetensors");
}

QByteArray bundled(const char* name)
{
    QFile file(bundledPath() + u'/' + QString::fromLatin1(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestModelsPage : public QObject, private support::PageTest<ModelsPage> {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void cardsKeepTheRulesOfModels();
    void bundledModelShowsItsFacts();
    void folderIsAddedRememberedAndForgotten();
    void droppedFilesAreModelsOrASentence();
    void searchDownloadsAndShows();
    void downloadStopsAndGoesOn();
    void aSilentHubIsSaid();
    void gatedModelAsksForAToken();
    void offlineAsksNothing();
    void answersStream();
    void escapeStopsAnAnswer();
    void useInTune();
    void deletingAsksFirst();

private:
    void openPage(); // without a project
    QAbstractItemModel* models() const { return find<QListView>("installedModels")->model(); }
    int rowOf(const QString& title) const
    {
        for (int row = 0; row < models()->rowCount(); ++row) {
            if (models()->index(row, 0).data().toString() == title) {
                return row;
            }
        }
        return -1;
    }
    void choose(const QString& title) const { find<QListView>("installedModels")->setCurrentIndex(models()->index(rowOf(title), 0)); }
    QString downloadText() const
    {
        auto* label = m_page->findChild<QLabel*>(QStringLiteral("downloadText"));
        return label == nullptr ? QString() : label->text();
    }
    void startDownload() const; // by search and Return
    QString makeModelFolder(const QString& name) const;

    std::unique_ptr<support::FakeHub> m_hub;
};

void TestModelsPage::init()
{
    makeFolder();
    m_hub = std::make_unique<support::FakeHub>();
    m_hub->files = {{"config.json", {bundled("config.json")}}, {"model.safetensors", {QByteArray(400'000, 'w'), true}}};
    m_hub->search = R"([{"id":"ink/quill","downloads":1200,"tags":["license:mit"]},{"id":"ink/pen","downloads":3}])";
    qputenv("XDG_DATA_HOME", m_folder->filePath(QStringLiteral("data")).toUtf8());
    QVERIFY(QDir().mkpath(m_folder->filePath(QStringLiteral("data")))); // holds the trash, too
    qputenv("HF_HOME", m_folder->filePath(QStringLiteral("hub-home")).toUtf8());
    qputenv("HF_ENDPOINT", m_hub->hub().url());
    qunsetenv("HF_TOKEN");
    qunsetenv("HF_HUB_CACHE");
    openPage();
}

void TestModelsPage::openPage()
{
    m_page.reset();
    m_workspace = std::make_unique<Workspace>();
    m_page = std::make_unique<ModelsPage>(*m_workspace);
    m_page->resize(1200, 800);
    m_page->show();
    QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    QTRY_VERIFY(models()->rowCount() > 0);
}

void TestModelsPage::cleanup()
{
    closePage();
    m_hub.reset();
}

QString TestModelsPage::makeModelFolder(const QString& name) const
{
    const QString folder = m_folder->filePath(name);
    QDir().mkpath(folder);
    QFile::copy(bundledPath() + QStringLiteral("/config.json"), folder + QStringLiteral("/config.json"));
    return folder;
}

void TestModelsPage::startDownload() const
{
    auto* box = find<QLineEdit>("hubSearch");
    box->setFocus();
    QTest::keyClicks(box, QStringLiteral("quill"));
    QTest::keyClick(box, Qt::Key_Return);
    auto* results = find<QListView>("hubResults");
    QTRY_COMPARE(results->model()->rowCount(), 2);
    results->setFocus();
    QTest::keyClick(results, Qt::Key_Return);
}

void TestModelsPage::cardsKeepTheRulesOfModels()
{
    CardListModel cards;
    QAbstractItemModelTester tester(&cards, QAbstractItemModelTester::FailureReportingMode::QtTest);
    hub::SearchHit hit;
    hit.id = "org/name";
    hit.parameters = 1'700'000'000;
    hit.isGated = true;
    cards.setItems({cardOf(hit)});
    QCOMPARE(cards.rowOf(QStringLiteral("org/name")), 0);
    QVERIFY(cards.index(0).data(CardListModel::FactsRole).toString().contains(QStringLiteral("1.7")));
    QVERIFY(!cards.index(0).data(CardListModel::BadgeRole).toString().isEmpty());
    cards.setItems({});
    QCOMPARE(cards.rowOf(QStringLiteral("org/name")), -1);
}

void TestModelsPage::bundledModelShowsItsFacts()
{
    choose(QStringLiteral("luthier-tiny"));
    QCOMPARE(find<QLabel>("detailsName")->text(), QStringLiteral("luthier-tiny"));
    QVERIFY(find<QLabel>("detailsFacts")->text().contains(QStringLiteral("parameters")));
    QTRY_VERIFY(find<QPlainTextEdit>("detailsTemplate")->toPlainText().contains(QStringLiteral("How are you?")));
    QVERIFY(find<QLabel>("detailsTokenizer")->text().contains(QStringLiteral("tokens")));
    QVERIFY(!find<QPushButton>("deleteModel")->isEnabled());
}

void TestModelsPage::folderIsAddedRememberedAndForgotten()
{
    const QString folder = makeModelFolder(QStringLiteral("carved"));
    m_page->openFile(folder);
    QTRY_VERIFY(rowOf(QStringLiteral("carved")) >= 0);
    QTRY_COMPARE(find<QLabel>("detailsName")->text(), QStringLiteral("carved"));
    QVERIFY(!find<QPlainTextEdit>("chatQuestion")->isEnabled()); // it has no weights
    openPage();
    QTRY_VERIFY(rowOf(QStringLiteral("carved")) >= 0);
    choose(QStringLiteral("carved"));
    auto* list = find<QListView>("installedModels");
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Delete);
    QTRY_COMPARE(rowOf(QStringLiteral("carved")), -1);
    QVERIFY(QFile::exists(folder + QStringLiteral("/config.json")));
}

void TestModelsPage::droppedFilesAreModelsOrASentence()
{
    QFile broken(m_folder->filePath(QStringLiteral("broken.gguf")));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("this is no model");
    broken.close();
    QMimeData dropped;
    dropped.setUrls({QUrl::fromLocalFile(broken.fileName())});
    // Qt gives a drop to whoever took the enter.
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &dropped, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_page.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &dropped, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_page.get(), &drop);
    QTRY_VERIFY(rowOf(QStringLiteral("broken.gguf")) >= 0);
    QTRY_VERIFY(find<QLabel>("detailsProblem")->isVisible());
    QVERIFY(find<QLabel>("detailsProblem")->text().contains(QStringLiteral("broken.gguf")));
    QVERIFY(!find<QPushButton>("useInTune")->isEnabled());
    m_page->openFile(m_folder->path()); // a folder without config.json
    QVERIFY(find<QLabel>("modelsProblem")->isVisible());
    QVERIFY(find<QLabel>("modelsProblem")->text().contains(QStringLiteral("config.json")));
}

void TestModelsPage::searchDownloadsAndShows()
{
    startDownload();
    QTRY_VERIFY2_WITH_TIMEOUT(downloadText().contains(QStringLiteral("checked")), qPrintable(downloadText()), kAwaitMs);
    QTRY_VERIFY(rowOf(QStringLiteral("ink/quill")) >= 0);
    QTest::mouseClick(find<QPushButton>("downloadAction"), Qt::LeftButton); // Show
    QTRY_COMPARE(find<QLabel>("detailsName")->text(), QStringLiteral("ink/quill"));
    QTest::mouseClick(find<QWidget>("downloadClear"), Qt::LeftButton);
    QVERIFY(m_page->downloads()->items().empty());
}

void TestModelsPage::downloadStopsAndGoesOn()
{
    m_hub->pauseMs = 20;
    startDownload();
    QTRY_VERIFY_WITH_TIMEOUT(downloadText().contains(QStringLiteral(" of ")), kAwaitMs);
    auto* action = find<QPushButton>("downloadAction");
    QTest::mouseClick(action, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(downloadText().contains(QStringLiteral("stopped at")), kAwaitMs);
    QCOMPARE(action->text(), QStringLiteral("Resume"));
    action->setFocus();
    QTest::keyClick(action, Qt::Key_Space);
    QTRY_VERIFY2_WITH_TIMEOUT(downloadText().contains(QStringLiteral("checked")), qPrintable(downloadText()), kAwaitMs);
    bool resumed = false;
    for (const auto& request : m_hub->storage().requests()) {
        resumed = resumed || request.headers.contains("range");
    }
    QVERIFY(resumed);
}

// No speed and no time left of what came before.
void TestModelsPage::aSilentHubIsSaid()
{
    m_hub->pauseMs = 3000;
    startDownload();
    QTRY_VERIFY2_WITH_TIMEOUT(downloadText().contains(QStringLiteral("waiting for the hub")), qPrintable(downloadText()), kAwaitMs);
    QVERIFY2(!downloadText().contains(QStringLiteral("/s")) && !downloadText().contains(QStringLiteral("left")), qPrintable(downloadText()));
    QTest::mouseClick(find<QPushButton>("downloadAction"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(downloadText().contains(QStringLiteral("stopped at")), kAwaitMs);
}

void TestModelsPage::gatedModelAsksForAToken()
{
    m_hub->apiHeaders = {{"X-Error-Code", "GatedRepo"}};
    startDownload(); // the search itself answers 200
    QTRY_VERIFY_WITH_TIMEOUT(downloadText().contains(QStringLiteral("checked")), kAwaitMs);
    QTest::mouseClick(find<QWidget>("downloadClear"), Qt::LeftButton);
    m_hub->apiStatus = 403;
    m_page->downloads()->start(QStringLiteral("ink/pen"));
    QTRY_VERIFY2_WITH_TIMEOUT(downloadText().contains(QStringLiteral("accept")), qPrintable(downloadText()), kAwaitMs);
    auto* token = find<QPushButton>("downloadToken");
    QVERIFY(token->isVisible());
    QTest::mouseClick(token, Qt::LeftButton);
    auto* box = m_page->findChild<QLineEdit*>(QStringLiteral("tokenText"));
    QVERIFY(box != nullptr);
    QCOMPARE(box->echoMode(), QLineEdit::Password);
    QTest::keyClicks(box, QStringLiteral("hf_mine"));
    QTest::mouseClick(m_page->findChild<QPushButton*>(QStringLiteral("saveToken")), Qt::LeftButton);
    QCOMPARE(m_page->downloads()->tokens()->token(), QStringLiteral("hf_mine"));
    m_hub->apiStatus = 200;
    m_hub->hub().forget();
    QTest::mouseClick(find<QPushButton>("downloadAction"), Qt::LeftButton); // Resume
    QTRY_VERIFY(!m_hub->hub().requests().empty());
    QCOMPARE(m_hub->hub().requests().front().headers["authorization"], QByteArray("Bearer hf_mine"));
    QFile settings(m_folder->filePath(QStringLiteral("settings.ini")));
    QVERIFY(!settings.open(QIODevice::ReadOnly) || !settings.readAll().contains("hf_mine"));
    m_page->downloads()->tokens()->setToken({});
}

void TestModelsPage::offlineAsksNothing()
{
    auto* offline = find<QCheckBox>("workOffline");
    offline->setFocus();
    QTest::keyClick(offline, Qt::Key_Space);
    QVERIFY(offline->isChecked());
    auto* box = find<QLineEdit>("hubSearch");
    QTest::keyClicks(box, QStringLiteral("quill"));
    QTest::keyClick(box, Qt::Key_Return);
    QVERIFY(find<QLabel>("hubState")->text().contains(QStringLiteral("offline")));
    m_page->downloads()->start(QStringLiteral("ink/quill"));
    QTRY_VERIFY(downloadText().contains(QStringLiteral("Work offline")));
    QVERIFY(m_hub->hub().requests().empty());
}

void TestModelsPage::answersStream()
{
    if (!hasWeights()) {
        QSKIP("the bundled model's weights are not here");
    }
    choose(QStringLiteral("luthier-tiny"));
    find<QSpinBox>("max_new")->setValue(24);
    auto* question = find<QPlainTextEdit>("chatQuestion");
    question->setFocus();
    QTest::keyClicks(question, QStringLiteral("Tell me a story about a fox."));
    QSignalSpy grown(m_page->chat()->session(), &ChatSession::messagesChanged);
    QTest::keyClick(question, Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!m_page->chat()->session()->isRunning(), kAwaitMs);
    const auto& messages = m_page->chat()->session()->messages();
    QCOMPARE(messages.size(), std::size_t{2});
    QVERIFY(!messages.back().content.empty());
    QVERIFY(grown.count() >= 3);
    QVERIFY(find<QLabel>("chatStage")->text().contains(QStringLiteral("tokens/s")));
    QVERIFY(question->toPlainText().isEmpty());
}

void TestModelsPage::escapeStopsAnAnswer()
{
    if (!hasWeights()) {
        QSKIP("the bundled model's weights are not here");
    }
    choose(QStringLiteral("luthier-tiny"));
    find<QSpinBox>("max_new")->setValue(900);
    auto* question = find<QPlainTextEdit>("chatQuestion");
    question->setFocus();
    QTest::keyClicks(question, QStringLiteral("Tell me a very long story."));
    QTest::keyClick(question, Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(m_page->chat()->session()->isRunning());
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!m_page->chat()->session()->isRunning(), kAwaitMs);
}

void TestModelsPage::useInTune()
{
    const QString folder = makeModelFolder(QStringLiteral("carved"));
    m_page->openFile(folder);
    QTRY_COMPARE(find<QLabel>("detailsName")->text(), QStringLiteral("carved"));
    QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
    QTest::mouseClick(find<QPushButton>("useInTune"), Qt::LeftButton);
    QCOMPARE(m_workspace->modelPath(), folder);
    QCOMPARE(wanted.first().first().toString(), QStringLiteral("tune"));
}

void TestModelsPage::deletingAsksFirst()
{
    startDownload();
    QTRY_VERIFY_WITH_TIMEOUT(rowOf(QStringLiteral("ink/quill")) >= 0, kAwaitMs);
    choose(QStringLiteral("ink/quill"));
    const QString folder = m_folder->filePath(QStringLiteral("hub-home/hub/models--ink--quill"));
    QVERIFY(QDir(folder).exists());
    auto* list = find<QListView>("installedModels");
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Delete);
    QPushButton* yes = nullptr;
    QTRY_VERIFY((yes = m_page->findChild<QPushButton*>(QStringLiteral("deleteYes"))) != nullptr);
    QVERIFY(QDir(folder).exists());
    QTest::mouseClick(yes, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!QDir(folder).exists(), kAwaitMs);
    QVERIFY(QDir(m_folder->filePath(QStringLiteral("data/Trash/files/models--ink--quill"))).exists());
    QTRY_COMPARE(rowOf(QStringLiteral("ink/quill")), -1);
}

QTEST_MAIN(TestModelsPage)
#include "tst_models_page.moc"
