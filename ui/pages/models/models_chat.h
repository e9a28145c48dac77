// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsChat: a box to try a model in: questions, answers that stream, a stop, and the sampling settings of Compare.
#pragma once

#include "ui/bridge/chat_session.h"
#include "ui/widgets/card.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace luthier::ui {

class ConversationView;
class SamplingForm;
class StatusLabel;

class ModelsChat : public Card {
    Q_OBJECT

public:
    explicit ModelsChat(QWidget* parent = nullptr);

    void setModel(const QString& path, const QString& name); // empty path: nothing can be asked
    ChatSession* session() const { return m_session; }

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
    QPlainTextEdit* m_question;
    QPushButton* m_ask;
    QPushButton* m_stop;
    QPushButton* m_clear;
    QLabel* m_stage;
    StatusLabel* m_problem;
};

} // namespace luthier::ui
