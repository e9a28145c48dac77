// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_chat.h"

#include "ui/pages/compare/compare_sampling.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/elided_label.h"

#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kQuestionLines = 2;

} // namespace

ModelsChat::ModelsChat(QWidget* parent)
    : Card(tr("Try it"), parent), m_session(new ChatSession(this)), m_view(new ConversationView), m_hint(new StatusLabel(Token::TextQuiet)),
      m_sampling(new SamplingForm), m_settings(makeButton(QStringLiteral("chatSettings"), tr("Sampling"), tr("How the next token is chosen"))),
      m_question(new QPlainTextEdit), m_ask(makeButton(QStringLiteral("chatAsk"), tr("Ask"), tr("Let the model answer (Ctrl+Return)"))),
      m_stop(makeButton(QStringLiteral("chatStop"), tr("Stop"), tr("Stop the answer (Esc)"))),
      m_clear(makeButton(QStringLiteral("chatClear"), tr("Start over"), tr("Forget this conversation"))), m_stage(new ElidedLabel(Token::TextQuiet)),
      m_problem(new StatusLabel(Token::Bad))
{
    build();
    connectSession();
    refresh();
}

void ModelsChat::build()
{
    m_view->setObjectName(QStringLiteral("chatMessages"));
    m_hint->setObjectName(QStringLiteral("chatHint"));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    m_settings->setCheckable(true);
    m_sampling->hide();
    m_question->setObjectName(QStringLiteral("chatQuestion"));
    m_question->setAccessibleName(tr("Question to the model"));
    m_question->setPlaceholderText(tr("Ask this model something"));
    m_question->setToolTip(tr("Ctrl+Return asks"));
    m_question->setTabChangesFocus(true);
    m_question->setFixedHeight(fontMetrics().lineSpacing() * kQuestionLines + fontMetrics().height());
    m_stage->setObjectName(QStringLiteral("chatStage"));
    m_problem->setObjectName(QStringLiteral("chatProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    header()->addWidget(m_clear);
    header()->addWidget(m_settings);
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_stage, 1);
    foot->addWidget(m_stop);
    foot->addWidget(m_ask);
    body()->addWidget(m_sampling);
    body()->addWidget(m_hint, 1);
    body()->addWidget(m_view, 1);
    body()->addWidget(m_problem);
    body()->addWidget(m_question);
    body()->addLayout(foot);
    for (const int key : {Qt::Key_Return, Qt::Key_Enter}) {
        auto* shortcut = new QShortcut(QKeySequence(Qt::CTRL | key), this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, &ModelsChat::ask);
    }
    auto* stop = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    stop->setContext(Qt::WidgetWithChildrenShortcut);
    connect(stop, &QShortcut::activated, m_session, &ChatSession::stop);
}

void ModelsChat::connectSession()
{
    connect(m_ask, &QPushButton::clicked, this, &ModelsChat::ask);
    connect(m_stop, &QPushButton::clicked, m_session, &ChatSession::stop);
    connect(m_clear, &QPushButton::clicked, m_session, &ChatSession::clear);
    connect(m_settings, &QPushButton::toggled, m_sampling, &QWidget::setVisible);
    connect(m_question, &QPlainTextEdit::textChanged, this, &ModelsChat::refresh);
    connect(m_session, &ChatSession::messagesChanged, this, &ModelsChat::showMessages);
    connect(m_session, &ChatSession::stageChanged, m_stage, &QLabel::setText);
    connect(m_session, &ChatSession::runningChanged, this, &ModelsChat::refresh);
    connect(m_session, &ChatSession::failed, this, [this](const QString& sentence) {
        m_problem->setText(sentence);
        m_problem->show();
    });
}

void ModelsChat::setModel(const QString& path, const QString& name)
{
    m_session->setModel(path);
    m_problem->hide();
    m_hint->setText(path.isEmpty() ? tr("Choose a model that can be used to talk to it.")
                                   : tr("%1 has not been asked anything yet. It is loaded at the first question.").arg(name));
    refresh();
}

void ModelsChat::ask()
{
    if (!m_ask->isEnabled()) {
        return;
    }
    m_problem->hide();
    m_session->ask(m_question->toPlainText(), m_sampling->sampling());
    m_question->clear();
}

void ModelsChat::showMessages()
{
    std::vector<ExampleField> fields;
    for (const data::Message& message : m_session->messages()) {
        const QString role = QString::fromStdString(message.role);
        const QString text = QString::fromStdString(message.content);
        fields.push_back({{}, role, role, text.isEmpty() ? QStringLiteral("\u2026") : text, {}});
    }
    m_view->setFields(fields);
    refresh();
    // After the layout has grown.
    QMetaObject::invokeMethod(m_view, [view = m_view] { view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum()); }, Qt::QueuedConnection);
}

void ModelsChat::refresh()
{
    const bool running = m_session->isRunning();
    const bool isEmpty = m_session->messages().empty();
    m_ask->setEnabled(!running && !m_session->model().isEmpty() && !m_question->toPlainText().trimmed().isEmpty());
    m_stop->setEnabled(running);
    m_clear->setEnabled(!running && !isEmpty);
    m_question->setEnabled(!m_session->model().isEmpty());
    m_hint->setVisible(isEmpty);
    m_view->setVisible(!isEmpty);
}

} // namespace luthier::ui
