// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page driven by keyboard: open a file, walk, search, edit, undo, filter, another shape, another file.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/store/project.h"
#include "core/train/plan/step_rows.h"
#include "tests/support/page_test.h"
#include "ui/bridge/job.h"
#include "ui/forms/recipe_document.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/edit_saver.h"
#include "ui/models/data/replace_model.h"
#include "ui/models/data/row_filters.h"
#include "ui/models/data/row_model.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_overview.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_reader.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/windows/data_clusters.h"
#include "ui/pages/data/windows/data_replace.h"
#include "ui/pages/data/windows/data_versions.h"
#include "ui/pages/tune/tune_data.h"
#include "ui/pages/tune/tune_limit.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/conversation/field_bubble.h"
#include "ui/widgets/conversation/whole_text.h"
#include "ui/widgets/length_histogram.h"
#include "ui/widgets/tokens/token_strip.h"
#include "ui/workspace/workspace.h"

#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QToolButton>
#include <QUndoStack>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 20'000;
constexpr int kPictureMs = 350;
constexpr QSize kPictureSize(1120, 740); // the page in a window of 1280x800

std::string rowsText()
{
    std::string text;
    for (int i = 0; i < 300; ++i) {
        if (i == 4) {
            text += "{\"instruction\": \"torn\n";
        } else if (i == 9) {
            text += R"({"instruction":"Nothing to say","input":"","output":""})" "\n";
        } else {
            text += R"({"instruction":"Question )" + std::to_string(i) + R"(","input":"","output":"Answer )" + std::to_string(i)
                    + "\"}\n";
        }
    }
    return text;
}

} // namespace

class TestDataPage : public QObject, private support::PageTest<DataPage> {
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

    void emptyPageSaysWhatBelongsHere()
    {
        QTRY_VERIFY(m_page->findChild<QPushButton*>(QStringLiteral("emptyButton"))->isVisible());
        QVERIFY(!find<QLabel>("emptyBody")->text().isEmpty());
        QTest::keyClick(find<QPushButton>("emptySecondButton"), Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QVERIFY(m_page->document()->rowCount() > 0);
    }

    void walkingShowsRows()
    {
        openRows();
        auto* view = find<QTableView>("rows");
        view->setFocus();
        QTRY_COMPARE(fieldText(0), QStringLiteral("Question 0"));
        QTest::keyClick(view, Qt::Key_Down);
        QTRY_COMPARE(fieldText(0), QStringLiteral("Question 1"));
        QTest::keyClick(view, Qt::Key_End, Qt::ControlModifier);
        QTRY_COMPARE(fieldText(0), QStringLiteral("Question 299"));
    }

    // The file, the row and the filter that were looked at, not the first of each; a file that is gone leaves the first.
    void whereThePersonWasComesBack()
    {
        const QString other = m_folder->filePath(QStringLiteral("another.jsonl"));
        QVERIFY(base::writeFileAtomically(other.toStdString(), "{\"instruction\":\"Alone\",\"input\":\"\",\"output\":\"Yes\"}\n").ok());
        m_page->openFiles({other, m_path});
        const auto showsRow = [this](const QString& text) { return m_page->document() != nullptr && m_page->document()->path() == m_path && fieldText(0) == text; };
        QTRY_VERIFY_WITH_TIMEOUT(showsRow(QStringLiteral("Question 0")), kAwaitMs);
        m_page->document()->prepareExclusion({7, 8}, true);
        QTRY_COMPARE(m_page->document()->counts().excluded, 2);
        m_page->table()->setFilter(QStringLiteral("excluded"));
        Q_EMIT m_page->table()->filterChanged(QStringLiteral("excluded"));
        m_page->table()->setCurrentRow(8);
        waitForJobs();
        closePage();
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(showsRow(QStringLiteral("Question 8")), kAwaitMs);
        QCOMPARE(m_page->table()->filter(), QStringLiteral("excluded"));
        waitForJobs();
        const auto sources = m_workspace->project()->sources();
        QVERIFY(sources.ok());
        for (const auto& source : *sources) {
            if (source.path == m_path.toStdString()) {
                QVERIFY(m_workspace->project()->removeSource(source.id).ok());
            }
        }
        closePage();
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->path() == other, kAwaitMs);
        QTRY_COMPARE(fieldText(0), QStringLiteral("Alone"));
    }

