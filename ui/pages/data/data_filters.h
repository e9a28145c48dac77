// SPDX-License-Identifier: GPL-3.0-or-later
// DataFilters: what the table of the Data page can be filtered by, with counts, and the check of all rows that finds
// more: its button, progress and time left. Filters without rows are folded away behind one line.
// Threads: GUI thread.
#pragma once

#include "ui/models/data/data_document.h"
#include "ui/models/data/row_filters.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <set>

class QLabel;
class QListWidget;
class QListWidgetItem;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

class DataFilters : public QWidget {
    Q_OBJECT

public:
    explicit DataFilters(QWidget* parent = nullptr);

    void setDocument(DataDocument* document); // null: nothing to filter
    void setFilter(const QString& id);        // shows it as chosen; an unknown one: none
    void startCheck();                        // or cancels it

Q_SIGNALS:
    void filterChosen(const QString& id);
    void versionsWanted();
    void mapWanted();
    void columnsWanted(); // to say which column is what

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Line {
        QString id;      // of the filter; empty: a heading
        FilterFold fold; // of the line that opens and closes a fold, without an id; None: no such line
        QString text;    // of headings and folds
        bool operator==(const Line&) const = default;
    };

    std::vector<Line> linesOf(const std::vector<RowFilterItem>& items) const;
    void refreshSoon();
    void refresh();
    void showItem(QListWidgetItem* line, const RowFilterItem& item) const;
    void onLine(int line);
    bool toggleFold(); // of the current line; false: it is none
    void showProgress();
    void showUnread();

    QPointer<DataDocument> m_document;
    QString m_filter = QStringLiteral("all");
    std::vector<Line> m_shown;
    std::set<FilterFold> m_open;
    QTimer m_refresh;
    QListWidget* m_list;
    QPushButton* m_check;
    QPushButton* m_versions;
    QPushButton* m_map;
    QProgressBar* m_progress;
    QLabel* m_left;
    QLabel* m_unread;
};

} // namespace luthier::ui
