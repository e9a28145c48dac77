// SPDX-License-Identifier: GPL-3.0-or-later
// RowModel and DataDocument: true row counts, page by page reading, filters that equal the counts, and edits whose
// undo gives the rows back.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/store/project.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_documents.h"
#include "ui/models/data/data_step.h"
#include "ui/models/data/edit_saver.h"
#include "ui/models/data/replace_model.h"
#include "ui/models/data/row_filters.h"
#include "ui/models/data/row_model.h"
#include "ui/models/data/row_search.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QUndoStack>
#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kNumRows = 1500;

std::string goodRow(int i)
{
    return R"({"instruction":"Question )" + std::to_string(i) + R"(","input":"","output":"Answer )" + std::to_string(i) + "\"}\n";
}

bool isBrokenRow(int i) { return i % 100 == 7; }

std::string fileText()
{
    std::string text;
    for (int i = 0; i < kNumRows; ++i) {
        text += isBrokenRow(i) ? "{\"instruction\": \"torn\n" : goodRow(i);
    }
    return text;
}

} // namespace

class TestRowModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(m_path.toStdString(), fileText()).ok());
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("project")).toStdString());
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        m_project = *project;
        m_documents = std::make_unique<DataDocuments>();
        m_document = m_documents->add(openDocument());
        m_model = std::make_unique<RowModel>();
        m_tester = std::make_unique<QAbstractItemModelTester>(m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_model->setDocument(m_document);
    }

    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
        m_documents.reset();
        m_project.reset();
    }

    void countIsTrueAndPagesComeWhenLookedAt()
    {
        QCOMPARE(m_model->rowCount(), kNumRows);
        const QModelIndex far = m_model->index(kNumRows - 1, RowModel::PromptColumn);
        QCOMPARE(far.data().toString(), QStringLiteral("\u2026"));
        QTRY_COMPARE(far.data().toString(), QStringLiteral("Question %1").arg(kNumRows - 1));
        QCOMPARE(far.siblingAtColumn(RowModel::AnswerColumn).data().toString(), QStringLiteral("Answer %1").arg(kNumRows - 1));
        QVERIFY(m_model->numPagesRead() <= 3); // the tester looks at the beginning, too
    }

    void headingsStandOverTheirColumns()
    {
        for (int column = 0; column < m_model->columnCount(); ++column) {
            const auto heading = m_model->headerData(column, Qt::Horizontal, Qt::TextAlignmentRole).value<Qt::Alignment>();
            QVERIFY(heading != Qt::Alignment());
            QCOMPARE(heading, m_model->index(0, column).data(Qt::TextAlignmentRole).value<Qt::Alignment>());
        }
    }

    void brokenRowsCarryTheirSentence()
    {
        const QModelIndex broken = m_model->index(7, RowModel::PromptColumn);
        QTRY_VERIFY(broken.data(RowModel::FetchedRole).toBool());
        QVERIFY(broken.data(Qt::ToolTipRole).toString().contains(QStringLiteral("8"))); // counted from 1
        QVERIFY(broken.data().toString().startsWith(u'{'));
    }

    void filtersEqualTheCounts()
    {
        judgeAll();
        const DataCounts counts = m_document->counts();
        QCOMPARE(counts.rows, kNumRows);
        QCOMPARE(counts.checked, kNumRows);
        QCOMPARE(counts.broken, kNumRows / 100);
        QCOMPARE(counts.good, kNumRows - kNumRows / 100);
        for (const FilterRow& filter : rowFilters()) {
            m_model->setRows(rowsOfFilter(*m_document, QString::fromLatin1(filter.id)));
            QCOMPARE(m_model->rowCount(), static_cast<int>(counts.of(filter.filter)));
        }
        m_model->setRows(m_document->rowsOf(RowFilter::Broken));
        for (int i = 0; i < m_model->rowCount(); ++i) {
            QVERIFY(isBrokenRow(static_cast<int>(m_model->rowAt(i))));
            QCOMPARE(m_model->viewRowOf(m_model->rowAt(i)), i);
        }
    }

    void undoGivesTheRowsBack()
    {
        judgeAll();
        const std::vector<Json> before = allRows();
        const DataCounts countsBefore = m_document->counts();
        QUndoStack stack;
        pushOn(stack);
        base::Random random(20);
        for (int i = 0; i < 60; ++i) {
            const auto row = static_cast<std::int64_t>(random.below(40)); // few rows: many meet twice
            if (isBrokenRow(static_cast<int>(row))) {
                continue;
            }
            const int steps = stack.count();
            const char* field = random.below(2) == 0 ? "output" : "instruction";
            m_document->prepareEdit(row, QString::fromLatin1(field), QStringLiteral("edit %1").arg(random.next()));
            QTRY_COMPARE(stack.count(), steps + 1);
        }
        QVERIFY(m_document->counts().edited > 5);
        QVERIFY(allRows() != before);
        const std::vector<Json> after = allRows();

        while (stack.canUndo()) {
            stack.undo();
        }
        QCOMPARE(allRows() == before, true);
        QCOMPARE(m_document->counts().edited, 0);
        QTRY_COMPARE(m_document->counts().checked, countsBefore.checked);
        QCOMPARE(m_document->counts().good, countsBefore.good);
        while (stack.canRedo()) {
            stack.redo();
        }
        QCOMPARE(allRows() == after, true);
        QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);
        // Another day: what was called saved is there.
        const auto again = openDocument();
        for (std::int64_t row = 0; row < 40; ++row) {
            QCOMPARE(again->dataset()->edit(row) == m_document->dataset()->edit(row), true);
        }
    }

    void editShowsInTheTable()
    {
        const QModelIndex answer = m_model->index(2, RowModel::AnswerColumn);
        QTRY_COMPARE(answer.data().toString(), QStringLiteral("Answer 2"));
        QUndoStack stack;
        pushOn(stack);
        m_document->prepareEdit(2, QStringLiteral("output"), QStringLiteral("Another answer"));
        QTRY_COMPARE(answer.data().toString(), QStringLiteral("Another answer"));
        QVERIFY(answer.data(RowModel::EditedRole).toBool());
    }

    void exclusionsCountAndAreUndone()
    {
        judgeAll();
        const DataCounts before = m_document->counts();
        QUndoStack stack;
        pushOn(stack);
        m_document->prepareExclusion({3, 7, 5, 3}, true); // 7 is broken
        QCOMPARE(stack.count(), 1);
        QCOMPARE(m_document->counts().excluded, 3);
        QCOMPARE(m_document->counts().good, before.good - 2);
        QCOMPARE(m_document->counts().broken, before.broken - 1);
        QVERIFY(m_model->index(3, 0).data(RowModel::ExcludedRole).toBool());
        m_document->prepareExclusion({3, 5}, true); // are out already
        QCOMPARE(stack.count(), 1);
        QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);
        QCOMPARE(*m_project->exclusions(m_path.toStdString()), (data::Exclusions{3, 5, 7}));
        stack.undo();
        QCOMPARE(m_document->counts().excluded, 0);
        QCOMPARE(m_document->counts().good, before.good);
        QTRY_VERIFY(m_project->exclusions(m_path.toStdString())->empty());
    }

    void replacementsAreAModel()
    {
        const auto pattern = text::TextPattern::compile("Answer 1(\\d)$", {.isRegex = true});
        Replacements found = findReplacements(*m_document->dataset(), {*pattern, {}}, "no. $1", {});
        QCOMPARE(found.rows.size(), std::size_t{10});
        ReplaceModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setReplacements(std::move(found.rows));
        QCOMPARE(model.numWanted(), 10);
        QVERIFY(model.setData(model.index(3, ReplaceModel::RowColumn), Qt::Unchecked, Qt::CheckStateRole));
        QCOMPARE(model.wanted().size(), std::size_t{9});
        QCOMPARE(model.index(2, ReplaceModel::AfterColumn).data().toString(), QStringLiteral("no. 2"));
        const auto wrong = text::TextPattern::compile("(Answer)", {.isRegex = true});
        QVERIFY(!findReplacements(*m_document->dataset(), {*wrong, {}}, "$7", {}).problem.isEmpty());
    }

    void aTagIsAFilter()
    {
        QUndoStack stack;
        pushOn(stack);
        m_document->prepareTag({2, 4}, QStringLiteral("look again"), true);
        m_document->prepareTag({4, 6}, QStringLiteral("look again"), true);
        const auto rows = rowsOfFilter(*m_document, QStringLiteral("tag:look again"));
        QVERIFY(rows == std::vector<std::int64_t>({2, 4, 6}));
        QCOMPARE(m_model->index(4, RowModel::TagsColumn).data().toString(), QStringLiteral("look again"));
        stack.undo(); // takes it off 6 alone: 4 had it before
        QVERIFY(rowsOfFilter(*m_document, QStringLiteral("tag:look again")) == std::vector<std::int64_t>({2, 4}));
        QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);
        QCOMPARE(m_project->tags(m_path.toStdString())->size(), std::size_t{2});
    }

    void stepsComeBackOnAnotherDay()
    {
        {
            QUndoStack stack;
            pushOn(stack);
            m_document->prepareExclusion({1}, true);
            m_document->prepareExclusion({2}, true);
            m_document->prepareTag({1}, QStringLiteral("x"), true);
            stack.undo();
            QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);
        }
        DataDocuments documents;
        QUndoStack stack;
        documents.restore(*m_project->steps(1 << 20), stack);
        QCOMPARE(stack.count(), 3);
        QCOMPARE(stack.index(), 2);
        QSignalSpy wanted(&documents, &DataDocuments::wanted);
        stack.undo(); // its file is not open: it is asked for, and the step is done when it comes
        QCOMPARE(wanted.count(), 1);
        DataDocument* document = documents.add(openDocument());
        QVERIFY(document->isExcluded(1) && !document->isExcluded(2));
        stack.redo();
        QVERIFY(document->isExcluded(2));
        stack.redo();
        QCOMPARE(document->tags().size(), std::size_t{1});
        stack.setIndex(0);
        QVERIFY(document->tags().empty() && document->counts().excluded == 0);
        QTRY_COMPARE(document->saver()->state(), EditSaver::State::Saved);
        QVERIFY(m_project->exclusions(m_path.toStdString())->empty());
    }

    void randomSequencesUndoneGiveTheSameBytes_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 6; ++seed) {
            QTest::addRow("%d", seed) << seed;
        }
    }

    void randomSequencesUndoneGiveTheSameBytes()
    {
        QFETCH(int, seed);
        QUndoStack stack;
        pushOn(stack);
        base::Random random(static_cast<std::uint64_t>(seed));
        std::vector<std::string> exports{exported(*m_document)};
        for (int i = 0; i < 40; ++i) {
            if (stack.canUndo() && random.below(4) == 0) { // back, and maybe on with something else
                stack.undo();
                QCOMPARE(exported(*m_document) == exports[static_cast<std::size_t>(stack.index())], true);
                continue;
            }
            const int before = stack.index();
            editSomething(random);
            QTRY_VERIFY(stack.index() == before + 1);
            exports.resize(static_cast<std::size_t>(before) + 1);
            exports.push_back(exported(*m_document));
        }
        QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);
        const int reached = stack.index();
        QVERIFY(reached > 5);
        while (stack.canUndo()) {
            stack.undo();
            QCOMPARE(exported(*m_document) == exports[static_cast<std::size_t>(stack.index())], true);
        }
        stack.setIndex(reached);
        QCOMPARE(exported(*m_document) == exports[static_cast<std::size_t>(reached)], true);
        QTRY_COMPARE(m_document->saver()->state(), EditSaver::State::Saved);

        // On another day, with another document: from the end to the start and back.
        DataDocuments documents;
        QUndoStack again;
        documents.restore(*m_project->steps(1 << 24), again);
        DataDocument* document = documents.add(openDocument());
        QCOMPARE(again.index(), reached);
        QCOMPARE(exported(*document) == exports[static_cast<std::size_t>(reached)], true);
        again.setIndex(0);
        QCOMPARE(exported(*document) == exports.front(), true);
        QTRY_COMPARE(document->saver()->state(), EditSaver::State::Saved);
        QVERIFY(m_project->edits(m_path.toStdString())->empty() && m_project->exclusions(m_path.toStdString())->empty());
        QVERIFY(m_project->tags(m_path.toStdString())->empty());
    }

    void sortsByWhatIsKnown()
    {
        judgeAll();
        const QPersistentModelIndex kept = m_model->index(1000, 0);
        m_model->sort(RowModel::TokensColumn, Qt::DescendingOrder);
        QTRY_VERIFY(!m_model->isSorting());
        for (int i = 1; i < m_model->rowCount(); ++i) {
            QVERIFY(m_model->index(i - 1, 0).data(RowModel::TokensRole).toInt() >= m_model->index(i, 0).data(RowModel::TokensRole).toInt());
            QCOMPARE(m_model->viewRowOf(m_model->rowAt(i)), i);
        }
        QCOMPARE(m_model->rowAt(kept.row()), 1000); // what is selected stays selected
        m_model->sort(-1, Qt::AscendingOrder);
        QCOMPARE(m_model->rowAt(10), 10);
    }

    void theCheckFindsAndFollows()
    {
        QUndoStack stack;
        pushOn(stack);
        m_document->prepareEdit(20, QStringLiteral("output"), QStringLiteral("Write to a.person@example.org"));
        QTRY_COMPARE(stack.count(), 1);
        m_document->prepareChange(21, {}, [](const Json&) -> Result<Json> {
            return Json{{"instruction", "Question 22"}, {"input", ""}, {"output", "Answer 22"}};
        });
        QTRY_COMPARE(stack.count(), 2);
        DataCheckup* checkup = m_document->checkup();
        QVERIFY(!checkup->hasResult());
        checkup->start();
        QTRY_VERIFY_WITH_TIMEOUT(!checkup->isRunning() && checkup->hasResult(), 20'000);
        QCOMPARE(checkup->count(data::findCheck("email")), 1);
        QVERIFY(checkup->rowsOf(data::findCheck("email")) == std::vector<std::int64_t>{20});
        QVERIFY(rowsOfFilter(*m_document, QStringLiteral("copies")) == std::vector<std::int64_t>({21, 22}));
        for (const RowFilterItem& item : filterItems(*m_document)) {
            if (const auto rows = rowsOfFilter(*m_document, item.id)) {
                QCOMPARE(static_cast<std::int64_t>(rows->size()), item.count);
            }
        }
        m_document->prepareExclusion(data::Duplicates::surplus(checkup->groups(Likeness::Exact)), true);
        QVERIFY(m_document->isExcluded(22) && checkup->groups(Likeness::Exact).empty());
        m_document->prepareEdit(20, QStringLiteral("output"), QStringLiteral("Write to nobody"));
        QTRY_COMPARE(checkup->count(data::findCheck("email")), 0);
        stack.setIndex(0);
        QTRY_COMPARE(m_document->counts().edited, 0);
    }

    void anotherLimitCountsAnew()
    {
        judgeAll();
        QCOMPARE(m_document->counts().truncated, 0);
        m_document->setLimit(1);
        const DataCounts tight = m_document->counts();
        QCOMPARE(tight.truncated, tight.good);
        QCOMPARE(tight.nothingToLearn, tight.good);
        m_document->setLimit(1024);
        QCOMPARE(m_document->counts().truncated, 0);
        QCOMPARE(m_document->counts().nothingToLearn, 0);
    }

    void searchFindsInOrderAndWraps()
    {
        RowSearch search;
        const auto look = [&](const QString& text, bool isRegex = false, const char* field = "") {
            const text::PatternOptions options{.isRegex = isRegex};
            auto pattern = text::TextPattern::compile(text.toStdString(), options);
            Q_ASSERT(pattern.ok());
            search.start(m_document->dataset(), std::nullopt, {*pattern, field, data::plainNeedle(text.toStdString(), options)});
        };
        look(QStringLiteral("QUESTION 12"));
        QTRY_VERIFY(!search.isRunning());
        std::vector<std::int64_t> expected;
        for (int i = 0; i < kNumRows; ++i) {
            if (!isBrokenRow(i) && QString::number(i).startsWith(QStringLiteral("12"))) {
                expected.push_back(i);
            }
        }
        QCOMPARE(search.hits(), expected);
        QCOMPARE(search.nextHit(12, 1), 120);
        QCOMPARE(search.nextHit(12, -1), expected.back());
        QCOMPARE(search.nextHit(expected.back(), 1), 12);
        QCOMPARE(search.numberOf(120), 2);
        look(QStringLiteral("torn"));
        QTRY_VERIFY(!search.isRunning());
        QCOMPARE(search.hits().size(), static_cast<std::size_t>(kNumRows / 100));
        look(QStringLiteral("^question 12\\d$"), true);
        QTRY_VERIFY(!search.isRunning());
        QCOMPARE(search.hits().size(), std::size_t{10});
        look(QStringLiteral("Question 12"), false, "output"); // stands in another field
        QTRY_VERIFY(!search.isRunning());
        QVERIFY(search.hits().empty());
        look(QStringLiteral("Question"));
        search.stop();
        QVERIFY(!search.isRunning());
        QVERIFY(search.hits().empty());
    }

private:
    std::unique_ptr<DataDocument> openDocument()
    {
        auto opened = DataDocuments::open(m_project.get(), m_path, QStringLiteral("auto"), {});
        Q_ASSERT(opened.ok());
        return std::make_unique<DataDocument>(std::move(*opened), m_project);
    }

    void pushOn(QUndoStack& stack)
    {
        connect(m_document, &DataDocument::stepPrepared, &stack,
                [this, &stack](const StepRecord& step) { stack.push(new DataStep(m_documents.get(), step)); });
    }

    void judgeAll()
    {
        auto encoder = data::Encoder::load(base::bundledModel());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        m_document->setEncoder(*encoder, {});
        QTRY_VERIFY_WITH_TIMEOUT(!m_document->isChecking(), 20'000);
    }

    // What is written when the set is saved elsewhere, and the tags.
    static std::string exported(const DataDocument& document)
    {
        std::string text;
        for (std::int64_t row = 0; row < 60; ++row) {
            const auto json = document.dataset()->row(row);
            if (json && !document.dataset()->isExcluded(row)) {
                text += base::dumpJson(*json) + '\n';
            }
            for (const std::string& tag : document.tagsOf(row)) {
                text += "#" + tag;
            }
        }
        return text;
    }

    // One step that changes something, among the first sixty rows.
    void editSomething(base::Random& random)
    {
        std::int64_t row = static_cast<std::int64_t>(random.below(60));
        row += isBrokenRow(static_cast<int>(row)) ? 1 : 0;
        const QString fresh = QString::number(random.next());
        switch (random.below(6)) {
        case 0: m_document->prepareEdit(row, QStringLiteral("output"), fresh); break;
        case 1: m_document->prepareExclusion({row, row + 1}, !m_document->isExcluded(row)); break;
        case 2: m_document->prepareTag({row, row + 2}, fresh.left(1), !m_document->tagsOf(row).contains(fresh.left(1).toStdString())); break;
        case 3: { // the edits taken back, or a first one made
            if (m_document->isEdited(row)) {
                m_document->prepareRevert(row);
            } else {
                m_document->prepareEdit(row, QStringLiteral("instruction"), fresh);
            }
            break;
        }
        case 4:
            m_document->prepareChange(row, QStringLiteral("change"), [fresh](const Json& was) -> Result<Json> {
                Json now = was;
                now[fresh.left(3).toStdString()] = {{"deep", {1, nullptr, fresh.toStdString()}}};
                now.erase("input");
                return now;
            });
            break;
        default: { // many rows at once, as replacing does
            const auto pattern = text::TextPattern::compile("[0-9]", {.isRegex = true});
            Replacements found = findReplacements(*m_document->dataset(), {*pattern, "output"}, fresh.left(2).toStdString(), {});
            store::EditStep step;
            for (const Replacement& one : found.rows) {
                if (one.change.row < 60) {
                    step.rows.push_back(one.change);
                }
            }
            if (step.isEmpty()) {
                m_document->prepareEdit(row, QStringLiteral("output"), fresh);
            } else {
                m_document->prepareStep(std::move(step), QStringLiteral("replace"));
            }
        }
        }
    }

    std::vector<Json> allRows() const
    {
        std::vector<Json> rows;
        for (std::int64_t row = 0; row < kNumRows; ++row) {
            const auto json = m_document->dataset()->row(row);
            rows.push_back(json ? *json : Json(json.message()));
        }
        return rows;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    std::shared_ptr<store::Project> m_project;
    std::unique_ptr<DataDocuments> m_documents;
    DataDocument* m_document = nullptr; // of m_documents
    std::unique_ptr<RowModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_MAIN(TestRowModel)
#include "tst_row_model.moc"
