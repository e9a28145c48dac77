// SPDX-License-Identifier: GPL-3.0-or-later
// Banner: one sentence above the page about something that concerns all of them, with a button that helps.
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace luthier::ui {

class Banner : public QFrame {
    Q_OBJECT

public:
    // `id` begins the names of its parts: "bannerText".
    explicit Banner(const QString& id = QStringLiteral("banner"), QWidget* parent = nullptr);

    void setToken(Token token); // of its edge: Bad, where nothing else is said

    void show(const QString& sentence, const QString& remedy); // empty remedy: no button

Q_SIGNALS:
    void remedyWanted();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Token m_token = Token::Bad;
    QLabel* m_text;
    QPushButton* m_remedy;
};

} // namespace luthier::ui
