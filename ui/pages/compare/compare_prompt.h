// SPDX-License-Identifier: GPL-3.0-or-later
// ComparePrompt: what the base is told before it answers: a system text and examples out of the training data.
//
// Threads: GUI thread.
#pragma once

#include <QDialog>

class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace luthier::ui {

class ComparePrompt : public QDialog {
    Q_OBJECT

public:
    // hasTraining: there is data to take examples from.
    explicit ComparePrompt(bool hasTraining, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const QString& system, int shots, bool nearest);

private:
    void showWhether();

    QPlainTextEdit* m_system;
    QSpinBox* m_shots;
    QComboBox* m_which;
    QPushButton* m_ok;
};

} // namespace luthier::ui
