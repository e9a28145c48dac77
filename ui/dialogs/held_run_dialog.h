// SPDX-License-Identifier: GPL-3.0-or-later
// HeldRunDialog: what a held run can be asked: answers by its present weights, and another learning rate to go on with. The weights do not
// move by it. It closes when the run goes on or ends.
// Threads: GUI thread.
#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace luthier::train {
struct SampleDone;
}

namespace luthier::ui {

class RunController;
class StatusLabel;

class HeldRunDialog : public QDialog {
    Q_OBJECT

public:
    explicit HeldRunDialog(RunController* runs, QWidget* parent = nullptr);

private:
    void ask();
    void add(const train::SampleDone& sample);
    void setRate();
    void refresh();

    RunController* m_runs;
    QLineEdit* m_prompt;
    QPushButton* m_ask;
    QPlainTextEdit* m_answers;
    QLineEdit* m_rate;
    QPushButton* m_apply;
    QLabel* m_now; // the rate of the last step
    StatusLabel* m_state;
};

} // namespace luthier::ui
