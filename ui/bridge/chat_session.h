// SPDX-License-Identifier: GPL-3.0-or-later
// ChatSession: a conversation with one model. The model is opened at the first question and kept until another is chosen;
// answers stream.
//
// Threads: GUI thread; the model works in jobs, pieces are told about thirty times a second.
#pragma once

#include "core/data/example.h"
#include "core/inference/session.h"
#include "ui/bridge/contender.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <functional>
#include <memory>
#include <vector>

namespace luthier::ui {

// Who answers.
struct ChatPartner {
    QString id;             // tells it apart
    QString name;
    QString model;          // path; empty: nobody
    QStringList adapters = {}; // paths of those that answer over it
    std::function<Result<QString>()> made = {}; // makes what answers of a run's checkpoint first, in a job: the adapter, or `model`
    bool isEmpty() const { return model.isEmpty(); }
    bool operator==(const ChatPartner& other) const { return id == other.id && model == other.model && adapters == other.adapters; }
    Contender contender() const { return {model + u'\n' + adapters.join(u'\n'), name}; }
};

// What was said, and of an answer who gave it.
struct ChatTurn : data::Message {
    Contender by = {}; // empty: a question, or nobody wrote it down
};

class ChatSession : public QObject {
    Q_OBJECT

public:
    explicit ChatSession(QObject* parent = nullptr);
    ~ChatSession() override;

    void setPartner(const ChatPartner& partner); // forgets the conversation and lets the old model go; of the same one takes the name
    const ChatPartner& partner() const { return m_partner; }
    void setSystem(const QString& text) { m_system = text.trimmed(); } // before every conversation, from the next answer on
    void ask(const QString& question, const inference::Sampling& sampling);
    void stop();
    void clear(); // the conversation; the model stays
    void forget(); // clears what was kept, too
    void restore(std::vector<ChatTurn> messages); // goes on with what was said another day

    bool isRunning() const { return m_isRunning; }
    const std::vector<ChatTurn>& messages() const { return m_messages; } // the last one grows while it is answered

Q_SIGNALS:
    void messagesChanged();
    void answered(); // a turn is whole, or the conversation was forgotten by hand: what is to be kept
    void stageChanged(const QString& stage); // "Loading the model..."; how it went at the end
    void failed(const QString& sentence);
    void runningChanged(bool running);

private:
    struct Pieces;

    void generate(const inference::Sampling& sampling);
    void deliver();
    void end(const Result<inference::Generation>& generation, bool isFolded); // isFolded: the system text stood in the question
    void giveUp(const QString& sentence); // takes the unanswered question back
    void setRunning(bool running);

    std::vector<data::Message> asked() const; // with the system text
    ChatPartner m_partner;
    QString m_system;
    std::shared_ptr<inference::Session> m_session; // of m_partner; null: not open
    std::vector<ChatTurn> m_messages;
    std::shared_ptr<Pieces> m_pieces;
    base::CancelToken m_cancel;
    QTimer m_deliver;
    int m_turn = 0; // answers of an earlier one are dropped
    bool m_isRunning = false;
};

} // namespace luthier::ui
