// SPDX-License-Identifier: GPL-3.0-or-later
// DataFilterNote: above the table while a filter is on: what its rows have in common, what that means for training,
// and the remedy as a button. All it does can be undone.
// Threads: GUI thread.
#pragma once

#include "ui/models/data/data_document.h"

#include <QFrame>
#include <QPointer>

class QLabel;
class QPushButton;

namespace luthier::ui {

class DataFilterNote : public QFrame {
    Q_OBJECT

public:
    explicit DataFilterNote(QWidget* parent = nullptr);

    void setDocument(DataDocument* document);
    void setFilter(const QString& id);                       // one of filterItems
    void setRows(const QString& title, std::int64_t number); // rows found some other way
    void setHelp(const QString& help);
    void refresh();                                          // counts have changed

Q_SIGNALS:
    void allWanted();
    void clustersWanted(bool near); // duplicates side by side
    void excludeShownWanted();      // the rows in the table

private:
    void applyRemedy();

    QPointer<DataDocument> m_document;
    QString m_filter;
    QLabel* m_title;
    QLabel* m_help;
    QPushButton* m_remedy;
    QPushButton* m_clusters;
    QPushButton* m_all;
};

} // namespace luthier::ui
