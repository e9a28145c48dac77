// SPDX-License-Identifier: GPL-3.0-or-later
// DataFilters: what the table of the Data page can be filtered by, with counts, and the check of all rows that finds
// more: its button, progress and time left.
#pragma once

#include "ui/models/data/data_document.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

class QAction;
class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

class DataFilters : public QWidget {
    Q_OBJECT

public:
    explicit DataFilters(QWidget* parent = nullptr);

    void setDocument(DataDocument* document); // null: nothing to filter
    void setFilter(const QString& id);        // shows it as chosen; an unknown one: none
    void setMaking(const QList<QAction*>& actions); // the menu of its button
    void startCheck();                        // or cancels it

Q_SIGNALS:
    void filterChosen(const QString& id);
    void versionsWanted();
    void mapWanted();
    void columnsWanted(); // to say which column is what

protected:
    void changeEvent(QEvent* event) override;

private:
    void refreshSoon();
    void refresh();
    void showProgress();
    void showUnread();

    QPointer<DataDocument> m_document;
    QString m_filter = QStringLiteral("all");
    QStringList m_shown; // ids of the list's lines; empty for headings
    QTimer m_refresh;
    QListWidget* m_list;
    QPushButton* m_check;
    QPushButton* m_versions;
    QPushButton* m_map;
    QPushButton* m_making;
    QProgressBar* m_progress;
    QLabel* m_left;
    QLabel* m_unread;
};

} // namespace luthier::ui
