// SPDX-License-Identifier: GPL-3.0-or-later
// ChatHistory: the conversations of a project, one with each partner, with the system text and the sampling they are led
// with. Kept in the project after every answer, so that they are there after a restart.
//
// Threads: GUI thread; the database is touched in jobs only.
#pragma once

#include "ui/bridge/chat_session.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>
#include <QString>

#include <vector>

namespace luthier::ui {

class Workspace;

class ChatHistory : public QObject {
    Q_OBJECT

public:
    explicit ChatHistory(Workspace& workspace, QObject* parent = nullptr);

    bool isRead() const { return m_isRead; } // of the open project
    const QString& partner() const { return m_partner; } // talked to last; empty: nobody
    const QString& system() const { return m_system; }
    const Json& sampling() const { return m_sampling; }  // by the keys of inference::samplingFields(); null: none is kept
    const std::vector<ChatTurn>& talkWith(const QString& partner) const; // empty: none yet

    // Kept at once. An empty talk is forgotten; of many and long ones the oldest go.
    void keepTalk(const QString& partner, const std::vector<ChatTurn>& messages);
    void keepSettings(const QString& partner, const QString& system, const Json& sampling);

Q_SIGNALS:
    void read();                          // another project's, or this one's for the first time
    void failed(const QString& sentence); // they could not be kept

private:
    struct Talk {
        QString partner;
        std::vector<ChatTurn> messages;
    };

    void load();
    void readAll();
    void take(const Json& kept);
    void save();
    Json toJson() const;

    Workspace& m_workspace;
    bool m_isRead = false;
    QString m_partner;
    QString m_system;
    Json m_sampling;
    std::vector<Talk> m_talks; // the newest first
    JobSlot m_loading;
    WriteSlot m_saving;
};

} // namespace luthier::ui
