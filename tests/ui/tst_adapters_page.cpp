// SPDX-License-Identifier: GPL-3.0-or-later
// The Adapters page by keyboard and mouse: empty at first, imports, notes, several chosen, what is written and proved, a base
// that does not fit, stopping, deleting.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "tests/support/page_test.h"
#include "ui/bridge/job.h"
#include "ui/dialogs/publish_dialog.h"
#include "ui/models/library/adapter_library.h"
#include "ui/pages/adapters/adapter_exports.h"
#include "ui/pages/adapters/adapters_page.h"
#include "ui/pages/adapters/adapters_work.h"
#include "ui/widgets/card_delegate.h"
#include "ui/widgets/empty_state.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QFileInfo>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 60'000;
const QString kReference = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/");

} // namespace

class TestAdaptersPage : public QObject, private support::PageTest<AdaptersPage> {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeFolder();
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->library()->isRead(), kAwaitMs);
    }

    void cleanup() { closePage(); }

    void emptyAtFirst()
    {
        auto* empty = m_page->findChild<EmptyState*>();
        QVERIFY(empty->isVisible());
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        empty->button()->click();
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toString(), QStringLiteral("tune"));
    }

    void importedNotedAndDeleted()
    {
        import(QStringLiteral("combine/first"), 1);
        QVERIFY(!m_page->findChild<EmptyState*>()->isVisible());
        const QString facts = find<QLabel>("adapterFacts")->text();
        QVERIFY2(facts.contains(QStringLiteral("rank 3")) && facts.contains(QStringLiteral("LoRA")), qPrintable(facts));
        QTest::keyClicks(find<QPlainTextEdit>("adapterNotes"), QStringLiteral("good with fish"));
        QTRY_COMPARE_WITH_TIMEOUT(notes(), std::string("good with fish"), kAwaitMs);
        // What is no adapter is a sentence and changes nothing.
        m_page->openFile(kReference + QStringLiteral("llama/plain"));
        auto* problem = find<QLabel>("adaptersProblem");
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible(), kAwaitMs);
        QVERIFY(problem->text().contains(QStringLiteral("no adapter")));
        QCOMPARE(list()->model()->rowCount(), 1);
        list()->setFocus();
        QTest::keyClick(list(), Qt::Key_Delete);
        auto* yes = m_page->findChild<QPushButton*>(QStringLiteral("deleteYes"));
        QVERIFY(yes != nullptr);
        yes->click();
        QTRY_COMPARE_WITH_TIMEOUT(list()->model()->rowCount(), 0, kAwaitMs);
        QVERIFY(QFile::exists(m_folder->filePath(QStringLiteral("project/trash/first/adapter_config.json"))));
    }

    // Tune is asked to start from it, alone.
    void goesOnInTune()
    {
        import(QStringLiteral("combine/first"), 1);
        auto* go = find<QPushButton>("continueAdapter");
        QVERIFY(go->isEnabled() && !go->toolTip().isEmpty());
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        go->click();
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toString(), QStringLiteral("tune"));
        QCOMPARE(wanted[0][1].toString(), QStringLiteral("start:") + m_folder->filePath(QStringLiteral("project/adapters/first")));
        import(QStringLiteral("combine/second"), 2);
        list()->selectAll();
        QVERIFY(!go->isEnabled());
    }

    void severalBecomeOne()
    {
        import(QStringLiteral("combine/first"), 1);
        import(QStringLiteral("combine/second"), 2);
        list()->selectAll();
        QVERIFY(find<QPushButton>("combineAdapters")->isEnabled());
        find<QPushButton>("combineAdapters")->click();
        m_page->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        m_page->findChild<QDoubleSpinBox*>(QStringLiteral("publishWeight1"))->setValue(0.5);
        const QString target = m_page->findChild<QLineEdit*>(QStringLiteral("publishTarget"))->text();
        go();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->work()->isRunning(), kAwaitMs);
        const QString text = find<QLabel>("publishText")->text();
        QVERIFY2(text.contains(QStringLiteral("log-probabilities differ")), qPrintable(text));
        QVERIFY(QFile::exists(target + QStringLiteral("/adapter_model.safetensors")));
        QTRY_COMPARE_WITH_TIMEOUT(list()->model()->rowCount(), 3, kAwaitMs); // it went into the project
    }

    void anotherBaseIsRefusedByName()
    {
        // An adapter that says what it was trained on.
        const QString folder = m_folder->filePath(QStringLiteral("given"));
        QVERIFY(QDir().mkpath(folder));
        const auto first = base::readFile((kReference + QStringLiteral("combine/first/adapter_model.safetensors")).toStdString());
        auto config = base::readJson((kReference + QStringLiteral("combine/first/adapter_config.json")).toStdString());
        (*config)["base_model_name_or_path"] = "some/parent";
        std::string bytes = *first;
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data(), sizeof size);
        Json header = *base::parseJson(std::string_view(bytes).substr(8, size));
        header["__metadata__"]["luthier_base"] = std::string(64, 'a');
        std::string text = base::dumpJson(header);
        text.resize((text.size() + 7) / 8 * 8, ' ');
        const std::uint64_t longer = text.size();
        bytes = std::string(reinterpret_cast<const char*>(&longer), 8) + text + bytes.substr(8 + size);
        QVERIFY(base::writeFileAtomically((folder + QStringLiteral("/adapter_model.safetensors")).toStdString(), bytes).ok());
        QVERIFY(base::writeFileAtomically((folder + QStringLiteral("/adapter_config.json")).toStdString(), base::dumpJson(*config)).ok());
        m_page->openFile(folder);
        QTRY_COMPARE_WITH_TIMEOUT(list()->model()->rowCount(), 1, kAwaitMs);
        list()->setFocus();
        QTest::keyClick(list(), Qt::Key_E, Qt::ControlModifier);
        m_page->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        go();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->work()->isRunning(), kAwaitMs);
        // It is said in the dialog that gave the order, with all that was chosen and a way on.
        auto* dialog = m_page->findChild<PublishDialog*>();
        QVERIFY(dialog != nullptr && dialog->isVisible());
        const QString said = dialog->findChild<QLabel*>(QStringLiteral("publishProblem"))->text();
        QVERIFY2(said.contains(QStringLiteral("some/parent (aaaaaaaaaaaa)")) && said.contains(tokenizedBase()), qPrintable(said));
        QCOMPARE(dialog->findChild<QLineEdit*>(QStringLiteral("publishModel"))->text(), tokenizedBase());
        QVERIFY(dialog->findChild<QPushButton*>(QStringLiteral("publishRemedy"))->isVisible());
    }

    // A target that is there already is mended by its button, and the order goes through.
    void aTakenNameIsMendedInTheDialog()
    {
        import(QStringLiteral("combine/first"), 1);
        find<QPushButton>("mergeAdapter")->click();
        auto* dialog = m_page->findChild<PublishDialog*>();
        dialog->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        auto* what = dialog->findChild<QComboBox*>(QStringLiteral("publishWhat"));
        what->setCurrentIndex(what->findText(QStringLiteral("Adapter"), Qt::MatchStartsWith));
        auto* target = dialog->findChild<QLineEdit*>(QStringLiteral("publishTarget"));
        const QString taken = m_folder->filePath(QStringLiteral("taken"));
        QVERIFY(QDir().mkpath(taken + QStringLiteral("/something")));
        target->setText(taken);
        go();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->work()->isRunning() && dialog->isVisible(), kAwaitMs);
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("publishProblem"))->text().contains(taken));
        dialog->findChild<QPushButton*>(QStringLiteral("publishRemedy"))->click();
        QVERIFY(target->text() != taken && !QFileInfo::exists(target->text()));
        const QString free = target->text();
        go();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->work()->isRunning() && QFileInfo::exists(free), kAwaitMs);
        QTRY_VERIFY(m_page->findChild<PublishDialog*>() == nullptr);
    }

    // What was written is kept on the adapter, with its proof, and is there another day.
    void whatWasWrittenIsKept()
    {
        import(QStringLiteral("combine/first"), 1);
        QVERIFY(find<QComboBox>("adapterExports")->isHidden() || !find<QComboBox>("adapterExports")->isVisible());
        find<QPushButton>("exportAdapter")->click();
        auto* dialog = m_page->findChild<PublishDialog*>();
        dialog->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        auto* what = dialog->findChild<QComboBox*>(QStringLiteral("publishWhat"));
        what->setCurrentIndex(what->findText(QStringLiteral("Merged model"), Qt::MatchStartsWith));
        const QString target = dialog->findChild<QLineEdit*>(QStringLiteral("publishTarget"))->text();
        go();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->work()->isRunning(), kAwaitMs);
        auto* which = find<QComboBox>("adapterExports");
        QTRY_COMPARE_WITH_TIMEOUT(which->count(), 1, kAwaitMs);
        QVERIFY(which->isVisible() && which->currentText().contains(QFileInfo(target).fileName()));
        QVERIFY(find<QLabel>("exportProof")->text().contains(QStringLiteral("log-probabilities differ")));
        QSignalSpy wanted(m_workspace.get(), &Workspace::pageWanted);
        find<QPushButton>("tryExport")->click();
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toString(), QStringLiteral("chat"));
        QCOMPARE(wanted[0][1].toString(), target);
        closePage();
        QVERIFY(QDir(target).removeRecursively());
        openPage();
        QTRY_COMPARE_WITH_TIMEOUT(find<QComboBox>("adapterExports")->count(), 1, kAwaitMs);
        QVERIFY(find<QLabel>("exportProof")->text().contains(target));
        QVERIFY(!find<QPushButton>("tryExport")->isEnabled() && !find<QPushButton>("revealExport")->isEnabled());
    }

    void ollamaTakesAnyPath()
    {
        const store::AdapterExport made{"/home/me/it's mine/First tune (2)-q4_k_m.gguf", "gguf", "q4_k_m", 4'000'000, "", ""};
        QCOMPARE(AdapterExports::ollamaCommand(made),
                 QStringLiteral("ollama create first-tune-2-q4_k_m -f '/home/me/it'\\''s mine/First tune (2)-q4_k_m.gguf.Modelfile'"));
    }

    // Each button opens what it says, and each format says how large it will be and what it is for.
    void mergeOpensMerge()
    {
        import(QStringLiteral("combine/first"), 1);
        find<QPushButton>("mergeAdapter")->click();
        auto* dialog = m_page->findChild<PublishDialog*>();
        QVERIFY(dialog->windowTitle().startsWith(QStringLiteral("Merge first")));
        auto* what = dialog->findChild<QComboBox*>(QStringLiteral("publishWhat"));
        QVERIFY(what->currentText().startsWith(QStringLiteral("Merged model")));
        dialog->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        QTRY_VERIFY_WITH_TIMEOUT(what->currentText().contains(QStringLiteral("about")), kAwaitMs);
        const int usual = what->findText(QStringLiteral("Q4_K_M"), Qt::MatchStartsWith);
        QVERIFY2(what->itemText(usual).contains(QStringLiteral("about")) && what->itemText(usual).endsWith(QStringLiteral("Ollama, LM Studio")), qPrintable(what->itemText(usual)));
        dialog->close();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        find<QPushButton>("exportAdapter")->click();
        QVERIFY(m_page->findChild<QComboBox*>(QStringLiteral("publishWhat"))->currentText().startsWith(QStringLiteral("Q4_K_M")));
    }

    void twoChosenShowBoth()
    {
        import(QStringLiteral("combine/first"), 1);
        import(QStringLiteral("combine/second"), 2);
        list()->selectAll();
        const QString facts = find<QLabel>("adapterFacts")->text();
        QVERIFY2(facts.contains(QStringLiteral("first")) && facts.contains(QStringLiteral("second")) && facts.count(QStringLiteral("LoRA")) >= 2, qPrintable(facts));
    }

    // A sentence about what is wrong is read to its end in the list.
    void badCardsAreAsHighAsTheirSentence()
    {
        import(QStringLiteral("combine/first"), 1);
        const int usual = list()->visualRect(list()->model()->index(0, 0)).height();
        closePage();
        QVERIFY(QFile::remove(m_folder->filePath(QStringLiteral("project/adapters/first/adapter_model.safetensors"))));
        openPage();
        QTRY_COMPARE_WITH_TIMEOUT(list()->model()->rowCount(), 1, kAwaitMs);
        const QModelIndex bad = list()->model()->index(0, 0);
        QVERIFY(bad.data(CardBadRole).toBool());
        const QFontMetrics small(textFont(TextSize::Small));
        const int lines = 1 + small.horizontalAdvance(bad.data(CardFactsRole).toString()) / list()->viewport()->width();
        QTRY_VERIFY(list()->visualRect(bad).height() >= usual + (lines - 1) * small.lineSpacing());
    }

    void stoppedKeepsNothing()
    {
        import(QStringLiteral("combine/first"), 1);
        find<QPushButton>("mergeAdapter")->click();
        m_page->findChild<QLineEdit*>(QStringLiteral("publishModel"))->setText(tokenizedBase());
        const QString target = m_page->findChild<QLineEdit*>(QStringLiteral("publishTarget"))->text();
        go();
        QVERIFY(find<QPushButton>("publishStop")->isVisible());
        find<QPushButton>("publishStop")->click();
        QVERIFY(!m_page->work()->isRunning());
        QVERIFY(find<QLabel>("publishText")->text().contains(QStringLiteral("Stopped")));
        waitForJobs();
        QVERIFY(!find<QPushButton>("publishStop")->isVisible());
        QVERIFY(!QFileInfo::exists(target));
    }

