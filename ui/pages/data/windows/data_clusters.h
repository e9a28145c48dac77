// SPDX-License-Identifier: GPL-3.0-or-later
// DataClusters: groups of rows that are the same or nearly so, one group at a time, its rows side by side with the
// words that differ marked. Keeping one leaves the others out, as a step that can be undone.
// Threads: GUI thread.
#pragma once

#include "ui/models/data/data_checkup.h"

#include <QDialog>
#include <QPointer>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace luthier::ui {

class DataDocument;

class DataClusters : public QDialog {
    Q_OBJECT

public:
    DataClusters(DataDocument* document, Likeness likeness, QWidget* parent = nullptr);

    int numGroups() const { return static_cast<int>(m_groups.size()); }
    int current() const { return m_current; }
    void keep(int place); // of the rows shown; goes on to the next group

private:
    struct Side {
        QString text;
        QString name;
    };

    void showGroup(int group);
    void take(const std::vector<Side>& sides);

    QPointer<DataDocument> m_document;
    DataCheckup::Groups m_groups;
    int m_current = 0;
    JobSlot m_reading;
    QLabel* m_title;
    QHBoxLayout* m_columns;
    QPushButton* m_previous;
    QPushButton* m_next;
};

} // namespace luthier::ui
