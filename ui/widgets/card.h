// SPDX-License-Identifier: GPL-3.0-or-later
// Card: a titled surface that holds things which belong together.
// Threads: GUI thread.
#pragma once

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace luthier::ui {

class Card : public QFrame {
    Q_OBJECT

public:
    explicit Card(const QString& title, QWidget* parent = nullptr); // empty title: none

    void setTitle(const QString& title); // of one that has a title
    QVBoxLayout* body() const { return m_body; }
    QHBoxLayout* header() const { return m_header; } // right of the title

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_title = nullptr;
    QHBoxLayout* m_header;
    QVBoxLayout* m_body;
};

void paintCard(QWidget& widget); // the surface and edge of a card, over all of the widget; from its paintEvent

} // namespace luthier::ui
