// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsPage: what is on this machine and what the hub has; one model's details, and a box to try it.
//
// Threads: GUI thread; disks, network and models are touched in jobs only.
#pragma once

#include "ui/frame/page.h"

class QLabel;

namespace luthier::ui {

class ChatCard;
class Downloads;
class ModelsDetails;
class ModelsDownloads;
class ModelsList;
class ModelsSearch;
class StatusLabel;
class Workspace;

class ModelsPage : public Page {
    Q_OBJECT

public:
    explicit ModelsPage(Workspace& workspace, QWidget* parent = nullptr);

    QAction* mainAction() override { return m_add; }
    void activated() override;
    void openFile(const QString& path) override; // adds a model folder or a .gguf file
    void reveal(const QString& what) override;   // a model's path

    Downloads* downloads() const { return m_downloads; }
    ChatCard* chat() const { return m_chat; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void build();
    void connectParts();
    void askForFolder();
    void askForFile();
    void showModel(const QString& path);
    void useInTune(const QString& path);
    void revealInFolder(const QString& path);
    void deleteModel(const QString& path);
    void moveToTrash(const QString& folder, const QString& name);
    void showToken();
    void sayProblem(const QString& sentence);

    Workspace& m_workspace;
    QAction* m_add;
    Downloads* m_downloads;
    ModelsList* m_list;
    ModelsSearch* m_search;
    ModelsDownloads* m_downloadList;
    ModelsDetails* m_details;
    ChatCard* m_chat;
    StatusLabel* m_problem;
};

} // namespace luthier::ui
