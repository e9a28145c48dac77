// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutsPage: what models answered while they learned from their answers: a run, one of its updates, its answers in an order of
// choice, and a reader for one of them. Reads what `luthier rollouts RUN` reads.
//
// Threads: GUI thread; the run's folder is touched in jobs only.
#pragma once

#include "core/data/encoding.h"
#include "core/rollouts/reading.h"
#include "ui/bridge/job.h"
#include "ui/frame/page.h"

#include <QString>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTableView;

namespace luthier::ui {

class EmptyState;
class RolloutReader;
class StatusLabel;
class TextTable;
class Workspace;

// A run of the project that keeps answers.
struct RolloutRunEntry {
    std::int64_t id = 0;
    QString name;
    std::string folder;
    std::string model; // folder of its base, for its vocabulary
    std::vector<std::string> rules;
    std::vector<rollouts::UpdateSummary> updates;
};

class RolloutsPage : public Page {
    Q_OBJECT

public:
    explicit RolloutsPage(Workspace& workspace, QWidget* parent = nullptr);

    void activated() override;
    void reveal(const QString& what) override; // a run's id
    RolloutReader* reader() const { return m_reader; }

private:
    QWidget* buildWork();
    QWidget* buildChoices();
    void refresh();
    void showRuns(std::vector<RolloutRunEntry> runs);
    void openRun();
    void openUpdate();
    void orderBy(int column);
    void showAnswers();
    void showAnswer();
    void goToRules();
    void findAgain(std::uint32_t file, qint64 row);
    void showProblem(const QString& sentence);
    const RolloutRunEntry* run() const;

    Workspace& m_workspace;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QComboBox* m_runBox;
    QComboBox* m_updateBox;
    QComboBox* m_orderBox;
    StatusLabel* m_summary;
    StatusLabel* m_problem;
    TextTable* m_table;
    QTableView* m_view;
    RolloutReader* m_reader;
    std::vector<RolloutRunEntry> m_runs;
    std::vector<rollouts::Answered> m_answers; // of the update, in the order that is shown
    std::vector<rollouts::Answered> m_made;    // in the order they were made
    std::shared_ptr<const text::Tokenizer> m_tokenizer; // of m_tokenizerOf; null: it could not be opened
    std::string m_tokenizerOf;
    QString m_listProblem; // of files that could not be read when the runs were listed
    qint64 m_wanted = 0; // a run to show once the list is there
    JobSlot m_listing;
    JobSlot m_opening;
    JobSlot m_finding;
};

} // namespace luthier::ui
