// SPDX-License-Identifier: GPL-3.0-or-later
// RowModel and DataDocument: true row counts, page by page reading, filters that equal the counts, and edits whose
// undo gives the rows back.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/store/project.h"
#include "ui/commands/edit_row.h"
#include "ui/models/data_document.h"
#include "ui/models/edit_saver.h"
#include "ui/models/row_model.h"
#include "ui/models/row_search.h"

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
        m_document = openDocument();
        m_model = std::make_unique<RowModel>();
        m_tester = std::make_unique<QAbstractItemModelTester>(m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_model->setDocument(m_document.get());
    }

    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
        m_document.reset();
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
            m_model->setFilter(filter.filter);
            QCOMPARE(m_model->rowCount(), static_cast<int>(counts.of(filter.filter)));
        }
        m_model->setFilter(RowFilter::Broken);
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
        connect(m_document.get(), &DataDocument::editPrepared, this,
                [this, &stack](const RowEdit& edit) { stack.push(new EditRow(m_document.get(), edit, QStringLiteral("edit"))); });
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
        QSignalSpy prepared(m_document.get(), &DataDocument::editPrepared);
        m_document->prepareEdit(2, QStringLiteral("output"), QStringLiteral("Another answer"));
        QVERIFY(prepared.wait());
        EditRow command(m_document.get(), prepared.at(0).at(0).value<RowEdit>(), {});
        command.redo();
        QTRY_COMPARE(answer.data().toString(), QStringLiteral("Another answer"));
        QVERIFY(answer.data(RowModel::EditedRole).toBool());
    }

    void searchFindsInOrderAndWraps()
    {
        RowSearch search;
        QSignalSpy finished(&search, &RowSearch::finished);
        std::vector<std::int64_t> rows;
        for (int i = 0; i < kNumRows; ++i) {
            rows.push_back(i);
        }
        search.start(m_document->dataset(), rows, QStringLiteral("QUESTION 12"));
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
        search.start(m_document->dataset(), rows, QStringLiteral("torn"));
        QTRY_VERIFY(!search.isRunning());
        QCOMPARE(search.hits().size(), static_cast<std::size_t>(kNumRows / 100));
        search.start(m_document->dataset(), rows, QStringLiteral("Question"));
        search.cancel();
        QVERIFY(!search.isRunning());
        QVERIFY(search.hits().empty());
    }

private:
    std::unique_ptr<DataDocument> openDocument()
    {
        data::OpenOptions options;
        if (auto edits = m_project->edits(m_path.toStdString())) {
            options.overlay = *edits;
        }
        auto dataset = data::Dataset::open(m_path.toStdString(), options);
        Q_ASSERT(dataset.ok());
        std::vector<std::int64_t> edited;
        for (const auto& [row, json] : options.overlay) {
            edited.push_back(row);
        }
        return std::make_unique<DataDocument>(DataDocument::Opened{*dataset, edited, m_path}, m_project);
    }

    void judgeAll()
    {
        auto encoder = data::Encoder::load(base::bundledModel());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        m_document->setEncoder(*encoder, {});
        QTRY_VERIFY_WITH_TIMEOUT(!m_document->isChecking(), 20'000);
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
    std::unique_ptr<DataDocument> m_document;
    std::unique_ptr<RowModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_MAIN(TestRowModel)
#include "tst_row_model.moc"