    // What holds nothing to read says so with two ways out, and what stands beside it keeps together.
    void filesWithoutARowAreASentence_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no byte") << QByteArray();
        QTest::newRow("empty lines") << QByteArray("\n\n\n");
        QTest::newRow("every row broken") << QByteArray("{\"instruction\": \"torn\n[1,\n");
    }

    void filesWithoutARowAreASentence()
    {
        QFETCH(QByteArray, bytes);
        const QString path = m_folder->filePath(QStringLiteral("nothing.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), bytes.toStdString()).ok());
        m_page->openFiles({path});
        auto* problem = find<QLabel>("openProblem");
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible() && problem->text().contains(QStringLiteral("nothing.jsonl")), kAwaitMs);
        QCoreApplication::processEvents();
        QVERIFY(find<QPushButton>("openAnother")->isVisible());
        const auto* files = find<QListWidget>("sources");
        const auto* shape = find<QComboBox>("format");
        const int gap = shape->mapTo(m_page.get(), QPoint()).y() - files->mapTo(m_page.get(), QPoint(0, files->height())).y();
        QVERIFY2(gap > 0 && gap < 4 * m_page->fontMetrics().height(), qPrintable(QString::number(gap)));
        find<QPushButton>("removeUnread")->click();
        QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("emptyButton")->isVisible(), kAwaitMs);
        QVERIFY(QFile::exists(path));
    }

    // Whatever is the matter with a row stands there whole, in the smallest window, too.
    void noStateIsChopped()
    {
        m_page->resize(900, 560);
        openRows();
        auto* view = find<QTableView>("rows");
        m_page->table()->setCurrentRow(2);
        m_page->document()->prepareExclusion({2}, true);
        QTRY_VERIFY(m_page->document()->counts().broken > 0 && m_page->document()->counts().excluded > 0);
        const QModelIndex first = m_page->table()->model()->index(0, RowModel::StateColumn);
        for (int row = 0; row < 12; ++row) {
            const QString text = first.siblingAtRow(row).data().toString();
            QTRY_VERIFY2(view->columnWidth(RowModel::StateColumn) > view->fontMetrics().horizontalAdvance(text), qPrintable(text));
        }
    }

    void editUndoRedoByKeyboard()
    {
        openRows();
        auto* view = find<QTableView>("rows");
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Down);
        QTRY_COMPARE(fieldText(0), QStringLiteral("Question 1"));
        editField(2, QStringLiteral("A new answer"));
        QTRY_COMPARE(outputOf(1), std::string("A new answer"));
        QTRY_COMPARE(find<QLabel>("saveState")->text(), QStringLiteral("edited, saved"));
        // Saved means on disk: another opening of the project sees it.
        const auto edits = m_workspace->project()->edits(m_path.toStdString());
        QVERIFY(edits.ok() && edits->contains(1));

        m_workspace->undoStack()->undo();
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 1"));
        QCOMPARE(outputOf(1), std::string("Answer 1"));
        m_workspace->undoStack()->redo();
        QTRY_COMPARE(fieldText(2), QStringLiteral("A new answer"));
    }

    void escapeGivesBackWhatWasThere()
    {
        openRows();
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 0"));
        FieldBubble* bubble = bubbleAt(2);
        bubble->setFocus();
        QTest::keyClick(bubble, Qt::Key_F2);
        auto* editor = bubble->findChild<QPlainTextEdit*>(QStringLiteral("fieldEditor"));
        QTest::keyClicks(editor, QStringLiteral("typed"));
        QTest::keyClick(editor, Qt::Key_Escape);
        QVERIFY(!bubble->isEditing());
        QCOMPARE(bubble->findChild<WholeText*>(QStringLiteral("fieldText"))->text(), QStringLiteral("Answer 0"));
        QCOMPARE(m_workspace->undoStack()->count(), 0);
    }

    void undoComesBackToItsRow()
    {
        openRows();
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 0"));
        editField(2, QStringLiteral("Changed"));
        QTRY_COMPARE(outputOf(0), std::string("Changed"));
        m_page->table()->setCurrentRow(200);
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 200"));
        m_workspace->undoStack()->undo();
        QTRY_COMPARE(m_page->table()->currentRow(), 0);
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 0"));
    }

    void walkingAwayKeepsWhatWasTyped()
    {
        openRows();
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 0"));
        bubbleAt(2)->beginEdit();
        bubbleAt(2)->findChild<QPlainTextEdit*>(QStringLiteral("fieldEditor"))->setPlainText(QStringLiteral("Half a tho"));
        m_page->table()->setCurrentRow(5);
        QTRY_COMPARE(outputOf(0), std::string("Half a tho"));
    }

    void brokenRowShowsItsBytesAndSentence()
    {
        openRows();
        m_page->table()->setCurrentRow(4);
        QTRY_VERIFY(find<QPlainTextEdit>("rawRow")->toPlainText().contains(QStringLiteral("torn")));
        QVERIFY(find<QLabel>("rowProblem")->isVisible());
        QVERIFY(find<QLabel>("rowProblem")->text().size() > 10);
    }

    void countsAndFilters()
    {
        openRows();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->document()->isChecking() && m_page->document()->hasEncoder(), kAwaitMs);
        QCOMPARE(m_page->document()->counts().broken, 1); // a torn row; an empty answer is a finding of the check
        auto* filters = find<QListWidget>("filters");
        QTRY_VERIFY(!filters->findItems(QStringLiteral("Broken"), Qt::MatchExactly).isEmpty());
        filters->setFocus();
        QTest::keyClick(filters, Qt::Key_Down); // past the heading to what is broken
        QCOMPARE(m_page->table()->model()->rowCount(), 1);
        QCOMPARE(m_page->table()->currentRow(), 4);
        QTest::keyClick(filters, Qt::Key_Home);
        QCOMPARE(m_page->table()->model()->rowCount(), 300);
        QVERIFY(find<QLabel>("counts")->text().contains(QStringLiteral("300")));
    }

    void rowsAreLeftOutByKeyboard()
    {
        openRows();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->document()->isChecking() && m_page->document()->hasEncoder(), kAwaitMs);
        auto* view = find<QTableView>("rows");
        view->setFocus();
        m_page->table()->setCurrentRow(10);
        QTest::keyClick(view, Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(view, Qt::Key_Delete);
        QCOMPARE(m_page->document()->counts().excluded, 2);
        QVERIFY(m_page->document()->isExcluded(10) && m_page->document()->isExcluded(11));
        QTRY_VERIFY(find<QToolButton>("chip.excluded")->isVisible());
        find<QToolButton>("chip.excluded")->click();
        QCOMPARE(m_page->table()->model()->rowCount(), 2);
        QVERIFY(find<QWidget>("filterNote")->isVisible());
        find<QPushButton>("applyRemedy")->click(); // takes them in again
        QCOMPARE(m_page->document()->counts().excluded, 0);
        m_workspace->undoStack()->undo();
        m_workspace->undoStack()->undo();
        QCOMPARE(m_page->document()->counts().excluded, 0);
        m_workspace->undoStack()->redo();
        QCOMPARE(m_page->document()->counts().excluded, 2);
    }

    void undoReachesAnotherDay()
    {
        openRows();
        m_page->document()->prepareExclusion({3, 4}, true);
        QTRY_COMPARE(m_workspace->project()->exclusions(m_path.toStdString())->size(), std::size_t{2});
        closePage();
        openPage();
        QTRY_VERIFY(m_workspace->undoStack()->canUndo());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QVERIFY(m_page->document()->isExcluded(3));
        m_workspace->undoStack()->undo();
        QCOMPARE(m_page->document()->counts().excluded, 0);
        QTRY_VERIFY(m_workspace->project()->exclusions(m_path.toStdString())->empty());
    }

    void theCheckIsAClickAndFilters()
    {
        openRows();
        find<QPushButton>("checkRows")->click();
        auto* filters = find<QListWidget>("filters");
        QTRY_VERIFY_WITH_TIMEOUT(!filters->findItems(QStringLiteral("Empty answer"), Qt::MatchStartsWith).isEmpty(), kAwaitMs);
        filters->setCurrentItem(filters->findItems(QStringLiteral("Empty answer"), Qt::MatchStartsWith).front());
        QCOMPARE(m_page->table()->model()->rowCount(), 1);
        QCOMPARE(m_page->table()->currentRow(), 9);
        find<QPushButton>("applyRemedy")->click();
        QVERIFY(m_page->document()->isExcluded(9));
    }

    void draggingTheLimitCountsAnew()
    {
        openRows();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->document()->isChecking() && m_page->document()->hasEncoder(), kAwaitMs);
        LengthHistogram* histogram = m_page->overview()->histogram();
        QTRY_VERIFY(!histogram->histogram().counts.empty());
        find<QSpinBox>("tokenLimit")->setValue(40);
        QCOMPARE(histogram->limit(), 40);
        const QPoint line(histogram->xOf(40), histogram->height() / 2);
        const QPoint goal(histogram->xOf(12), line.y());
        QTest::mousePress(histogram, Qt::LeftButton, {}, line);
        QTest::mouseMove(histogram, goal);
        QTest::mouseRelease(histogram, Qt::LeftButton, {}, goal);
        QVERIFY(m_page->document()->encodingSettings().maxLength < 20);
        QCOMPARE(m_page->document()->counts().truncated, m_page->document()->counts().good);
        QVERIFY(find<QToolButton>("chip.cut")->text().contains(QLocale().toString(qlonglong(m_page->document()->counts().truncated))));
    }

    // What is dragged here is where training cuts, as a step that can be undone; undoing brings the line back.
    void theLimitIsThatOfTheRecipe()
    {
        RecipeDocument recipe;
        new TuneLimit(&recipe, *m_workspace);
        QSignalSpy said(m_workspace.get(), &Workspace::said);
        openRows();
        const std::int64_t before = recipe.config().data.maxLength;
        QCOMPARE(m_page->document()->encodingSettings().maxLength, before);
        find<QSpinBox>("tokenLimit")->setValue(40);
        find<QSpinBox>("tokenLimit")->setValue(48);
        QTRY_COMPARE(recipe.config().data.maxLength, 48);
        QCOMPARE(m_workspace->undoStack()->count(), 1); // what was passed on the way is no step
        QVERIFY(said.last().front().toString().contains(QStringLiteral("48 tokens")));
        m_workspace->undoStack()->undo();
        QCOMPARE(recipe.config().data.maxLength, before);
        QCOMPARE(m_page->document()->encodingSettings().maxLength, before);
        QCOMPARE(find<QSpinBox>("tokenLimit")->value(), static_cast<int>(before));
        (void)recipe.setValue(RecipeDocument::find(QStringLiteral("data.max_length")), fields::Value(std::int64_t{64})); // on Tune
        QCOMPARE(m_page->document()->encodingSettings().maxLength, 64);
    }

    // F3 and the list of matches follow the table's order.
    void matchesFollowTheSortedOrder()
    {
        openRows();
        auto* view = find<QTableView>("rows");
        RowModel* model = m_page->table()->model();
        model->sort(RowModel::NumberColumn, Qt::DescendingOrder);
        QTRY_VERIFY(!model->isSorting() && model->rowAt(0) == 299);
        m_page->table()->setCurrentRow(299);
        auto* search = find<QLineEdit>("search");
        search->setText(QStringLiteral("Question 10")); // 10 and 100 to 109
        QTRY_COMPARE(m_page->table()->currentRow(), 109);
        QTRY_COMPARE(find<QLabel>("searchCount")->text(), QStringLiteral("1 of 11"));
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(m_page->table()->currentRow(), 108);
        QTest::keyClick(view, Qt::Key_F3, Qt::ShiftModifier);
        QTest::keyClick(view, Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(m_page->table()->currentRow(), 10); // around the end
        QTRY_VERIFY(find<QToolButton>("showMatches")->isEnabled());
        find<QToolButton>("showMatches")->click();
        QTRY_VERIFY(!model->isSorting() && model->rowCount() == 11);
        QCOMPARE(model->rowAt(0), 109);
        QCOMPARE(model->rowAt(10), 10);
    }

    // A replacement in many rows is counted by the checks at once, and what only a whole check knows is said to be old.
    void bulkEditsAreCheckedAgain()
    {
        openRows();
        DataDocument* document = m_page->document();
        const int empty = data::findCheck("empty_answer");
        QVERIFY(empty >= 0);
        document->checkup()->start();
        QTRY_VERIFY_WITH_TIMEOUT(document->checkup()->hasResult(), kAwaitMs);
        QCOMPARE(document->checkup()->count(empty), 1);
        QVERIFY(!document->checkup()->isStale());
        store::EditStep step;
        for (const std::int64_t row : {20, 21, 22}) {
            Json json = *document->dataset()->row(row);
            json["output"] = "";
            step.rows.push_back({row, std::nullopt, json});
        }
        document->prepareStep(step, QStringLiteral("emptying"));
        QTRY_COMPARE(document->checkup()->count(empty), 4);
        QCOMPARE(document->checkup()->rowsOf(empty), (std::vector<std::int64_t>{9, 20, 21, 22}));
        QVERIFY(document->checkup()->isStale());
        QVERIFY(find<QLabel>("checkLeft")->isVisible() && find<QLabel>("checkLeft")->text().contains(QStringLiteral("edited since")));
        m_workspace->undoStack()->undo();
        QTRY_COMPARE(document->checkup()->count(empty), 1);
        QTest::keyClick(find<QPushButton>("checkRows"), Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(!document->checkup()->isRunning() && !document->checkup()->isStale(), kAwaitMs);
        QVERIFY(!find<QLabel>("checkLeft")->isVisible());
    }

    void replacingIsShownAndOneStep()
    {
        openRows();
        find<QLineEdit>("search")->setText(QStringLiteral("Answer (2\\d)$"));
        find<QToolButton>("searchRegex")->click();
        find<QToolButton>("replace")->click();
        auto* dialog = m_page->findChild<DataReplace*>();
        QVERIFY(dialog != nullptr);
        dialog->findChild<QLineEdit*>(QStringLiteral("replaceWith"))->setText(QStringLiteral("No. $1"));
        QTRY_COMPARE(dialog->model()->rowCount(), 10);
        QTRY_COMPARE(dialog->model()->index(3, ReplaceModel::AfterColumn).data().toString(), QStringLiteral("No. 23"));
        dialog->model()->setData(dialog->model()->index(0, 0), Qt::Unchecked, Qt::CheckStateRole); // not row 20
        const int steps = m_workspace->undoStack()->count();
        dialog->findChild<QPushButton*>(QStringLiteral("acceptReplace"))->click();
        QCOMPARE(m_workspace->undoStack()->count(), steps + 1);
        QCOMPARE(outputOf(20), std::string("Answer 20"));
        QCOMPARE(outputOf(25), std::string("No. 25"));
        m_workspace->undoStack()->undo();
        QCOMPARE(outputOf(25), std::string("Answer 25"));
    }

    void versionsCompareAndComeBack()
    {
        openRows();
        m_page->document()->prepareExclusion({8}, true);
        m_page->document()->prepareEdit(2, QStringLiteral("output"), QStringLiteral("Before"));
        QTRY_COMPARE(outputOf(2), std::string("Before"));
        QTRY_COMPARE(m_page->document()->saver()->state(), EditSaver::State::Saved);
        DataVersions* dialog = new DataVersions(m_page->document(), m_workspace->project(), m_page.get());
        dialog->open();
        dialog->findChild<QLineEdit*>(QStringLiteral("versionName"))->setText(QStringLiteral("first"));
        dialog->findChild<QPushButton*>(QStringLiteral("addVersion"))->click();
        QTRY_COMPARE(m_workspace->project()->versions(m_path.toStdString())->size(), std::size_t{1});
        m_page->document()->prepareExclusion({8}, false);
        m_page->document()->prepareEdit(2, QStringLiteral("output"), QStringLiteral("After"));
        QTRY_COMPARE(outputOf(2), std::string("After"));
        auto* left = dialog->findChild<QComboBox*>(QStringLiteral("leftVersion"));
        QTRY_COMPARE(left->count(), 3);
        left->setCurrentIndex(0);
        left->setCurrentIndex(1);
        QTRY_COMPARE(dialog->model()->rowCount(), 2);
        QVERIFY(dialog->model()->at(1).before.startsWith(QStringLiteral("(excluded)")));
        dialog->findChild<QPushButton*>(QStringLiteral("bringBack"))->click();
        QCOMPARE(outputOf(2), std::string("Before"));
        QVERIFY(m_page->document()->isExcluded(8));
        QTRY_COMPARE(dialog->model()->rowCount(), 0);
        m_workspace->undoStack()->undo();
        QCOMPARE(outputOf(2), std::string("After"));
        QVERIFY(!m_page->document()->isExcluded(8));
        dialog->close();
    }

    void clustersKeepOne()
    {
        openRows();
        for (const std::int64_t row : {30, 31}) {
            m_page->document()->prepareChange(row, {}, [](const Json&) -> Result<Json> {
                return Json{{"instruction", "What is a lathe good for?"}, {"input", ""}, {"output", "Turning wood and metal round."}};
            });
        }
        QTRY_COMPARE(m_page->document()->counts().edited, 2);
        m_page->document()->checkup()->start();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document()->checkup()->hasResult(), kAwaitMs);
        auto* clusters = new DataClusters(m_page->document(), Likeness::Exact, m_page.get());
        clusters->open();
        QCOMPARE(clusters->numGroups(), 1);
        QTRY_VERIFY(clusters->findChild<QPushButton*>(QStringLiteral("keep1")) != nullptr);
        QTest::keyClick(clusters, Qt::Key_2);
        QVERIFY(m_page->document()->isExcluded(30) && !m_page->document()->isExcluded(31));
        QTRY_VERIFY(m_page->findChild<DataClusters*>() == nullptr); // that was the last group
    }

    void turnsAreEditedByKeyboard()
    {
        const QString path = m_folder->filePath(QStringLiteral("chat.jsonl"));
        const std::string row = R"({"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two three"}]})";
        QVERIFY(base::writeFileAtomically(path.toStdString(), row + "\n" + row + "\n").ok());
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QTRY_COMPARE(m_page->reader()->conversation()->numFields(), 2);
        bubbleAt(1)->beginEdit();
        auto* editor = bubbleAt(1)->findChild<QPlainTextEdit*>(QStringLiteral("fieldEditor"));
        QTextCursor cursor = editor->textCursor();
        cursor.setPosition(4);
        editor->setTextCursor(cursor);
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(m_page->reader()->conversation()->numFields(), 3);
        QTRY_COMPARE(fieldText(2), QStringLiteral("three"));
        QTest::keyClick(bubbleAt(2), Qt::Key_Up, Qt::AltModifier);
        QTRY_COMPARE(fieldText(1), QStringLiteral("three"));
        QTest::keyClick(bubbleAt(0), Qt::Key_Delete);
        QTRY_COMPARE(m_page->reader()->conversation()->numFields(), 2);
        QTest::keyClick(bubbleAt(1), Qt::Key_Insert);
        QTRY_COMPARE(m_page->reader()->conversation()->numFields(), 3);
        QCOMPARE(bubbleAt(2)->field().role, QStringLiteral("user"));
        while (m_workspace->undoStack()->canUndo()) {
            m_workspace->undoStack()->undo();
        }
        QTRY_COMPARE(fieldText(1), QStringLiteral("two three"));
        QCOMPARE(m_page->document()->counts().edited, 0);
    }

    // Rows 20 and 21 never got cheaper, though everything like them did.
    void lossesOfTheNewestRunSortAndFilter()
    {
        openRows();
        waitForJobs();
        m_page->table()->setFilter(QStringLiteral("loss:hardest"));
        QCOMPARE(m_page->table()->model()->rowCount(), 0);
        QVERIFY(find<QLabel>("filterHelp")->text().contains(QStringLiteral("run.row_losses")));
        QVERIFY(find<QTableView>("rows")->isColumnHidden(RowModel::LossAfterColumn));
        std::vector<data::RowLoss> losses;
        for (std::int64_t row = 0; row < 300; ++row) {
            const bool hard = row == 20 || row == 21;
            losses.push_back({row, 3.0, hard ? 2.95 + 0.01 * static_cast<double>(row - 20) : 0.5, 4});
        }
        for (const char* name : {"older", "newer"}) {
            const auto run = m_workspace->project()->createRun(name, Json::object());
            QVERIFY(run.ok() && m_workspace->project()->saveRowLosses(run->id, m_path.toStdString(), losses).ok());
            losses[40].after = 0.25;
        }
        m_page->document()->losses()->load();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document()->losses()->hasResult(), kAwaitMs);
        auto* view = find<QTableView>("rows");
        QVERIFY(!view->isColumnHidden(RowModel::LossAfterColumn));
        m_page->table()->setFilter(idOf(RowFilter::All));
        QCOMPARE(view->model()->index(40, RowModel::LossAfterColumn).data().toString(), QLocale().toString(0.25, 'f', 3));
        view->sortByColumn(RowModel::LossAfterColumn, Qt::DescendingOrder);
        QTRY_COMPARE(m_page->table()->model()->rowAt(0), 21);
        QCOMPARE(m_page->table()->model()->rowAt(299), 40);
        view->sortByColumn(-1, Qt::AscendingOrder);
        auto* filters = find<QListWidget>("filters");
        const std::pair<QString, int> expected[] = {{"Hardest", 30}, {"Never learned", 2}, {"Suspect label", 2}};
        for (const auto& [label, count] : expected) {
            filters->setCurrentItem(filters->findItems(label, Qt::MatchExactly).front());
            QCOMPARE(m_page->table()->model()->rowCount(), count);
        }
        QCOMPARE(m_page->table()->model()->rowAt(0), 20);
        filters->setCurrentItem(filters->findItems(QStringLiteral("Hardest"), Qt::MatchExactly).front());
        QCOMPARE(m_page->table()->model()->rowAt(0), 21);
        m_page->resize(kPictureSize);
        save(QStringLiteral("data-losses"));
    }

    // A step of a run, chosen on the Runs page by keyboard or otherwise, becomes what the table shows.
    void stepOfARunShowsItsRows()
    {
        openRows();
        config::RunConfig config;
        config.model.path = base::bundledModel().string();
        config.data.train = {m_path.toStdString()};
        config.run.batchSize = 4;
        config.run.gradientAccumulation = 2;
        auto run = m_workspace->project()->createRun("Night shift", config::toJson(config));
        QVERIFY2(run.ok(), run.ok() ? "" : run.message().c_str());
        QVERIFY(base::writeFileAtomically(std::filesystem::path(run->folder) / "recipe.json", base::dumpJson(config::toJson(config))).ok());
        m_page->reveal(stepPlace(run->id, 3));
        QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("filterTitle")->text(), QStringLiteral("Step 3 of \u201cNight shift\u201d \u2014 8 row(s)"), kAwaitMs);
        QCOMPARE(m_page->table()->model()->rowCount(), 8);
        train::StepRowsRequest request;
        request.runFolder = run->folder;
        request.step = 3;
        const auto rows = train::rowsOfStep(request);
        QVERIFY(rows.ok());
        for (int i = 0; i < 8; ++i) {
            QCOMPARE(m_page->table()->model()->rowAt(i), (*rows)[static_cast<std::size_t>(i)].row);
        }
        QVERIFY(!find<QFrame>("batch")->isVisible());

        m_page->reveal(stepPlace(run->id, 1'000'000)); // there is no such step: said where it was asked, the table stays
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("batchText")->text().contains(QStringLiteral("no step 1000000")), kAwaitMs);
        QVERIFY(find<QFrame>("batch")->isVisible());
        QCOMPARE(m_page->table()->model()->rowCount(), 8);
        QTest::keyClick(find<QPushButton>("stopBatch"), Qt::Key_Space);
        QVERIFY(!find<QFrame>("batch")->isVisible());
        QTest::keyClick(find<QTableView>("rows"), Qt::Key_Escape);
        QCOMPARE(m_page->table()->model()->rowCount(), 300);
    }

    void stepsOfSeveralFilesOfferThem()
    {
        const QString other = m_folder->filePath(QStringLiteral("other.jsonl"));
        QVERIFY(base::writeFileAtomically(other.toStdString(), rowsText().substr(0, 12'000)).ok());
        m_page->openFiles({other});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        openRows();
        QTRY_VERIFY(m_page->document() != nullptr && m_page->document()->path() == m_path);
        config::RunConfig config;
        config.model.path = base::bundledModel().string();
        config.data.train = {m_path.toStdString(), other.toStdString()};
        config.run.batchSize = 16;
        auto run = m_workspace->project()->createRun("Two files", config::toJson(config));
        QVERIFY(run.ok());
        QVERIFY(base::writeFileAtomically(std::filesystem::path(run->folder) / "recipe.json", base::dumpJson(config::toJson(config))).ok());
        m_page->reveal(stepPlace(run->id, 2));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("batchText")->text().contains(QStringLiteral("other.jsonl")), kAwaitMs);
        QTRY_VERIFY(m_page->document() != nullptr && m_page->document()->path() == m_path);
        save(QStringLiteral("data-step"));
        Q_EMIT find<QLabel>("batchText")->linkActivated(QStringLiteral("1"));
        QTRY_VERIFY(m_page->document() != nullptr && m_page->document()->path() == other);
        QTRY_VERIFY(m_page->table()->model()->rowCount() < m_page->document()->rowCount() && !m_page->table()->model()->showsAll());
    }

    void pastedTextBecomesAFileOfTheProject()
    {
        QTRY_VERIFY(m_page->findChild<QPushButton*>(QStringLiteral("emptyButton"))->isVisible());
        QSignalSpy said(m_workspace.get(), &Workspace::said);
        QGuiApplication::clipboard()->setText(QStringLiteral("  \n"));
        find<QPushButton>("emptyButton")->setFocus();
        QTest::keyClick(find<QPushButton>("emptyButton"), Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE(said.count(), 1);
        QVERIFY(m_workspace->project()->sources()->empty());
        QGuiApplication::clipboard()->setText(QStringLiteral("prompt\tcompletion\nWhat turns?\tThe spindle.\nWhat cuts?\tThe tool.\n"));
        QTest::keyClick(find<QPushButton>("emptyButton"), Qt::Key_V, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QCOMPARE(m_page->document()->rowCount(), 2);
        QVERIFY(m_page->document()->path().endsWith(QStringLiteral(".tsv")));
        QVERIFY(QFileInfo::exists(m_page->document()->path()));
        QTRY_COMPARE(fieldText(1), QStringLiteral("The spindle."));
        QGuiApplication::clipboard()->setText(QStringLiteral(R"([{"prompt":"Who?","completion":"The turner."}])"));
        find<QListWidget>("sources")->setFocus();
        QTest::keyClick(find<QListWidget>("sources"), Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE(find<QListWidget>("sources")->count(), 2);
        QTRY_COMPARE(fieldText(1), QStringLiteral("The turner."));
        m_page->resize(kPictureSize);
        save(QStringLiteral("data-pasted"));
    }

    void unknownColumnsAreAskedForAndKept()
    {
        const QString path = m_folder->filePath(QStringLiteral("strange.csv"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), "frage,antwort,nummer\nWhat turns?,The spindle turns the piece.,1\n"
                                                              "What cuts?,The tool cuts the piece.,2\n").ok());
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<QPushButton*>(QStringLiteral("acceptMapping"))->isVisible(), kAwaitMs);
        QVERIFY(find<QPlainTextEdit>("mappingPreview")->toPlainText().contains(QStringLiteral("Answer: The spindle")));
        find<QComboBox>("column.completion")->setCurrentIndex(0);
        QVERIFY(!find<QPushButton>("acceptMapping")->isEnabled());
        find<QComboBox>("column.completion")->setCurrentIndex(find<QComboBox>("column.completion")->findData(QStringLiteral("antwort")));
        m_page->resize(kPictureSize);
        save(QStringLiteral("data-mapping"));
        find<QPushButton>("acceptMapping")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QCOMPARE(m_page->document()->dataset()->format().id, std::string("completion"));
        QTRY_COMPARE(fieldText(0), QStringLiteral("What turns?"));
        // The Tune page reads the file the same way once it is learned from.
        const std::vector<std::string> kept{"prompt=frage", "completion=antwort"};
        const auto columns = DataDocuments::columnsOf(*m_workspace->project(), path);
        QVERIFY(columns.ok() && *columns == kept);
        closePage();
        openPage();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QTRY_COMPARE(fieldText(0), QStringLiteral("What turns?"));
        RecipeDocument recipe;
        TuneData tune(&recipe, *m_workspace);
        auto* list = tune.findChild<QListWidget*>(QStringLiteral("data.train"));
        QTRY_COMPARE(list->count(), 1);
        list->item(0)->setCheckState(Qt::Checked);
        QCOMPARE(recipe.config().data.columns, kept);
        QTRY_VERIFY(list->item(0)->text().contains(QLocale().toString(2)));
    }

    // What the check finds not to be learned is named, and the form that its link opens is filled in to read it.
    void whatIsNotLearnedIsSaidAndMapped()
    {
        const QString path = m_folder->filePath(QStringLiteral("choices.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), "{\"id\":1,\"prompt\":\"Which is a tree?\",\"choices\":\"an oak or a pike\",\"completion\":\"oak\"}\n"
                                                              "{\"id\":2,\"prompt\":\"Which is a fish?\",\"choices\":\"an elm or a carp\",\"completion\":\"carp\"}\n").ok());
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        auto* unread = find<QLabel>("unreadFields");
        QVERIFY(!unread->isVisible());
        find<QPushButton>("checkRows")->click();
        QTRY_VERIFY_WITH_TIMEOUT(unread->isVisible(), kAwaitMs);
        QVERIFY(unread->text().contains(QStringLiteral("choices")) && !unread->text().contains(QStringLiteral("id,")));
        QVERIFY2(unread->toolTip().contains(QStringLiteral("input=choices")) && !unread->toolTip().contains(QStringLiteral("--")), qPrintable(unread->toolTip()));
        Q_EMIT unread->linkActivated(QStringLiteral("columns"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<QPushButton*>(QStringLiteral("acceptMapping"))->isVisible(), kAwaitMs);
        QCOMPARE(find<QComboBox>("column.input")->currentData().toString(), QStringLiteral("choices"));
        QVERIFY(find<QPlainTextEdit>("mappingPreview")->toPlainText().contains(QStringLiteral("an oak or a pike")));
        find<QPushButton>("acceptMapping")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->dataset()->row(0)->contains("input"), kAwaitMs);
        find<QPushButton>("checkRows")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document()->checkup()->hasResult(), kAwaitMs);
        QVERIFY(!unread->isVisible());
    }

    // The shape that the offer is about is kept with the columns, in one step.
    void anOfferTakesItsShapeAlong()
    {
        const QString path = m_folder->filePath(QStringLiteral("moods.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), "{\"text\":\"Good bread number one.\",\"mood\":\"glad\"}\n"
                                                              "{\"text\":\"Bad bread number two.\",\"mood\":\"sad\"}\n").ok());
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QCOMPARE(m_page->document()->dataset()->format().id, std::string("text"));
        find<QPushButton>("checkRows")->click();
        auto* unread = find<QLabel>("unreadFields");
        QTRY_VERIFY_WITH_TIMEOUT(unread->isVisible(), kAwaitMs);
        Q_EMIT unread->linkActivated(QStringLiteral("columns"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->findChild<QPushButton*>(QStringLiteral("acceptMapping"))->isVisible(), kAwaitMs);
        QCOMPARE(find<QComboBox>("mappingFormat")->currentData().toString(), QStringLiteral("classification"));
        find<QPushButton>("acceptMapping")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && m_page->document()->dataset()->format().id == "classification", kAwaitMs);
        const auto sources = m_workspace->project()->sources();
        QVERIFY(sources.ok());
        const auto kept = std::find_if(sources->begin(), sources->end(), [&](const auto& one) { return one.path == path.toStdString(); });
        QVERIFY(kept != sources->end());
        QCOMPARE(kept->format, std::string("classification"));
    }

    void searchGoesToMatches()
    {
        openRows();
        auto* search = find<QLineEdit>("search");
        search->setFocus();
        QTest::keyClicks(search, QStringLiteral("answer 25"));
        QTRY_COMPARE(m_page->table()->currentRow(), 25);
        QTRY_COMPARE(find<QLabel>("searchCount")->text(), QStringLiteral("1 of 11"));
        QTest::keyClick(search, Qt::Key_F3);
        QCOMPARE(m_page->table()->currentRow(), 250);
        QTest::keyClick(search, Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(m_page->table()->currentRow(), 25);
        QTest::keyClick(search, Qt::Key_Escape);
        QCOMPARE(search->text(), QString());
    }

    void tokensFollowTheRow()
    {
        openRows();
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->reader()->strip()->content().tiles.empty(), kAwaitMs);
        QVERIFY(m_page->reader()->strip()->content().numTrained() > 0);
        QTRY_VERIFY(find<QLabel>("tokenCounts")->text().contains(QStringLiteral("trained")));
        const auto before = m_page->reader()->strip()->content().tiles.size();
        QTRY_COMPARE(fieldText(2), QStringLiteral("Answer 0"));
        editField(2, QStringLiteral("A much longer answer with many more words than before, so there are more tokens."));
        QTRY_VERIFY(m_page->reader()->strip()->content().tiles.size() > before + 5);
    }

    void missingFileIsASentence()
    {
        m_page->openFiles({m_folder->filePath(QStringLiteral("missing.jsonl"))});
        QTRY_VERIFY(find<QLabel>("openProblem")->text().contains(QStringLiteral("missing.jsonl")));
    }

    void pictures_data() { support::addThemes(); }

    // Saves what is to be looked at into screenshots/ of the build folder; here it is only held to fit.
    void pictures()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_page->resize(kPictureSize);
        m_page->openBundledExample();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && !m_page->document()->isChecking() && m_page->document()->hasEncoder(), kAwaitMs);
        DataDocument* document = m_page->document();
        document->prepareExclusion({2, 5, 6}, true);
        document->prepareTag({1, 3}, QStringLiteral("look again"), true);
        document->prepareTag({3, 7}, QStringLiteral("good"), true);
        for (const std::int64_t row : {10, 11}) {
            document->prepareChange(row, {}, [row](const Json& was) -> Result<Json> {
                Json now = was;
                now["instruction"] = "Why does a lathe turn the piece and not the tool, as a drill does with the tool in its chuck?";
                now["output"] = "Because the tool can then be led by hand or slide along the piece while it turns about one axis, "
                                + std::string(row == 10 ? "which makes it round." : "which leaves it round.");
                return now;
            });
        }
        QTRY_COMPARE(document->counts().edited, 2);
        document->checkup()->start();
        QTRY_VERIFY_WITH_TIMEOUT(document->checkup()->hasResult(), kAwaitMs);
        m_page->table()->setCurrentRow(3);
        save(QStringLiteral("data"));
        m_page->overview()->setView(DataOverview::View::PromptOpenings);
        m_page->table()->setFilter(QStringLiteral("nearCopies"));
        m_page->filters()->setFilter(QStringLiteral("nearCopies"));
        save(QStringLiteral("data-copies"));
        auto* clusters = new DataClusters(document, Likeness::Near, m_page.get());
        clusters->open();
        QTRY_VERIFY(clusters->findChild<QPushButton*>(QStringLiteral("keep1")) != nullptr);
        save(QStringLiteral("data-clusters"), clusters);
        clusters->close();
        find<QLineEdit>("search")->setText(QStringLiteral("the"));
        auto* replace = new DataReplace(document, *m_page->table()->search(), m_page.get());
        replace->findChild<QLineEdit*>(QStringLiteral("replaceWith"))->setText(QStringLiteral("that"));
        replace->open();
        QTest::qWait(kPictureMs);
        QTRY_VERIFY(replace->model()->rowCount() > 0);
        save(QStringLiteral("data-replace"), replace);
        replace->close();
        auto* versions = new DataVersions(document, m_workspace->project(), m_page.get());
        versions->open();
        QTRY_VERIFY(versions->model()->rowCount() > 0);
        save(QStringLiteral("data-versions"), versions);
        versions->close();
    }

    void everyControlCanBeNamed()
    {
        openRows();
        for (const QWidget* widget : m_page->findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || qobject_cast<const QLabel*>(widget) != nullptr) {
                continue;
            }
            if (widget->objectName().startsWith(QStringLiteral("qt_"))) {
                continue;
            }
            const QString who = QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
            QVERIFY2(!widget->objectName().isEmpty(), qPrintable(who));
            const bool hasName = !widget->accessibleName().isEmpty() || widget->property("text").toString().size() > 1;
            QVERIFY2(hasName, qPrintable(who));
        }
    }

    // Every turn is as high as its text, at any width of the reader, and nothing is cut at a side.
    void bubblesHoldTheirWholeText_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("village_chat") << QStringLiteral(LUTHIER_SOURCE_DIR "/datasets/village_chat.jsonl");
        QTest::newRow("preferences") << QStringLiteral(LUTHIER_SOURCE_DIR "/datasets/preferences.jsonl");
        QTest::newRow("made") << QString();
    }

    void bubblesHoldTheirWholeText()
    {
        QFETCH(QString, file);
        std::vector<std::vector<ExampleField>> rows;
        if (file.isEmpty()) {
            rows.push_back({{QStringLiteral("a"), QStringLiteral("user"), QStringLiteral("user"), QStringLiteral("x").repeated(3000), {}},
                            {QStringLiteral("b"), QStringLiteral("tool"), QStringLiteral("tool"), QStringLiteral("one\ntwo\n\nthree"),
                             QStringLiteral("{\"call\":\"%1\"}").arg(QStringLiteral("y").repeated(900))}});
        } else {
            const auto dataset = data::Dataset::open(file.toStdString());
            QVERIFY(dataset.ok());
            for (std::int64_t row = 0; row < (*dataset)->rowCount(); ++row) {
                rows.push_back(readRow(**dataset, row).fields);
            }
        }
        ConversationView view;
        view.show();
        for (const int width : {250, 330, 420, 600, 1500}) {
            view.resize(width, 400);
            for (const auto& fields : rows) {
                view.setFields(fields);
                QApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
                view.widget()->layout()->activate();
                QCoreApplication::processEvents();
                QVERIFY(view.widget()->width() <= view.viewport()->width());
                for (int i = 0; i < view.numFields(); ++i) {
                    for (const auto* text : view.bubble(i)->findChildren<WholeText*>()) {
                        if (!text->isVisible()) {
                            continue;
                        }
                        const QSizeF needed = text->document()->size();
                        const QString what = QStringLiteral("%1 px: %2 of %3, \u201c%4\u201d").arg(width).arg(text->viewport()->height()).arg(needed.height()).arg(text->text().left(60));
                        QVERIFY2(text->viewport()->height() + 1 >= needed.height(), qPrintable(what));
                        QVERIFY2(needed.width() <= text->viewport()->width() + 1, qPrintable(what));
                        QVERIFY(view.bubble(i)->rect().contains(text->geometry()));
                    }
                }
            }
        }
    }

    // While a job makes a step ready, whoever asks for undo is told so.
    void aStepUnderWayIsSaid()
    {
        openRows();
        QVERIFY(!m_workspace->isMakingStep());
        QSignalSpy changed(m_workspace.get(), &Workspace::makingStepChanged);
        editField(1, QStringLiteral("another text"));
        QVERIFY(m_workspace->isMakingStep());
        QCOMPARE(m_workspace->undoStack()->count(), 0);
        QTRY_VERIFY(!m_workspace->isMakingStep());
        QCOMPARE(changed.count(), 2);
        QCOMPARE(m_workspace->undoStack()->count(), 1);
        m_page->document()->prepareEdit(4, QStringLiteral("output"), QStringLiteral("of a broken row")); // is refused
        QVERIFY(m_workspace->isMakingStep());
        QTRY_VERIFY(!m_workspace->isMakingStep());
        QCOMPARE(m_workspace->undoStack()->count(), 1);
    }

