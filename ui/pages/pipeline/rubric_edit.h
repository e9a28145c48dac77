// SPDX-License-Identifier: GPL-3.0-or-later
// RubricEdit: what a judge that answers is asked. Says once when somebody has stopped typing.
#pragma once

#include <QPlainTextEdit>
#include <QTimer>

namespace luthier::ui {

class RubricEdit : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit RubricEdit(QWidget* parent = nullptr);

Q_SIGNALS:
    void settled(); // in the GUI thread; setting the text from a program counts as typing

private:
    QTimer m_typed;
};

} // namespace luthier::ui
