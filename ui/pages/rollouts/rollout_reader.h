// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutReader: one answer that a model gave while it trained: its prompt, its tokens coloured by one of their numbers, the rules
// that judged it, and what was answered to the same prompt in other updates.
//
// Threads: GUI thread.
#pragma once

#include "core/rollouts/reading.h"
#include "ui/widgets/conversation/diff_text.h"

#include <QString>
#include <QWidget>

#include <cstdint>
#include <vector>

class QComboBox;
class QLabel;
class QTableWidget;
class QTabWidget;

namespace luthier::ui {

class RolloutTrial;
class StatusLabel;

// An answer, ready to be shown.
struct RolloutView {
    rollouts::Answered answered;
    std::vector<QString> pieces; // of each token; empty: the model's vocabulary is not there
};

class RolloutReader : public QWidget {
    Q_OBJECT

public:
    explicit RolloutReader(QWidget* parent = nullptr);

    void setRules(std::vector<std::string> rules); // of the run, in the order of an answer's verdicts; a reward model comes behind them
    void showAnswer(RolloutView view);
    void clear();
    RolloutTrial* trial() const { return m_trial; }
    void setAgain(const std::vector<rollouts::Again>& again);
    void setAgainProblem(const QString& sentence);

Q_SIGNALS:
    void ruleWanted(); // where the recipe names its rules
    void againWanted(std::uint32_t file, qint64 row);

private:
    QWidget* buildHead();
    QWidget* buildTabs();
    void showNumbers();
    void showRules();
    void showTokens();
    void showRuleHelp();
    void askForAgain();

    std::vector<std::string> m_rules;
    RolloutView m_view;
    bool m_isShown = false;
    bool m_hasAgain = false; // of the answer that is shown
    QLabel* m_facts;
    DiffText* m_prompt;
    QComboBox* m_number;
    DiffText* m_answer;
    QTabWidget* m_tabs;
    QTableWidget* m_verdicts;
    QLabel* m_ruleHelp;
    QTableWidget* m_tokens;
    QTableWidget* m_again;
    StatusLabel* m_againProblem;
    RolloutTrial* m_trial;
};

} // namespace luthier::ui
