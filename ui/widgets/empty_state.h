// SPDX-License-Identifier: GPL-3.0-or-later
// EmptyState: what a page shows before it has anything: what belongs here, the one button that gets it,
// and a quieter second way. Never a blank grid.
// Threads: GUI thread.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace luthier::ui {

class EmptyState : public QWidget {
    Q_OBJECT

public:
    struct Text {
        QString title;
        QString body;
        QString button;       // empty: no button
        QString secondButton; // empty: none
    };

    explicit EmptyState(QWidget* parent = nullptr);

    void setText(const Text& text);
    QPushButton* button() const { return m_button; }
    QPushButton* secondButton() const { return m_second; }

Q_SIGNALS:
    void triggered();
    void secondTriggered();

private:
    QLabel* m_title;
    QLabel* m_body;
    QPushButton* m_button;
    QPushButton* m_second;
};

} // namespace luthier::ui
