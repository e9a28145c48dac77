// SPDX-License-Identifier: GPL-3.0-or-later
// ChatCard: a conversation with one model or adapter: a system text, several turns, answers that stream, a stop, and the
// sampling settings of Compare. Enter sends, Shift+Enter starts a new line.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/chat_session.h"
#include "ui/widgets/card.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace luthier::ui {

class ConversationView;
class PromptBox;
class SamplingForm;
class StatusLabel;

class ChatCard : public Card {
    Q_OBJECT

public:
    explicit ChatCard(const QString& title, QWidget* parent = nullptr);

    void setPartner(const ChatPartner& partner); // an empty one: nothing can be asked
    ChatSession* session() const { return m_session; }
    QString system() const;
    Json sampling() const;
    void setSettings(const QString& system, const Json& sampling); // as they were kept; null: as they are

Q_SIGNALS:
    void settingsChanged(); // a person changed the system text or the sampling

private:
    void build();
    void connectSession();
    void ask();
    void showMessages();
    void refresh();

    ChatSession* m_session;
    ConversationView* m_view;
    QLabel* m_hint;
    SamplingForm* m_sampling;
    QPushButton* m_settings;
    QPlainTextEdit* m_system;
    PromptBox* m_question;
    QPushButton* m_ask;
    QPushButton* m_stop;
    QPushButton* m_clear;
    QLabel* m_stage;
    StatusLabel* m_problem;
};

} // namespace luthier::ui
