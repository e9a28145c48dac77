// SPDX-License-Identifier: GPL-3.0-or-later
// ChatPage: talk to any model of this machine, to what a run of the project made, or to an adapter, over several turns. Each
// partner's conversation is kept with the project and goes on another day.
//
// Threads: GUI thread; models, files and the project's database are touched in jobs only.
#pragma once

#include "ui/bridge/chat_session.h"
#include "ui/bridge/job.h"
#include "ui/frame/page.h"
#include "ui/models/runs/tuned_runs.h"

#include <vector>

class QComboBox;

namespace luthier::ui {

class ChatCard;
class ChatHistory;
class StatusLabel;
class Workspace;

class ChatPage : public Page {
    Q_OBJECT

public:
    explicit ChatPage(Workspace& workspace, QWidget* parent = nullptr);

    void activated() override { reload(); }
    void reveal(const QString& what) override; // "run:12", or the path of a model or an adapter

    ChatCard* card() const { return m_card; }
    QString partner() const; // id of the chosen one

private:
    void reload();
    void fill();
    void choose();
    void takeHistory(); // once it is read
    void keepSettings();

    Workspace& m_workspace;
    ChatHistory* m_history;
    std::vector<TunedRun> m_runs;
    std::vector<ChatPartner> m_partners; // by the box's lines; a separator is an empty one
    QString m_wanted;                    // to be chosen once it is read
    bool m_isTyped = false;              // settings were changed by hand since the project came
    bool m_isChosen = false; // by a person, now or when the project was open last
    JobSlot m_job;
    QComboBox* m_choice;
    StatusLabel* m_note;
    ChatCard* m_card;
};

} // namespace luthier::ui
