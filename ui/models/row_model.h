// SPDX-License-Identifier: GPL-3.0-or-later
// RowModel: the rows of a data set, or those a filter names, as a table. The row count is true from the start;
// texts come page by page from jobs and read "..." until then. No proxy over it: filters live in the document.
//
// Threads: GUI thread only.
#pragma once

#include "ui/models/row_facts.h"

#include <QAbstractTableModel>
#include <QPointer>

#include <optional>
#include <unordered_map>

namespace luthier::ui {

class DataDocument;

class RowModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NumberColumn, PromptColumn, AnswerColumn, TokensColumn, StateColumn, NumColumns };
    enum Role {
        RowRole = Qt::UserRole, // qint64: row of the data set, from 0
        StateRole,              // int of RowState
        EditedRole,
        TokensRole,             // int, -1: not counted
        LimitRole,              // int: the token limit
        TruncatedRole,
        FetchedRole,            // whether texts are here
    };

    explicit RowModel(QObject* parent = nullptr);

    void setDocument(DataDocument* document); // null: empty
    DataDocument* document() const;
    void setFilter(RowFilter filter);
    RowFilter filter() const { return m_filter; }
    void refilter(); // takes the filter's rows as they are known now

    std::int64_t rowAt(int viewRow) const;    // row of the data set
    int viewRowOf(std::int64_t row) const;    // -1: filtered away

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    int numPagesRead() const { return m_numPagesRead; }

private:
    struct Preview {
        QString prompt;
        QString answer;
        QString problem; // the sentence of a broken row
    };
    struct Page {
        std::vector<Preview> rows;
        std::uint64_t used = 0; // for throwing out the oldest
        bool stale = false;     // a row was edited: shown until the new one is here
    };

    static std::vector<Preview> readPage(const data::Dataset& dataset, const std::vector<std::int64_t>& rows);
    const Preview* preview(int viewRow) const;
    void want(std::int64_t page) const;
    void fetchNext();
    void takePage(std::int64_t page, std::vector<Preview> rows, int version);
    void dropPages();
    void onFactsChanged(qint64 first, qint64 last);
    void onRowEdited(qint64 row);
    QVariant displayed(int viewRow, int column) const;
    QString stateText(std::int64_t row) const;

    QPointer<DataDocument> m_document;
    RowFilter m_filter = RowFilter::All;
    std::optional<std::vector<std::int64_t>> m_rows; // sorted; nullopt: all
    mutable std::unordered_map<std::int64_t, Page> m_pages;
    mutable std::vector<std::int64_t> m_wanted; // newest last, which is fetched first
    mutable std::uint64_t m_clock = 0;
    mutable bool m_fetchScheduled = false;
    std::int64_t m_inFlight = -1;
    int m_version = 0; // of document, filter: answers of older ones are dropped
    int m_numPagesRead = 0;
};

} // namespace luthier::ui
