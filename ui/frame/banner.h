// SPDX-License-Identifier: GPL-3.0-or-later
// Banner: one sentence above the page about something that concerns all of them, with a button that helps.
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace luthier::ui {

class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget* parent = nullptr);

    void show(const QString& sentence, const QString& remedy); // empty remedy: no button

Q_SIGNALS:
    void remedyWanted();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_text;
    QPushButton* m_remedy;
};

} // namespace luthier::ui
