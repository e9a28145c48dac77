// SPDX-License-Identifier: GPL-3.0-or-later
// JudgePage: nothing but the prompt, two answers whose makers are hidden, five large keys, progress and the interval so far. Votes and
// corrections become a preference data set in one click.
//
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/evaluation/judging.h"
#include "ui/frame/page.h"

#include <string>
#include <vector>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace luthier::ui {

class DiffText;
class EmptyState;
class JudgingDesk;
class Workspace;

class JudgePage : public Page {
    Q_OBJECT

public:
    explicit JudgePage(Workspace& workspace, QWidget* parent = nullptr);

    QAction* mainAction() override { return m_action; }
    void activated() override;
    void reveal(const QString& what) override; // the folder of an evaluation: its answers are judged
    JudgingDesk* desk() const { return m_desk; }

private:
    QWidget* buildWork();
    QWidget* buildHead();
    QWidget* buildAnswers();
    QWidget* buildKeys();
    void connectDesk();
    void askForEvaluation();
    void askForFile();
    void showList();
    void keepPlace();
    void takePlace(); // the judging that was open last, once it is listed
    void showPair();
    void showTally();
    QString winsText(const evaluation::Tally& tally) const;
    QString ratingsText(const std::vector<evaluation::SystemRating>& ratings) const;
    void showCriteria();
    void openModelJudge();
    void vote(evaluation::Choice choice);
    void setCorrecting(bool isOn);
    void showProblem(const QString& sentence);

    Workspace& m_workspace;
    qint64 m_kept = 0; // judging that was open last, until it is open again
    JudgingDesk* m_desk;
    QAction* m_action;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    EmptyState* m_done; // in the place of a pair when all are judged
    QWidget* m_work = nullptr;
    QComboBox* m_judgings;
    QLineEdit* m_judge;
    QProgressBar* m_progress;
    QLabel* m_tally;
    QToolButton* m_tell = nullptr; // who is ahead while pairs are open
    QLabel* m_problem;
    DiffText* m_prompt;
    QWidget* m_answers = nullptr;
    QWidget* m_keyBox = nullptr;
    DiffText* m_left;
    DiffText* m_right;
    std::vector<QPushButton*> m_keys; // in the order of evaluation::kChoices
    QPushButton* m_takeBack;
    QLineEdit* m_note;
    QToolButton* m_correct;
    QPlainTextEdit* m_correction;
    QLineEdit* m_criteria = nullptr;
    QWidget* m_scoreBox = nullptr;
    struct ScoreRow {
        std::string criterion;
        QComboBox* left;
        QComboBox* right;
    };
    std::vector<ScoreRow> m_scores;
};

} // namespace luthier::ui
