// SPDX-License-Identifier: GPL-3.0-or-later
// What stands where on the Data page: what the checks found before what they did not, the making of files in plain sight,
// the text's room in the table, the tokens' under the conversation, and where the keys go first.
#include "core/base/files.h"
#include "tests/support/page_test.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/row_model.h"
#include "ui/models/library/source_files.h"
#include "ui/models/text_table.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_mapping.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_reader.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/making/data_save.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/conversation/field_bubble.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/tokens/token_strip.h"

#include <QApplication>
#include <QComboBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

#include <algorithm>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 20'000;
constexpr int kSettleMs = 100;
constexpr QSize kNarrow(847, 560); // the page in a window of 1024x680
constexpr int kCountRole = Qt::UserRole + 1;
constexpr double kTextContrast = 4.5; // WCAG 2, AA
const QString kBundled = QStringLiteral(LUTHIER_SOURCE_DIR "/datasets/workshop_instructions.jsonl");
const QString kPreferences = QStringLiteral(LUTHIER_SOURCE_DIR "/datasets/preferences.jsonl");

std::string rowsText()
{
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += i == 4   ? std::string("{\"instruction\": \"torn\n")
                : i == 9 ? std::string(R"({"instruction":"Nothing to say","input":"","output":""})" "\n")
                         : R"({"instruction":"Question )" + std::to_string(i) + R"(","input":"","output":"Write to me@example.org"})" "\n";
    }
    return text;
}

} // namespace

