// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/chat/chat_card.h"

#include "ui/base/window_sentence.h"
#include "ui/pages/compare/compare_sampling.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/prompt_box.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kQuestionLines = 2;
constexpr int kSystemLines = 2;

} // namespace

ChatCard::ChatCard(const QString& title, QWidget* parent)
    : Card(title, parent), m_session(new ChatSession(this)), m_view(new ConversationView), m_hint(new StatusLabel(Token::TextQuiet)),
      m_sampling(new SamplingForm), m_settings(makeButton(QStringLiteral("chatSettings"), tr("Settings"), tr("The system text, and how the next token is chosen"))),
      m_system(new QPlainTextEdit), m_question(new PromptBox(kQuestionLines)),
      m_ask(makeButton(QStringLiteral("chatAsk"), tr("Ask"), tr("Let the model answer (Enter)"))),
      m_stop(makeButton(QStringLiteral("chatStop"), tr("Stop"), tr("Stop the answer (Esc)"))),
      m_clear(makeButton(QStringLiteral("chatClear"), tr("Start over"), tr("Forget this conversation"))), m_stage(new ElidedLabel(Token::TextQuiet)),
      m_problem(new StatusLabel(Token::Bad))
{
    build();
    connectSession();
    refresh();
}

void ChatCard::build()
{
    m_view->setObjectName(QStringLiteral("chatMessages"));
    m_hint->setObjectName(QStringLiteral("chatHint"));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    m_settings->setCheckable(true);
    m_system->setObjectName(QStringLiteral("chatSystem"));
    m_system->setAccessibleName(tr("System text"));
    m_system->setPlaceholderText(tr("System text: who the model is and how it answers; may stay empty"));
    m_system->setToolTip(tr("Stands before every conversation with this model"));
    m_system->setTabChangesFocus(true);
    m_system->setFixedHeight(fontMetrics().lineSpacing() * kSystemLines + fontMetrics().height());
    auto* settings = new QWidget;
    auto* settingsLayout = new QVBoxLayout(settings);
    settingsLayout->setContentsMargins(0, 0, 0, 0);
    settingsLayout->addWidget(m_system);
    settingsLayout->addWidget(m_sampling);
    settings->hide();
    m_question->setObjectName(QStringLiteral("chatQuestion"));
    m_question->setAccessibleName(tr("Question to the model"));
    m_question->setPlaceholderText(tr("Ask this model something"));
    m_question->setToolTip(tr("Enter asks, Shift+Enter starts a new line"));
    m_stage->setObjectName(QStringLiteral("chatStage"));
    m_problem->setObjectName(QStringLiteral("chatProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    header()->addWidget(m_clear);
    header()->addWidget(m_settings);
    auto* foot = new QHBoxLayout;
    foot->addWidget(PromptBox::makeHint());
    foot->addWidget(m_stage, 1);
    foot->addWidget(m_stop);
    foot->addWidget(m_ask);
    body()->addWidget(settings);
    body()->addWidget(m_hint, 1);
    body()->addWidget(m_view, 1);
    body()->addWidget(m_problem);
    body()->addWidget(m_question);
    body()->addLayout(foot);
    connect(m_settings, &QPushButton::toggled, settings, &QWidget::setVisible);
    for (const int key : {Qt::Key_Return, Qt::Key_Enter}) {
        auto* shortcut = new QShortcut(QKeySequence(Qt::CTRL | key), this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        shortcut->setWhatsThis(tr("Ask, from anywhere in the conversation"));
        connect(shortcut, &QShortcut::activated, this, &ChatCard::ask);
    }
    auto* stop = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    stop->setContext(Qt::WidgetWithChildrenShortcut);
    stop->setWhatsThis(tr("Stop the answer"));
    connect(stop, &QShortcut::activated, m_session, &ChatSession::stop);
}

void ChatCard::connectSession()
{
    connect(m_question, &PromptBox::sent, this, &ChatCard::ask);
    connect(m_ask, &QPushButton::clicked, this, &ChatCard::ask);
    connect(m_stop, &QPushButton::clicked, m_session, &ChatSession::stop);
    connect(m_clear, &QPushButton::clicked, m_session, &ChatSession::forget);
    connect(m_system, &QPlainTextEdit::textChanged, this, [this] {
        m_session->setSystem(m_system->toPlainText());
        Q_EMIT settingsChanged();
    });
    connect(m_sampling, &SamplingForm::changed, this, &ChatCard::settingsChanged);
    connect(m_question, &QPlainTextEdit::textChanged, this, &ChatCard::refresh);
    connect(m_session, &ChatSession::messagesChanged, this, &ChatCard::showMessages);
    connect(m_session, &ChatSession::stageChanged, m_stage, &QLabel::setText);
    connect(m_session, &ChatSession::runningChanged, this, &ChatCard::refresh);
    connect(m_session, &ChatSession::failed, this, [this](const QString& sentence) {
        m_problem->setText(problemSentence(sentence));
        m_problem->show();
    });
}

void ChatCard::setPartner(const ChatPartner& partner)
{
    m_session->setPartner(partner);
    m_problem->hide();
    m_hint->setText(partner.isEmpty() ? tr("Choose a model that can be used to talk to it.")
                                      : tr("%1 has not been asked anything yet. It is loaded at the first question.").arg(partner.name));
    refresh();
}

QString ChatCard::system() const
{
    return m_system->toPlainText();
}

Json ChatCard::sampling() const
{
    return m_sampling->toJson();
}

void ChatCard::setSettings(const QString& system, const Json& sampling)
{
    const QSignalBlocker quiet(this);
    m_system->setPlainText(system);
    m_sampling->setJson(sampling);
}

void ChatCard::ask()
{
    if (!m_ask->isEnabled()) {
        return;
    }
    m_problem->hide();
    m_session->ask(m_question->toPlainText(), m_sampling->sampling());
    m_question->clear();
}

void ChatCard::showMessages()
{
    std::vector<ExampleField> fields;
    for (const ChatTurn& turn : m_session->messages()) {
        const QString role = QString::fromStdString(turn.role);
        const QString text = QString::fromStdString(turn.content);
        //: above an answer of a conversation; nobody wrote down which model gave it
        const QString whose = role != QLatin1String("assistant") ? tr("you") : turn.by.name.isEmpty() ? tr("answer") : turn.by.name;
        fields.push_back({{}, whose, role, text.isEmpty() ? QStringLiteral("\u2026") : text, {}});
    }
    m_view->setFields(fields);
    refresh();
    // After the layout has grown.
    QMetaObject::invokeMethod(m_view, [view = m_view] { view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum()); }, Qt::QueuedConnection);
}

void ChatCard::refresh()
{
    const bool running = m_session->isRunning();
    const bool isEmpty = m_session->messages().empty();
    const bool hasPartner = !m_session->partner().isEmpty();
    m_ask->setEnabled(!running && hasPartner && !m_question->toPlainText().trimmed().isEmpty());
    m_stop->setEnabled(running);
    m_clear->setEnabled(!running && !isEmpty);
    m_question->setEnabled(hasPartner);
    m_hint->setVisible(isEmpty);
    m_view->setVisible(!isEmpty);
}

} // namespace luthier::ui
