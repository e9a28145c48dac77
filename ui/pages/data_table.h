// SPDX-License-Identifier: GPL-3.0-or-later
// DataTable: the middle of the Data page: the banner of counts, the search line, and the table of rows.
// The current row is a row of the data set and survives filters and edits.
#pragma once

#include "ui/models/row_facts.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QTableView;
class QToolButton;

namespace luthier::ui {

class DataDocument;
class RowModel;
class RowSearch;

class DataTable : public QWidget {
    Q_OBJECT

public:
    explicit DataTable(QWidget* parent = nullptr);

    void setDocument(DataDocument* document);
    void setFilter(RowFilter filter);
    void setCurrentRow(std::int64_t row); // shows it, also when the filter hides it
    std::int64_t currentRow() const;      // -1: none
    void setNote(const QString& note);    // beside the counts: which model counts the tokens
    void focusSearch();
    void findNext(int direction);

    RowModel* model() const { return m_model; }
    QTableView* view() const { return m_view; }

Q_SIGNALS:
    void currentRowChanged(qint64 row);
    void activated(qint64 row);
    void filterChanged(luthier::ui::RowFilter filter); // changed from inside, to show a row

private:
    void buildSearch();
    void buildView();
    void startSearch();
    void onHitsChanged();
    void showBanner();
    void copySelection() const;
    void keepFilterFresh();

    RowModel* m_model;
    RowSearch* m_search;
    QLabel* m_banner;
    QLabel* m_note;
    QLineEdit* m_searchText;
    QLabel* m_searchCount;
    QToolButton* m_previous;
    QToolButton* m_next;
    QTableView* m_view;
    bool m_jumpToHit = false; // the next hit found is to be shown
};

} // namespace luthier::ui
