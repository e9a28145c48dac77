// SPDX-License-Identifier: GPL-3.0-or-later
// RowModel: the rows of a data set, or some of them, as a table, in the order of the file or of a column. The row
// count is true from the start; texts come page by page from jobs and read "..." until then. No proxy over it:
// filters live in the document, and sorting takes what the document knows of its rows.
//
// Threads: GUI thread only.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/data/row_facts.h"
#include "ui/models/data/row_order.h"
#include "ui/models/data/row_pages.h"

#include <QAbstractTableModel>
#include <QPointer>

#include <optional>

namespace luthier::ui {

class DataDocument;

class RowModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NumberColumn, PromptColumn, AnswerColumn, TokensColumn, TurnsColumn, LossBeforeColumn, LossAfterColumn, TagsColumn, StateColumn, NumColumns };
    enum Role {
        RowRole = Qt::UserRole, // qint64: row of the data set, from 0
        StateRole,              // int of RowState
        EditedRole,
        ExcludedRole,
        TokensRole,             // int, -1: not counted
        LimitRole,              // int: the token limit
        TruncatedRole,
        FetchedRole,            // whether texts are here
        TagsRole,               // QStringList
    };

    explicit RowModel(QObject* parent = nullptr);

    void setDocument(DataDocument* document); // null: empty
    DataDocument* document() const;
    // nullopt: all. Shown in the order given unless a column sorts them.
    void setRows(std::optional<std::vector<std::int64_t>> rows);
    bool showsAll() const { return !m_given; }
    bool isInFileOrder() const; // by ascending rows

    std::int64_t rowAt(int viewRow) const;    // row of the data set
    int viewRowOf(std::int64_t row) const;    // -1: not among those shown

    QStringList stateTexts() const; // that rows of the document have, as far as they are read: what the state's column must hold
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    static bool isNumber(int column) { return column == NumberColumn || (column >= TokensColumn && column <= LossAfterColumn); }
    static bool canSort(int column) { return column != PromptColumn && column != AnswerColumn; }
    void sort(int column, Qt::SortOrder order) override; // in a job; column -1: as given
    bool isSorting() const { return m_sorting.isRunning(); }

    int numPagesRead() const { return m_pages->numRead(); }

private:
    std::vector<std::int64_t> keysOf(const std::vector<std::int64_t>& rows) const;
    std::vector<std::int64_t> shownRows(int first, int last) const;
    void takeOrder(std::optional<RowOrder> order);
    void startSorting();
    void onFactsChanged(qint64 first, qint64 last);
    void onRowEdited(qint64 row);
    void showAgain(int firstColumn, int lastColumn);
    QVariant displayed(int viewRow, int column) const;
    QString stateText(std::int64_t row) const;
    static QString stateName(RowState state);
    QStringList tagsOf(std::int64_t row) const;

    QPointer<DataDocument> m_document;
    std::optional<std::vector<std::int64_t>> m_given;
    std::optional<RowOrder> m_order; // nullopt: all rows in the order of the file
    int m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
    RowPages* m_pages;
    JobSlot m_sorting;
};

} // namespace luthier::ui
