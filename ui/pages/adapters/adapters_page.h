// SPDX-License-Identifier: GPL-3.0-or-later
// AdaptersPage: what was learned: the adapters of the project's runs and imported ones, and what becomes of them.
//
// Threads: GUI thread; disks, database and models are touched in jobs only.
#pragma once

#include "ui/dialogs/publish_dialog.h"
#include "ui/frame/page.h"

#include <QStringList>

class QListView;
class QStackedWidget;

namespace luthier::ui {

class AdapterLibrary;
class AdaptersDetails;
class AdaptersWork;
class CardListModel;
class EmptyState;
class StatusLabel;
class Workspace;

class AdaptersPage : public Page {
    Q_OBJECT

public:
    explicit AdaptersPage(Workspace& workspace, QWidget* parent = nullptr);

    QAction* mainAction() override { return m_import; }
    void activated() override;
    void openFile(const QString& path) override; // imports it
    void reveal(const QString& what) override;   // an adapter's path

    AdaptersWork* work() const { return m_work; }
    AdapterLibrary* library() const { return m_library; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void build();
    void connectParts();
    void fill();
    void showChosen();
    QStringList chosen() const; // paths
    void askForFolder();
    void askForFile();
    void publish(PublishOrder::Kind kind);
    void keepExport(const PublishOrder& order, const publish::Published& published);
    void continueChosen();
    void revealInFolder();
    static void revealPath(const QString& path);
    void deleteChosen();
    void sayProblem(const QString& sentence);

    Workspace& m_workspace;
    QAction* m_import;
    AdapterLibrary* m_library;
    CardListModel* m_model;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QListView* m_view;
    AdaptersDetails* m_details;
    AdaptersWork* m_work;
    StatusLabel* m_problem;
    QStringList m_kept; // chosen when the project was open last, until they are chosen again
    QString m_wanted; // to be chosen once it is read
};

} // namespace luthier::ui
