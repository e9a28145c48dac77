// SPDX-License-Identifier: GPL-3.0-or-later
// PromptBox: where something is said to a model, the same wherever that is: Enter sends, Shift+Enter starts a new line,
// and a line under it says so.
// Threads: GUI thread.
#pragma once

#include <QPlainTextEdit>

class QLabel;

namespace luthier::ui {

class PromptBox : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit PromptBox(int lines, QWidget* parent = nullptr); // high

    static QLabel* makeHint(); // what the keys do; stands beside the box

Q_SIGNALS:
    void sent();

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

} // namespace luthier::ui
