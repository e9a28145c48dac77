// SPDX-License-Identifier: GPL-3.0-or-later
// JudgeModel: a model judges the open pairs: which one, by what rubric, how far it is, and whether it agrees with people enough to be
// believed.
//
// Threads: GUI thread.
#pragma once

#include <QDialog>

class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

class JudgingDesk;
class StatusLabel;

class JudgeModel : public QDialog {
    Q_OBJECT

public:
    explicit JudgeModel(JudgingDesk* desk, const QString& model, QWidget* parent = nullptr);

private:
    void start();
    void showKind();
    void showAgreement();
    void tell(const QString& sentence, bool isProblem); // in full: the window grows
    void chooseFolder();

    JudgingDesk* m_desk;
    QComboBox* m_kind;
    QLineEdit* m_path;
    QPlainTextEdit* m_rubric;
    QProgressBar* m_progress;
    StatusLabel* m_told;
    StatusLabel* m_agreement;
    QPushButton* m_start;
};

} // namespace luthier::ui
