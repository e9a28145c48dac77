// SPDX-License-Identifier: GPL-3.0-or-later
// ComparePage: base and tuned model answer the same prompt beside each other, with the same seed and settings.
//
// Threads: GUI thread; models, files and the project's database are touched in jobs only.
#pragma once

#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"
#include "ui/frame/page.h"
#include "ui/models/runs/comparison_model.h"
#include "ui/pages/compare/compare_contest.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace luthier::ui {

class CompareBlend;
class CompareChoices;
class CompareColumn;
class CompareExtras;
class CompareReward;
class CompareSide;
class DiffText;
class EmptyState;
class PromptBox;
class Workspace;

class ComparePage : public Page {
    Q_OBJECT

public:
    explicit ComparePage(Workspace& workspace, QWidget* parent = nullptr);
    ~ComparePage() override;

    QAction* mainAction() override { return m_action; }
    void activated() override { reload(); } // an adapter may have been imported
    void reveal(const QString& what) override; // a run's id

    void reload();                               // runs of the project, as they are now
    void chooseRun(qint64 id);
    void openTunedFolder(const QString& folder); // a result that belongs to no run of the project
    void compare();                              // the page's main action
    void stop();
    CompareContest* contest() const { return m_contest; }
    CompareExtras* extras() const { return m_extras; }
    CompareReward* reward() const { return m_reward; }

Q_SIGNALS:
    void tuneWanted(); // the empty page's button
    void runningChanged(bool running);

private:
    QWidget* buildColumns();
    QWidget* buildPrompt();
    void connectContest();
    void onChosen();
    void showContenders();
    void answerAgain(); // with other weights, where something was asked
    void loadHeldOut();
    void askFirst();
    void showPrompt(const PromptItem& item);
    void showComparison(const Comparison& comparison);
    void showExpected(const QString& expected);
    void onFinished();
    QWidget* buildLook();
    int numColumns() const;
    CompareColumn* column(int side) const;
    void fillAgainst();
    void showDifferences(); // words that the column chosen has not
    void showHeat();
    void goOnFrom(int side);
    void changeTurns();
    void scrollWith(CompareColumn* column); // the others follow it
    Comparison comparisonNow() const; // as the columns show it
    void scoreAnswers(Comparison comparison, bool keeps); // by the reward model
    void keepComparison(Comparison comparison);
    void findComparisons(const QString& search);
    void onColumnClosed(int index);
    void keepColumns();    // those beside both, in the project
    void restoreColumns();
    void readColumns();
    void forgetPlace(); // of another project
    void keepPlace();
    void takePlace();
    void showProblem(const QString& sentence);
    void updateActions();
    PromptItem promptNow() const;

    Workspace& m_workspace;
    CompareContest* m_contest;
    PromptItem m_prompt;   // what the box was filled from
    PromptItem m_asked;    // what is being answered
    inference::Sampling m_askedSettings;
    qint64 m_wantedRun = 0;   // to be chosen once it is read
    bool m_asksFirst = false; // once its prompts are read
    bool m_answerAgain = false; // once the running answers have stopped
    bool m_isHeldOutRead = false;
    bool m_isScrolling = false; // the others follow
    bool m_isRestoring = false; // columns come out of the project
    bool m_isListed = false;    // the project's runs are
    bool m_areColumnsRead = false;
    bool m_isPlaced = false; // stands where the person was
    Json m_shown;            // the comparison that stands here whole; null: none
    QString m_heldOutOf; // result folder whose held-out rows are listed
    base::CancelToken m_cancelHeldOut;
    JobSlot m_listJob;
    JobSlot m_columnsJob;
    WriteSlot m_columnsSaving;
    JobSlot m_heatJob;
    JobSlot m_findJob;
    std::vector<int> m_sides; // of the columns behind base and tuned: which of the contest's sides answers there; -1: none

    QAction* m_action;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QSplitter* m_work;
    QSplitter* m_columns;
    CompareChoices* m_choices;
    CompareBlend* m_blend;
    CompareReward* m_reward;
    CompareExtras* m_extras;
    QComboBox* m_against;
    QComboBox* m_heat;
    QLabel* m_heatNote;
    QLabel* m_problem;
    CompareColumn* m_base;
    CompareColumn* m_tunedColumn;
    QWidget* m_expectedBox;
    DiffText* m_expected;
    PromptBox* m_promptText;
    QLabel* m_context;
    QToolButton* m_turns; // the earlier turns, to be changed
    QPushButton* m_compare;
    QPushButton* m_stop;
    QLabel* m_stage;
    CompareSide* m_side;
};

} // namespace luthier::ui
