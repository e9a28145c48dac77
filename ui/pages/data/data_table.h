// SPDX-License-Identifier: GPL-3.0-or-later
// DataTable: the middle of the Data page: counts as chips, what the filter means, the search line, and the table of
// rows. The current row is a row of the data set and survives filters, sorting and edits. What is done to selected
// rows (leaving out, tags) becomes steps of the document.
//
// Threads: GUI thread; rows are read and sorted in jobs of the RowModel.
#pragma once

#include <QWidget>

#include <cstdint>
#include <vector>

class QAction;
class QLabel;
class QTableView;

namespace luthier::ui {

class DataChips;
class DataDocument;
class DataFilterNote;
class DataSearch;
class RowModel;

class DataTable : public QWidget {
    Q_OBJECT

public:
    explicit DataTable(QWidget* parent = nullptr);

    void setDocument(DataDocument* document);
    void setFilter(const QString& id); // of filterItems
    void showRows(const QString& title, std::vector<std::int64_t> rows); // found some other way, in this order
    void setHelp(const QString& help); // what the rows that were shown last are worth
    const QString& filter() const { return m_filter; } // empty: rows found some other way
    void setCurrentRow(std::int64_t row); // shows it, also when the filter hides it
    std::int64_t currentRow() const;      // -1: none
    std::vector<std::int64_t> selectedRows() const;
    std::vector<std::int64_t> shownRows() const; // in the order of the table
    void toggleExcluded();                // of the selected rows: out, or all in again
    void editTags();                      // of the selected rows, in a menu

    void setMaking(const QList<QAction*>& actions); // a button each, beside the counts

    DataSearch* search() const { return m_search; }
    RowModel* model() const { return m_model; }
    QTableView* view() const { return m_view; }

Q_SIGNALS:
    void currentRowChanged(qint64 row);
    void activated(qint64 row);
    void filterChanged(const QString& id); // changed from inside, to show a row
    void clustersWanted(bool near);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildView();
    void addShortcut(const QKeySequence& keys, const QString& help, void (DataTable::*slot)());
    void showMenu(const QPoint& at);
    void showCounts();
    void showColumns();
    void fitTexts();
    void fitStates();
    void copySelection();
    void keepFilterFresh();
    void chooseFilter(const QString& id);
    void showAll();
    void makeCurrent(int viewRow);
    void restrictSearch();
    void excludeShown();

    RowModel* m_model;
    DataSearch* m_search;
    QWidget* m_head;
    QLabel* m_banner;
    DataChips* m_chips;
    DataFilterNote* m_note;
    QTableView* m_view;
    QString m_filter;
};

} // namespace luthier::ui
