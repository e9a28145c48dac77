// SPDX-License-Identifier: GPL-3.0-or-later
// DataSearch: the search line over the table: a text or a regular expression, in every field or one, with the number
// of rows that match, the way from one to the next, and all of them as a filter.
// Threads: GUI thread; the fields' names are gathered in a job.
#pragma once

#include "ui/models/data/data_document.h"

#include <QPointer>
#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace luthier::ui {

class RowSearch;

class DataSearch : public QWidget {
    Q_OBJECT

public:
    explicit DataSearch(QWidget* parent = nullptr);

    void setRows(DataDocument* document, std::optional<std::vector<std::int64_t>> rows); // to look in; nullopt: all
    void setCurrentRow(std::int64_t row);
    void take(); // the focus
    void findNext(int direction);

    // What is being looked for, for the replacement to begin with.
    QString text() const;
    QString field() const; // empty: all
    bool isRegex() const;
    void setOrder(std::function<int(std::int64_t row)> placeOf); // see RowSearch
    std::vector<std::pair<QString, QString>> fields() const; // shown name, name

Q_SIGNALS:
    void rowWanted(qint64 row);
    void rowsWanted(const QString& title, std::vector<std::int64_t> rows);
    void replaceWanted();
    void left(); // Escape

private:
    void build();
    void start();
    void showHits();
    void readFields();

    QPointer<DataDocument> m_document;
    QPointer<DataDocument> m_fieldsOf; // whose names the field box shows
    std::optional<std::vector<std::int64_t>> m_rows;
    std::int64_t m_row = -1;
    bool m_jumpToHit = false; // the next hit found is to be shown
    QString m_problem;

    RowSearch* m_search;
    QLineEdit* m_text;
    QAction* m_regex;
    QComboBox* m_field;
    QLabel* m_count;
    QToolButton* m_previous;
    QToolButton* m_next;
    QToolButton* m_all;
    QToolButton* m_replace;
};

} // namespace luthier::ui
