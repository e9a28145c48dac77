// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsList: the models on this machine as cards, and what is done with the chosen one's place: add, remove.
// Threads: GUI thread.
#pragma once

#include "ui/models/card_list_model.h"

#include <QWidget>

class QListView;
class QPushButton;

namespace luthier::ui {

class EmptyState;
class ModelLibrary;
class StatusLabel;

class ModelsList : public QWidget {
    Q_OBJECT

public:
    explicit ModelsList(ModelLibrary* library, QWidget* parent = nullptr);

    QString current() const; // path; empty: none
    void choose(const QString& path); // also one that the library has not read yet
    QListView* view() const { return m_view; }

Q_SIGNALS:
    void chosen(const QString& path);
    void activated(const QString& path);
    void addFolderWanted();
    void addFileWanted();
    void deleteWanted(const QString& path);

private:
    void fill();

    ModelLibrary* m_library;
    CardListModel* m_model;
    QListView* m_view;
    StatusLabel* m_note;
    QString m_wanted;
};

} // namespace luthier::ui