private:
    void openRows()
    {
        m_page->openFiles({m_path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr, kAwaitMs);
        QTRY_VERIFY(m_page->reader()->conversation()->numFields() > 0);
    }

    FieldBubble* bubbleAt(int index) const { return m_page->reader()->conversation()->bubble(index); }

    void save(const QString& name, QWidget* what = nullptr)
    {
        QWidget* widget = what == nullptr ? m_page.get() : what;
        QTest::qWait(kPictureMs);
        waitForJobs();
        QTest::qWait(kPictureMs);
        QVERIFY(widget->minimumSizeHint().width() <= kPictureSize.width());
        support::savePicture(widget, name);
    }

    QString fieldText(int index) const
    {
        return index < m_page->reader()->conversation()->numFields() ? bubbleAt(index)->field().text : QString();
    }

    void editField(int index, const QString& text)
    {
        FieldBubble* bubble = bubbleAt(index);
        bubble->setFocus();
        QTest::keyClick(bubble, Qt::Key_Return);
        auto* editor = bubble->findChild<QPlainTextEdit*>(QStringLiteral("fieldEditor"));
        QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(editor, text);
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
    }

    std::string outputOf(std::int64_t row) const
    {
        const auto text = m_page->document()->dataset()->field(row, "output");
        return text ? *text : text.message();
    }

    QString m_path;
};

QTEST_MAIN(TestDataPage)
#include "tst_data_page.moc"
