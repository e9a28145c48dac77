// SPDX-License-Identifier: GPL-3.0-or-later
// FirstSteps: a card for who opens Luthier for the first time: three ways to begin, and a cross that makes it go for good.
// Threads: GUI thread.
#pragma once

#include <QFrame>

namespace luthier::ui {

class FirstSteps : public QFrame {
    Q_OBJECT

public:
    explicit FirstSteps(QWidget* parent = nullptr);

Q_SIGNALS:
    void tuneWanted();  // the bundled model on the bundled data
    void dataWanted();  // the person's own
    void modelWanted(); // a real one
    void dismissed();

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace luthier::ui
