// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsSearch: finds models on the hub by their names, and asks for one to be downloaded.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"
#include "ui/widgets/card.h"

#include <QTimer>

class QCheckBox;
class QLineEdit;
class QListView;
class QPushButton;

namespace luthier::ui {

class CardListModel;
class Downloads;
class StatusLabel;

class ModelsSearch : public Card {
    Q_OBJECT

public:
    explicit ModelsSearch(Downloads* downloads, QWidget* parent = nullptr);

    QLineEdit* box() const { return m_words; }

Q_SIGNALS:
    void tokenWanted();

private:
    void build();
    void search();
    void download();
    void refresh();

    Downloads* m_downloads;
    QLineEdit* m_words;
    QCheckBox* m_offline;
    QPushButton* m_token;
    QListView* m_view;
    CardListModel* m_model;
    StatusLabel* m_state;
    QPushButton* m_download;
    QTimer m_later; // searches when typing pauses
    JobSlot m_job;
};

} // namespace luthier::ui
