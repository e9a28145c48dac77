// SPDX-License-Identifier: GPL-3.0-or-later
// StatusLabel: a label in a colour of the theme, which follows a change of theme.
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QLabel>

namespace luthier::ui {

class StatusLabel : public QLabel {
    Q_OBJECT

public:
    explicit StatusLabel(Token token, QWidget* parent = nullptr);
    StatusLabel(const QString& text, Token token, QWidget* parent = nullptr);

    void setToken(Token token);

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyColor();

    Token m_token;
};

} // namespace luthier::ui
