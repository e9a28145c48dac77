// SPDX-License-Identifier: GPL-3.0-or-later
// TunePlace: where the next run works: on one device, as the recipe says; on several cards, or in several processes, of this machine;
// or on another machine. It is remembered with the project and is no part of the recipe: losses are the same everywhere.
//
// Threads: GUI thread; cards are looked for in a job.
#pragma once

#include "core/away/run_place.h"
#include "core/remote/card_facts.h"
#include "core/train/ranks/rank_plan.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QWidget>

#include <optional>
#include <string>
#include <vector>

class QComboBox;
class QListWidget;
class QSpinBox;

namespace luthier::ui {

class RemoteDialog;
class StatusLabel;
class Workspace;

class TunePlace : public QWidget {
    Q_OBJECT

public:
    explicit TunePlace(Workspace& workspace, QWidget* parent = nullptr);

    const away::RunPlace& place() const { return m_place; }
    void setPlace(const away::RunPlace& place);
    void setCards(const std::vector<remote::CardFacts>& cards); // of this machine
    void setStepBatches(std::int64_t batches);                  // micro-batches that a step of the recipe has
    std::vector<std::string> devices() const;                   // of the ranks on this machine; empty: there are none
    void showNeeds(const std::optional<train::RankPlan>& needs); // of the recipe on devices(), as it was planned last
    RemoteDialog* askForHost();

Q_SIGNALS:
    void changed();

private:
    void fill();
    void take(int row);
    void takeCards();
    void showPlace();
    void explain();
    static QString needsText(const train::RankPlan& needs);
    void load();
    void read();
    void keep();

    Workspace& m_workspace;
    away::RunPlace m_place;
    away::RunPlace m_far; // the machine that was last chosen
    std::vector<remote::CardFacts> m_cards;
    std::int64_t m_batches = 0;
    std::optional<train::RankPlan> m_needs;
    QComboBox* m_choice;
    QListWidget* m_list;
    QSpinBox* m_count;
    StatusLabel* m_note;
    JobSlot m_job;
    JobSlot m_loading;
    WriteSlot m_saving;
};

} // namespace luthier::ui
