// SPDX-License-Identifier: GPL-3.0-or-later
// NextStrip: one quiet line under the page that says what usually comes next, with a button that goes there and a cross.
// Threads: GUI thread.
#pragma once

#include <QFrame>

class QPushButton;

namespace luthier::ui {

class ElidedLabel;

class NextStrip : public QFrame {
    Q_OBJECT

public:
    explicit NextStrip(QWidget* parent = nullptr);

    void show(const QString& sentence, const QString& button);

Q_SIGNALS:
    void wanted();    // the button; it hides
    void dismissed(); // the cross; it hides

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ElidedLabel* m_text;
    QPushButton* m_go;
};

} // namespace luthier::ui