private:
    QListView* list() const { return find<QListView>("adaptersList"); }
    void import(const QString& name, int count)
    {
        m_page->openFile(kReference + name);
        QTRY_COMPARE_WITH_TIMEOUT(list()->model()->rowCount(), count, kAwaitMs);
    }
    void go()
    {
        auto* button = m_page->findChild<QPushButton*>(QStringLiteral("publishGo"));
        QVERIFY(button != nullptr && button->isEnabled());
        button->click();
    }
    std::string notes() const
    {
        const auto all = store::adapters(*m_workspace->project());
        return all && !all->empty() ? all->front().notes : std::string();
    }
    // The base of the reference's adapters with a tokenizer of single letters.
    QString tokenizedBase()
    {
        const QString folder = m_folder->filePath(QStringLiteral("base"));
        QDir().mkpath(folder);
        for (const char* name : {"config.json", "model.safetensors"}) {
            QFile::copy(kReference + QStringLiteral("llama/plain/") + QString::fromLatin1(name), folder + u'/' + QString::fromLatin1(name));
        }
        Json vocab = Json::object();
        for (int i = 0; i < 60; ++i) {
            vocab[std::string(1, static_cast<char>('A' + i))] = i;
        }
        const Json file = {{"added_tokens", Json::array()}, {"decoder", {{"type", "ByteLevel"}}},
                           {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                           {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}}}};
        (void)base::writeFileAtomically((folder + QStringLiteral("/tokenizer.json")).toStdString(), base::dumpJson(file));
        return folder;
    }
};

QTEST_MAIN(TestAdaptersPage)
#include "tst_adapters_page.moc"
