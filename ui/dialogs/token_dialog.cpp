// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/token_dialog.h"

#include "ui/bridge/token_store.h"
#include "ui/widgets/status_label.h"

#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace luthier::ui {

TokenDialog::TokenDialog(TokenStore* tokens, QWidget* parent)
    : QDialog(parent), m_tokens(tokens), m_text(new QLineEdit), m_state(new StatusLabel(Token::TextQuiet)), m_forget(nullptr)
{
    setObjectName(QStringLiteral("tokenDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Access token"));
    auto* why = new QLabel(tr("Gated and private models are given to those only who show an access token of the hub. "
                              "It is kept in the desktop's secret store, never in a project, a recipe or a log."));
    why->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("tokenText"));
    m_text->setEchoMode(QLineEdit::Password);
    m_text->setAccessibleName(tr("Access token"));
    m_text->setPlaceholderText(tr("hf_\u2026"));
    m_text->setToolTip(tr("A token with the right to read"));
    m_state->setObjectName(QStringLiteral("tokenState"));
    m_state->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Save)->setObjectName(QStringLiteral("saveToken"));
    m_forget = buttons->addButton(tr("Forget it"), QDialogButtonBox::ResetRole);
    m_forget->setObjectName(QStringLiteral("forgetToken"));
    m_forget->setToolTip(tr("Remove the token from the secret store"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(why);
    layout->addWidget(m_text);
    layout->addWidget(m_state);
    layout->addWidget(buttons);
    setMinimumWidth(space(110));
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        if (!m_text->text().trimmed().isEmpty()) {
            m_tokens->setToken(m_text->text());
        }
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_forget, &QPushButton::clicked, this, [this] { m_tokens->setToken({}); });
    connect(m_tokens, &TokenStore::changed, this, &TokenDialog::refresh);
    refresh();
}

void TokenDialog::refresh()
{
    const bool has = !m_tokens->token().isEmpty();
    m_forget->setEnabled(has);
    const QString state = has ? tr("A token is in use.") : tr("No token is in use.");
    m_state->setToolTip(m_tokens->reason());
    m_state->setText(m_tokens->problem().isEmpty() ? state : state + u' ' + m_tokens->problem());
}

} // namespace luthier::ui
