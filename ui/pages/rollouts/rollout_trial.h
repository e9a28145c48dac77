// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutTrial: a rule being written, with what it would give the answer in view and the whole update, before a recipe names it.
//
// Threads: GUI thread; rules are bounded and fast.
#pragma once

#include "core/rewards/rewards.h"
#include "core/rollouts/answered.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;

namespace luthier::ui {

class StatusLabel;

class RolloutTrial : public QWidget {
    Q_OBJECT

public:
    explicit RolloutTrial(QWidget* parent = nullptr);

    void setUpdate(std::vector<rollouts::Answered> answers);
    void setAnswer(const rollouts::Answered* answer); // in view; null: none

private:
    void begin(); // with the chosen rule and its usual settings
    void judge();

    std::vector<rollouts::Answered> m_answers;
    rollouts::Answered m_answer;
    bool m_hasAnswer = false;
    QComboBox* m_kinds;
    QLineEdit* m_rule;
    StatusLabel* m_verdict;
    QLabel* m_all;
    QLabel* m_help;
};

} // namespace luthier::ui