class TestDataLook : public QObject, private support::PageTest<DataPage> {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeFolder();
        m_path = m_folder->filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(m_path.toStdString(), rowsText()).ok());
        openPage();
    }

    void cleanup() { closePage(); }

    // Before the check: broken rows are known, the checks are not, and both kinds of nothing are folded apart.
    void whatWasFoundStandsFirst()
    {
        open(m_path);
        auto* list = find<QListWidget>("filters");
        // The row with an empty answer may have nothing to learn, or an end alone: whichever, it is the tokens' to say.
        QTRY_VERIFY(texts().mid(0, 3) == QStringList({QStringLiteral("All rows"), QStringLiteral("Checks"), QStringLiteral("Broken")}) && list->count() <= 6);
        const int folded = list->count();
        QCOMPARE(texts().mid(folded - 2), QStringList({foldText("Nothing found"), foldText("Not measured")}));
        QListWidgetItem* unmeasured = list->item(folded - 1);
        QCOMPARE(unmeasured->data(kCountRole).toString(), QStringLiteral("\u2013"));
        list->setFocus();
        list->setCurrentItem(unmeasured);
        QCOMPARE(m_page->table()->model()->rowCount(), 40); // a fold filters nothing
        QTest::keyClick(list, Qt::Key_Return);
        QVERIFY(list->count() > 15);
        const auto all = lines();
        QVERIFY(std::any_of(all.begin(), all.end(), [](const QListWidgetItem* line) {
            return line->data(Qt::UserRole).toString() == QStringLiteral("check:email") && line->data(kCountRole).toString() == QStringLiteral("\u2013");
        }));
        QTest::keyClick(list, Qt::Key_Return); // the fold kept the keys
        QCOMPARE(list->count(), folded);
        find<QPushButton>("checkRows")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document()->checkup()->hasResult() && !m_page->document()->checkup()->isRunning(), kAwaitMs);
        // Found things in one block behind all rows, no line without a row among them.
        int line = 1;
        QCOMPARE(list->item(line++)->text(), QStringLiteral("Checks"));
        bool sawEmail = false;
        for (; !list->item(line)->data(Qt::UserRole).toString().isEmpty(); ++line) {
            QVERIFY(list->item(line)->data(kCountRole).toString() != QStringLiteral("0"));
            sawEmail |= list->item(line)->data(Qt::UserRole).toString() == QStringLiteral("check:email");
        }
        QVERIFY(sawEmail);
        QVERIFY(texts().filter(QStringLiteral("Nothing found")).size() == 1);
    }

    // A filter that is mended to nothing stays in the list while it is chosen.
    void theChosenFilterIsNotFoldedAway()
    {
        open(m_path);
        auto* list = find<QListWidget>("filters");
        QTRY_VERIFY(texts().contains(QStringLiteral("Broken")));
        list->setCurrentItem(list->findItems(QStringLiteral("Broken"), Qt::MatchExactly).front());
        QCOMPARE(m_page->table()->model()->rowCount(), 1);
        find<QPushButton>("applyRemedy")->click(); // leaves it out
        QTRY_COMPARE(m_page->document()->counts().broken, 0);
        QTRY_VERIFY(texts().contains(QStringLiteral("Excluded")));
        QVERIFY(texts().contains(QStringLiteral("Broken")));
        QCOMPARE(list->currentItem()->text(), QStringLiteral("Broken"));
    }

    void makingHasButtonsWithNames()
    {
        open(m_path);
        for (const char* name : {"splitRowsButton", "mixRowsButton", "augmentRowsButton", "generateRowsButton", "saveRowsButton"}) {
            const auto* button = find<QToolButton>(name);
            QVERIFY2(button->isVisible() && button->isEnabled(), name);
            QVERIFY2(button->text().endsWith(u'\u2026') && !button->accessibleName().isEmpty() && !button->toolTip().isEmpty(), name);
        }
    }

    // What the table shows is what is written, in its order, without what is left out.
    void shownRowsAreSaved()
    {
        open(m_path);
        m_page->document()->prepareExclusion({5}, true);
        m_page->table()->showRows(QStringLiteral("some"), {7, 5, 2, 4});
        find<QToolButton>("saveRowsButton")->click();
        QTRY_VERIFY(m_page->findChild<DataSave*>() != nullptr);
        auto* save = m_page->findChild<DataSave*>();
        auto* make = save->findChild<QPushButton*>(QStringLiteral("saveMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled() && !save->isLookingAhead(), kAwaitMs);
        QCOMPARE(save->model()->rowCount(), 2);
        const QString note = save->findChild<QLabel*>(QStringLiteral("saveNote"))->text();
        QVERIFY2(note.contains(QStringLiteral("2 row")) && note.contains(QStringLiteral("1 that are left out")) && note.contains(QStringLiteral("row 5")), qPrintable(note));
        const QString path = save->path();
        make->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == path, kAwaitMs);
        QCOMPARE(m_page->document()->rowCount(), 2);
        QCOMPARE(*m_page->document()->dataset()->field(0, "instruction"), std::string("Question 7"));
        QCOMPARE(*m_page->document()->dataset()->field(1, "instruction"), std::string("Question 2"));
    }

    // In the smallest window the texts have most of the table, and with more columns something to read still.
    void theTextHasTheRoom()
    {
        m_page->resize(kNarrow);
        open(m_path);
        const auto* header = find<QTableView>("rows")->horizontalHeader();
        const int digit = m_page->fontMetrics().horizontalAdvance(u'0');
        int widest = header->sectionSizeHint(RowModel::StateColumn); // whole words, and no more
        for (const QString& text : m_page->table()->model()->stateTexts()) {
            widest = std::max(widest, m_page->fontMetrics().horizontalAdvance(text) + 3 * digit);
        }
        QTRY_VERIFY(header->sectionSize(RowModel::StateColumn) <= widest);
        QTRY_COMPARE(header->length(), find<QTableView>("rows")->viewport()->width());
        QVERIFY(header->sectionSize(RowModel::PromptColumn) >= 11 * digit);
        m_page->document()->prepareTag({1}, QStringLiteral("look again"), true);
        QTRY_VERIFY(!find<QTableView>("rows")->isColumnHidden(RowModel::TagsColumn));
        QVERIFY(header->sectionSize(RowModel::PromptColumn) >= 11 * digit);
        QVERIFY(header->sectionSize(RowModel::AnswerColumn) >= 11 * digit);
    }

    void aBrokenRowSaysWhyInTheTable()
    {
        open(m_path);
        const RowModel* model = m_page->table()->model();
        QTRY_VERIFY(model->index(4, RowModel::AnswerColumn).data(RowModel::FetchedRole).toBool());
        const QString reason = model->index(4, RowModel::AnswerColumn).data().toString();
        QVERIFY2(reason.size() > 10 && !reason.startsWith(QStringLiteral("row ")), qPrintable(reason));
        QVERIFY(model->index(4, RowModel::AnswerColumn).data(Qt::ToolTipRole).toString().contains(reason));
        QVERIFY(model->index(3, RowModel::AnswerColumn).data().toString() == QStringLiteral("Write to me@example.org"));
    }

    void theCaptionSaysHowItEnds()
    {
        open(kBundled);
        QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("tokenCounts")->text(), QStringLiteral("44 tokens, 25 trained, ends with trained <|end|>"), kAwaitMs);
        QVERIFY(!find<QLabel>("tokenCounts")->wordWrap());
    }

    // The strip has what the conversation leaves, until it is put somewhere; then it stays there.
    void tokensHaveTheRoomAboveThem()
    {
        open(kBundled);
        auto* parts = find<QSplitter>("readerParts");
        TokenStrip* strip = m_page->reader()->strip();
        QTRY_VERIFY_WITH_TIMEOUT(!strip->content().tiles.empty(), kAwaitMs);
        QTest::qWait(kSettleMs);
        const ConversationView* talk = m_page->reader()->conversation();
        QTRY_VERIFY(std::abs(talk->height() - talk->contentHeight()) <= 2); // no empty room, and nothing cut
        QCOMPARE(strip->verticalScrollBar()->maximum(), 0);
        auto* handle = parts->handle(1);
        const QPoint at = handle->rect().center();
        QTest::mousePress(handle, Qt::LeftButton, {}, at);
        QTest::mouseMove(handle, at + QPoint(0, 60));
        QTest::mouseRelease(handle, Qt::LeftButton, {}, at + QPoint(0, 60));
        const QList<int> placed = parts->sizes();
        m_page->table()->setCurrentRow(7);
        QTRY_VERIFY(strip->content().tiles.size() != 44);
        QTest::qWait(kSettleMs);
        QCOMPARE(parts->sizes(), placed);
        open(m_path);
        QTest::qWait(kSettleMs);
        QCOMPARE(parts->sizes(), placed);
    }

    // A text of a few lines is seen whole while it is edited, and so is what accepts it.
    void theEditorShowsTheWholeText()
    {
        m_page->resize(1090, 700); // in a window of 1280x800
        open(kBundled);
        FieldBubble* bubble = m_page->reader()->conversation()->bubble(2);
        bubble->beginEdit();
        QTest::qWait(kSettleMs);
        const auto* editor = bubble->findChild<QPlainTextEdit*>(QStringLiteral("fieldEditor"));
        QTRY_COMPARE(editor->verticalScrollBar()->maximum(), 0);
        const auto* accept = bubble->findChild<QPushButton*>(QStringLiteral("acceptField"));
        QTRY_COMPARE(accept->visibleRegion().boundingRect(), accept->rect());
        bubble->cancelEdit();
    }

    void chosenAndRejectedDiffer_data() { support::addThemes(); }

    void chosenAndRejectedDiffer()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        open(kPreferences);
        QTRY_VERIFY(m_page->reader()->conversation()->numFields() >= 3);
        QColor chosen;
        QColor rejected;
        for (int i = 0; i < m_page->reader()->conversation()->numFields(); ++i) {
            const ExampleField& field = m_page->reader()->conversation()->bubble(i)->field();
            const QColor ink = roleColor(field.role);
            const QColor ground = mixed(m_page->palette().color(QPalette::Base), ink, 0.07); // as the bubble draws it
            QVERIFY2(contrast(ink, ground) >= kTextContrast, qPrintable(field.label));
            chosen = field.role == QStringLiteral("chosen") ? ink : chosen;
            rejected = field.role == QStringLiteral("rejected") ? ink : rejected;
        }
        QVERIFY(chosen.isValid() && rejected.isValid() && chosen != rejected);
        support::savePicture(m_page.get(), QStringLiteral("data-preferences"));
    }

    // Another shape keeps what was said of the columns, and coming back brings it back whole.
    void anotherShapeKeepsTheMapping()
    {
        const QString path = m_folder->filePath(QStringLiteral("strange.csv"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), "frage,antwort,hilfe\nWhat turns?,The spindle turns.,a\nWhat cuts?,The tool cuts it.,b\n").ok());
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<QPushButton*>(QStringLiteral("acceptMapping"))->isVisible(), kAwaitMs);
        choose("column.input", QStringLiteral("hilfe"));
        auto* shape = find<QComboBox>("mappingFormat");
        shape->setCurrentIndex(shape->findData(QStringLiteral("instruction")));
        QCOMPARE(find<QComboBox>("column.instruction")->currentData().toString(), QStringLiteral("frage"));
        QCOMPARE(find<QComboBox>("column.output")->currentData().toString(), QStringLiteral("antwort"));
        QCOMPARE(find<QComboBox>("column.input")->currentData().toString(), QStringLiteral("hilfe"));
        shape->setCurrentIndex(shape->findData(QStringLiteral("text")));
        QCOMPARE(find<QComboBox>("column.text")->currentData().toString(), QStringLiteral("frage"));
        shape->setCurrentIndex(shape->findData(QStringLiteral("completion")));
        QCOMPARE(find<QComboBox>("column.completion")->currentData().toString(), QStringLiteral("antwort"));
        QCOMPARE(find<QComboBox>("column.input")->currentData().toString(), QStringLiteral("hilfe"));
        find<QPushButton>("acceptMapping")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        // Opened again, the form stands as it was left.
        Q_EMIT m_page->filters()->columnsWanted();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<QPushButton*>(QStringLiteral("acceptMapping"))->isVisible(), kAwaitMs);
        QCOMPARE(find<QComboBox>("column.prompt")->currentData().toString(), QStringLiteral("frage"));
        QCOMPARE(find<QComboBox>("column.input")->currentData().toString(), QStringLiteral("hilfe"));
    }

    // What is said to come next is said of the file in view, and where none can be read no empty reader stands beside the reason.
    void whatComesNextIsOfTheFileInView()
    {
        open(m_path);
        QSignalSpy steps(m_page.get(), &Page::stepDone);
        const QString junk = m_folder->filePath(QStringLiteral("junk.jsonl"));
        QVERIFY(base::writeFileAtomically(junk.toStdString(), std::string("\0\1\2binary", 9)).ok());
        m_page->openFiles({junk});
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("openProblem")->isVisible() && !find<QLabel>("openProblem")->text().isEmpty(), kAwaitMs);
        QVERIFY(!m_page->reader()->isVisible());
        QVERIFY(!steps.isEmpty() && steps.last().front().toString().isEmpty());
        m_page->openFiles({kPreferences});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == kPreferences, kAwaitMs);
        QTRY_COMPARE(steps.last().front().toString(), QStringLiteral("opened"));
        QCOMPARE(steps.last().at(1).toString(), QFileInfo(kPreferences).fileName());
        QVERIFY(m_page->reader()->isVisible());
    }

    // A row that gives no example has no tokens, and its model is not what is missing.
    void aBrokenRowHasNoTokens()
    {
        const QString path = m_folder->filePath(QStringLiteral("unanswered.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n").ok());
        open(path);
        const auto labels = m_page->reader()->findChildren<QLabel*>();
        QTRY_VERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) { return label->isVisible() && label->text().contains(QStringLiteral("has no tokens")); }));
        const auto all = m_page->findChildren<QLabel*>();
        QVERIFY(std::any_of(all.begin(), all.end(), [](const QLabel* label) { return label->text().startsWith(QStringLiteral("1 row")); }));
    }

    // A listing from before the project was open does not come after the project's own.
    void ofListingsTheLastOneAnswers()
    {
        SourceFiles files(*m_workspace);
        QSignalSpy heard(&files, &SourceFiles::listed);
        files.list();
        files.list(7);
        files.list(); // wants nothing else
        waitForJobs();
        QTRY_VERIFY(heard.count() > 0);
        QTest::qWait(kSettleMs);
        QCOMPARE(heard.count(), 1);
        QCOMPARE(heard.front().front().toLongLong(), 7);
    }

    void theTableHasTheKeysFirst()
    {
        open(m_path);
        QTRY_COMPARE(QApplication::focusWidget(), static_cast<QWidget*>(find<QTableView>("rows")));
        closePage();
        openPage(); // with a file in the project
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QTRY_COMPARE(QApplication::focusWidget(), static_cast<QWidget*>(find<QTableView>("rows")));
        // Who walks through the files goes on walking.
        m_page->openFiles({kPreferences});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == kPreferences, kAwaitMs);
        auto* files = find<QListWidget>("sources");
        files->setFocus();
        QTest::keyClick(files, Qt::Key_Up);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == m_path, kAwaitMs);
        QCOMPARE(QApplication::focusWidget(), static_cast<QWidget*>(files));
    }

private:
    void open(const QString& path)
    {
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == path && m_page->document()->hasEncoder()
                                     && !m_page->document()->isChecking(),
                                 kAwaitMs);
        QTRY_VERIFY(m_page->reader()->conversation()->numFields() > 0);
    }

    void choose(const char* box, const QString& data) { find<QComboBox>(box)->setCurrentIndex(find<QComboBox>(box)->findData(data)); }

    QList<QListWidgetItem*> lines() const
    {
        QList<QListWidgetItem*> all;
        for (int i = 0; i < find<QListWidget>("filters")->count(); ++i) {
            all += find<QListWidget>("filters")->item(i);
        }
        return all;
    }

    QStringList texts() const
    {
        QStringList all;
        for (const QListWidgetItem* line : lines()) {
            all += line->text();
        }
        return all;
    }

    QString foldText(const char* what) const
    {
        const QStringList found = texts().filter(QString::fromLatin1(what));
        return found.isEmpty() ? QString::fromLatin1(what) : found.front();
    }

    QString m_path;
};

QTEST_MAIN(TestDataLook)
#include "tst_data_look.moc"
