// SPDX-License-Identifier: GPL-3.0-or-later
// TokenDialog: gives, replaces or forgets the access token for the hub. The token is shown as dots only.
// Threads: GUI thread.
#pragma once

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace luthier::ui {

class StatusLabel;
class TokenStore;

class TokenDialog : public QDialog {
    Q_OBJECT

public:
    explicit TokenDialog(TokenStore* tokens, QWidget* parent = nullptr);

private:
    void refresh();

    TokenStore* m_tokens;
    QLineEdit* m_text;
    StatusLabel* m_state;
    QPushButton* m_forget;
};

} // namespace luthier::ui
